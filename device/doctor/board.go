package doctor

import (
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/device/port"
	"example.org/sectag/device/port/board"
	"example.org/sectag/device/scout"
	"example.org/sectag/device/sound"
)

// ill are the findings of a board on which nobody answers. One cause is told, the one that explains most; where another board
// answers, a bridge that says nothing is only worth a warning.
func (s Seen) ill(g group, others bool) []cred.Finding {
	sev := cred.Error
	if others && s.Named == "" && g.ports[0].Kind != board.NRF91 {
		sev = cred.Warning
	}
	at := g.main(s.Named)
	if b := g.ports[at].Blocked; b != nil {
		return []cred.Finding{s.blocked(sev, g.ports[at])}
	}
	var out []cred.Finding
	for _, says := range []sound.Kind{sound.Crash, sound.Shell, sound.Host} { // these say what is wrong on whichever port they stand
		for _, p := range g.ports {
			if p.Answer.Sound == says && p.Asked {
				return append(out, s.heard(sev, g, p))
			}
		}
	}
	if g.ports[at].Asked {
		out = append(out, s.heard(sev, g, g.ports[at]))
	}
	for i, p := range g.ports {
		if p.Blocked != nil && i != at {
			out = append(out, s.blocked(cred.Warning, p)) // the modem may be there
			break
		}
	}
	return out
}

// heard is the finding of a port that was asked and does not speak AT.
func (s Seen) heard(sev cred.Severity, g group, p scout.Found) cred.Finding {
	say := func(code, text, hint string) cred.Finding { return finding(sev, code, p.Name, text, hint) }
	a := p.Answer
	switch a.Fault.Code { // what attaching found out is more than what was heard
	case "store.not-the-modem":
		return say("doctor.wrong-firmware", a.Fault.Text, flash(p.Of))
	case "line.shell-wildcard", "line.crashed":
		return faultFinding(sev, a.Fault, p.Name)
	}
	switch a.Sound {
	case sound.Unheard:
		return faultFinding(sev, a.Fault, p.Name)
	case sound.Crash:
		return say("doctor.modem-crashed", "the firmware says that the modem has stopped",
			"switch the board off and on; if it stays so write the modem firmware again (Cellular Monitor or nrfutil), and look whether the supply gives 500 mA")
	case sound.Shell:
		return say("doctor.wrong-firmware", "a Zephyr shell answers, and it passes no AT commands to the modem", flash(p.Of))
	case sound.Host:
		return say("doctor.deaf", "the AT host there is heard and does not hear: bytes go one way only",
			join("its firmware waits for RTS and CTS that are not wired, or the wire to its RX is missing", p.Of.Note, "build it without hardware flow control (hw-flow-control off) or wire both lines"))
	case sound.Noise:
		return say("doctor.wrong-speed", "what comes in is no text: another speed than 115200 baud, or a trace port",
			"build the AT host for 115200 baud; if this is the trace port, build it for another port of this board")
	case sound.GNSS:
		return say("doctor.wrong-firmware", "a GNSS receiver's positions come in", flash(p.Of))
	case sound.Log, sound.Text:
		return say("doctor.wrong-firmware", "a firmware writes its log and takes no AT commands", flash(p.Of))
	case sound.Echo:
		return say("doctor.echo", "what is sent comes back and nothing else does",
			"the modem behind an AT host has crashed, RX and TX are joined, or a program echoes: switch the board off and on, then look at the wires")
	case sound.Nothing:
		return silent(sev, g, p)
	}
	return faultFinding(sev, a.Fault, p.Name)
}

// silent is the finding of a port from which nothing at all comes.
func silent(sev cred.Severity, g group, p scout.Found) cred.Finding {
	text := "nothing comes in from " + p.Name + ", whatever is sent"
	for _, other := range g.ports {
		if other.Role == port.Log || other.Role == port.Trace {
			text += "; the board runs: " + other.Name + what(other)
		}
	}
	if strings.HasPrefix(p.Name, "tcp://") {
		return finding(sev, "doctor.silent", p.Name, text, join("the far end accepts connections and passes nothing on: look at the speed and the port that ser2net has there, and whether the unit is on"))
	}
	hint := join("switch the board on", "if it is on, its firmware is no AT host, or is built for another port or with hardware flow control that is not wired", p.Of.Note)
	if carries := p.Of.Carries; carries != "" {
		hint = join(hint, "boards with this bridge: "+carries)
	}
	return finding(sev, "doctor.silent", p.Name, text, join(hint, flash(p.Of)))
}

// flash says which firmware makes an AT port of a board.
func flash(b board.Board) string {
	hint := "put an AT host on the board: the at_client sample of nRF Connect SDK, or Serial Modem"
	if b.Target != "" {
		hint += ", built for " + b.Target
	}
	return hint
}

func join(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, "; ")
}

func mcuboot(p scout.Found) cred.Finding {
	return finding(cred.Error, "doctor.mcuboot", p.Name, "the board is in MCUboot mode: it waits for a firmware update and has no AT port",
		"switch it off and on without holding its button; if it comes back like this it has no valid firmware: write one with Programmer or mcumgr")
}
