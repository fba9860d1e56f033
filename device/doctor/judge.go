package doctor

import (
	"fmt"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/device/port"
	"example.org/sectag/device/port/board"
	"example.org/sectag/device/scout"
	"example.org/sectag/device/sound"
)

// Judge says what is wrong and what to do, board by board: first who answers, then what does not, then what may go wrong next.
func Judge(s Seen) []cred.Finding {
	out := []cred.Finding{}
	add := func(f ...cred.Finding) { out = append(out, f...) }
	groups, answers, units := s.groups(), false, false
	for _, g := range groups {
		answers = answers || g.speaker() >= 0
	}
	for _, g := range groups {
		switch {
		case g.speaker() >= 0:
			add(s.wellFindings(g)...)
		case g.ports[0].Kind == board.Bootloader:
			add(mcuboot(g.ports[0]))
		case g.ports[0].Kind == board.Other && !g.ports[g.main(s.Named)].Asked:
			add(finding(cred.Info, "doctor.other-board", g.ports[0].Name, "a "+g.ports[0].Board+" has no nRF91, so it was not asked",
				"if an nRF91 is wired to it, name its port: sectag doctor --port "+g.ports[0].Name))
			continue
		case g.unknown() && s.Named == "":
			continue // somebody's other device
		default:
			add(s.ill(g, answers)...)
		}
		units = true
		add(s.threats(g)...)
	}
	for _, l := range s.Portless {
		units = true
		add(portless(l))
	}
	if !units {
		add(finding(cred.Error, "doctor.no-board", "", "no board with an nRF91 is plugged in",
			"use a USB cable with data lines, in the board's own socket, and switch the board on; a port elsewhere is named as tcp://host:port"))
	}
	return out
}

func finding(sev cred.Severity, code, port, text, hint string) cred.Finding {
	return cred.Finding{Code: code, Severity: sev, Text: cred.Line(text), Hint: cred.Line(hint), Port: port}
}

func faultFinding(sev cred.Severity, f *cred.Fault, port string) cred.Finding {
	return finding(sev, f.Code, port, f.Text, f.Hint)
}

// group is the ports of one USB device, or one port that is none.
type group struct{ ports []scout.Found }

func (s Seen) groups() (out []group) {
	for i, p := range s.Ports {
		if i > 0 && p.Device != "" && p.Device == s.Ports[i-1].Device {
			g := &out[len(out)-1]
			g.ports = append(g.ports, p)
			continue
		}
		out = append(out, group{[]scout.Found{p}})
	}
	return out
}

// speaker is the place of the first port that speaks AT, -1 if none does.
func (g group) speaker() int {
	for i, p := range g.ports {
		if p.Speaks() {
			return i
		}
	}
	return -1
}

// main is the place of the port that AT is expected on: the named one, else the catalogue's, else the first.
func (g group) main(named string) int {
	for i, p := range g.ports {
		if p.Name == named {
			return i
		}
	}
	for i, p := range g.ports {
		if p.Should == port.AT {
			return i
		}
	}
	return 0
}

// unknown tells whether nothing says that an nRF91 could be there: no board of the catalogue, and nothing heard of one.
func (g group) unknown() bool {
	for _, p := range g.ports {
		switch p.Answer.Sound {
		case sound.Shell, sound.Host, sound.Crash:
			return false
		}
		if p.Board != "" {
			return false
		}
	}
	return true
}

// quoted is a port's name as a shell takes it: a virtual unit's settings hold what shells read for themselves.
func quoted(name string) string {
	if strings.ContainsAny(name, "?&*#; ") {
		return "'" + name + "'"
	}
	return name
}

// wellFindings are those of a board that answers.
func (s Seen) wellFindings(g group) (out []cred.Finding) {
	for _, p := range g.ports {
		if !p.Speaks() {
			continue
		}
		who := "an AT host answers"
		if w := p.Answer.Who; w != nil && w.Model != "" {
			who = strings.TrimSpace(fmt.Sprintf("%s answers: %s, IMEI %s", w.Model, w.Firmware, w.IMEI))
			if w.IMEI == 0 {
				who = fmt.Sprintf("%s answers: %s, no IMEI", w.Model, w.Firmware)
			}
			who = strings.Replace(who, "answers: ,", "answers: firmware not told,", 1)
		}
		out = append(out, finding(cred.Info, "doctor.answers", p.Name, who, "sectag inspect --port "+quoted(p.Name)+" shows what it holds"))
		if w := p.Answer.Who; w != nil && w.LineEnd != "" && w.LineEnd != "CR" {
			out = append(out, finding(cred.Info, "doctor.terminator", p.Name, "the AT host there wants commands to end with "+w.LineEnd,
				"sectag does so by itself; set "+w.LineEnd+" in other programs that use this port"))
		}
		if d := p.Answer.Doubt; d != nil {
			out = append(out, faultFinding(cred.Error, d, p.Name))
		}
	}
	if at := g.ports[g.speaker()]; s.Named != "" && !g.ports[g.main(s.Named)].Speaks() {
		out = append(out, finding(cred.Error, "doctor.wrong-port", s.Named, "the modem of this board is not at this port"+what(g.ports[g.main(s.Named)]),
			"choose "+at.Name))
	}
	return out
}

// what is what a port has instead of AT, for the end of a sentence.
func what(p scout.Found) string {
	switch p.Role {
	case port.Log:
		return ", which has a log"
	case port.Trace:
		return ", which has a trace"
	case port.Silent:
		return ", which is silent"
	}
	return ""
}
