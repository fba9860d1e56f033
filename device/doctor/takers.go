package doctor

import (
	"fmt"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/device/port"
	"example.org/sectag/device/port/board"
	"example.org/sectag/device/scout"
)

// keepAway is what to do against a program that takes ports by itself.
const keepAway = "install the udev rules that sectag ships: " + port.InstallRules

// blocked is the finding of a port that cannot be opened now.
func (s Seen) blocked(sev cred.Severity, p scout.Found) cred.Finding {
	if h, ok := s.Holder[p.Name]; ok && p.Busy {
		switch h.Name {
		case "ModemManager":
			return finding(sev, "doctor.modemmanager", p.Name, fmt.Sprintf("ModemManager (process %d) has the port: it takes every board for a mobile modem", h.PID),
				"wait 10 s and it lets go; to keep it away "+keepAway)
		case "brltty":
			return finding(sev, "doctor.brltty", p.Name, fmt.Sprintf("brltty (process %d) has the port: it takes the board's USB bridge for a Braille display", h.PID), keepAway)
		}
	}
	return faultFinding(sev, p.Blocked, p.Name)
}

// threats are what can go wrong at a board that is in order now: programs that will take its port when it is plugged in again.
func (s Seen) threats(g group) (out []cred.Finding) {
	at := g.main(s.Named)
	if i := g.speaker(); i >= 0 {
		at = i
	}
	p := g.ports[at]
	if p.Busy || p.Blocked != nil || p.VID == "" || p.Kind == board.Bootloader {
		return nil
	}
	if s.Manager != nil && !s.Told[p.Name] {
		out = append(out, finding(cred.Warning, "doctor.modemmanager", p.Name,
			fmt.Sprintf("ModemManager (process %d) runs and was not told to leave this board alone: it may take the port for a while when the board is plugged in", s.Manager.PID), keepAway))
	}
	if s.Claimed[p.Name] {
		out = append(out, finding(cred.Warning, "doctor.brltty", p.Name,
			"brltty's udev rules claim this board's USB bridge for a Braille display: the port may vanish when the board is plugged in", keepAway))
	}
	return out
}

// portless is the finding of a board that is plugged in and has no serial port.
func portless(l Portless) cred.Finding {
	which := fmt.Sprintf("%s (USB %s:%s at %s)", l.Board.Name, l.VID, l.PID, l.Place)
	if l.By != nil && l.By.Name == "brltty" {
		return finding(cred.Error, "doctor.brltty", "", fmt.Sprintf("brltty (process %d) has taken the %s for a Braille display, and its port is gone", l.By.PID, which), keepAway)
	}
	if l.By != nil {
		return finding(cred.Error, "port.busy", "", fmt.Sprintf("%s (process %d) uses the %s without a port", l.By.Name, l.By.PID, which), "end it, and plug the board in again")
	}
	hint := "plug it in again, into the socket of its interface MCU"
	switch {
	case l.Board.Kind == board.Maybe:
		hint = "load its driver (modprobe cp210x, ftdi_sio or ch341), then plug it in again"
	case l.VID == board.Segger:
		hint += "; if it stays so switch its virtual serial ports on: JLinkConfigExe or Board Configurator"
	}
	drivers := ""
	if len(l.Drivers) > 0 {
		drivers = " (drivers: " + strings.Join(l.Drivers, ", ") + ")"
	}
	return finding(cred.Error, "doctor.no-port", "", "a "+which+" is plugged in and the system has no serial port for it"+drivers, hint)
}
