// Package doctor says why a unit does not answer at a port, and what to do about it: permission, a program that has the port or is
// about to take it, the wrong port of the board, a firmware that is no AT host, a line that goes one way only, a modem that has
// crashed, a board that waits for an update, no board at all.
//
// Look (doctor.go) sees: it lists ports and programs, and asks the ports through package scout. Judge (judge.go, board.go, takers.go)
// is a pure function from what was seen to findings, each a code with a fix. Nothing is changed on the unit. rules.go carries the
// udev rules that this project ships. The facts are those of nrf91.md sections 3 and 5 and of peers.md part 2.
package doctor

import (
	"context"
	"path/filepath"
	"slices"

	"example.org/sectag/device/port"
	"example.org/sectag/device/port/board"
	"example.org/sectag/device/port/system"
	"example.org/sectag/device/scout"
)

// Seen is all that a judgement is made of.
type Seen struct {
	Named    string            // the port that a person asks about; empty: all of them
	Ports    []scout.Found     // in the order of their boards
	Portless []Portless        // USB devices of the catalogue without a port
	Manager  *system.Process   // ModemManager, if it runs
	Holder   map[string]Holder // who has a port, by its name
	Told     map[string]bool   // ports that ModemManager was told to leave alone
	Claimed  map[string]bool   // ports whose device brltty's rules will take
}

// Holder is who has a port open.
type Holder = system.Process

// Portless is a USB device without a serial port, and who has it.
type Portless struct {
	system.Device
	Board board.Board
	By    *Holder
}

// Doctor looks. The zero value looks at this computer and asks nobody.
type Doctor struct {
	Lister port.Lister
	Asker  scout.Asker // nil: no port is opened
}

// Look sees what is to be judged. A named port is asked whatever is known of it, and so are the others of its board; without a name
// all that may be asked are.
func (d Doctor) Look(ctx context.Context, named string) (Seen, error) {
	s := Seen{Named: named, Holder: map[string]Holder{}, Told: map[string]bool{}, Claimed: map[string]bool{}}
	ports, err := d.Lister.Ports(ctx)
	if err != nil {
		return s, err
	}
	if named != "" {
		ports = s.only(ports)
	}
	may := func(p port.Info) bool {
		return d.Asker != nil && (scout.Candidate(p) || p.Name == s.Named && p.Blocked == nil)
	}
	s.Ports = scout.Ask(ctx, ports, may, d.Asker)
	d.programs(&s)
	return s, ctx.Err()
}

// only keeps the ports of the board that has the named one. A name that is no port of this computer stands alone: a line over TCP,
// a virtual modem, or a mistake that opening it will tell.
func (s *Seen) only(ports []port.Info) []port.Info {
	real := s.Named
	if to, err := filepath.EvalSymlinks(s.Named); err == nil {
		real = to
	}
	i := slices.IndexFunc(ports, func(p port.Info) bool {
		return p.Name == s.Named || p.Name == real || p.Stable == s.Named && p.Stable != ""
	})
	if i < 0 {
		return []port.Info{{Name: s.Named, Role: port.Unknown}}
	}
	s.Named = ports[i].Name
	return slices.DeleteFunc(slices.Clone(ports), func(p port.Info) bool {
		return p.Name != s.Named && (p.Device == "" || p.Device != ports[i].Device)
	})
}

// programs looks for those that stand in the way.
func (d Doctor) programs(s *Seen) {
	root := d.Lister.Root
	running := system.Look(root)
	if m, ok := running.Running("ModemManager"); ok {
		s.Manager = &m
	}
	ours := system.OurRules(root)
	for _, p := range s.Ports {
		if h, ok := running.Holder(p.Name); ok {
			s.Holder[p.Name] = h
		}
		s.Told[p.Name] = system.Ignored(root, p.Name)
		s.Claimed[p.Name] = !ours && system.Claimed(root, p.USB())
	}
	if s.Named != "" {
		return
	}
	for _, dev := range system.Portless(root) {
		b, _ := board.Lookup(dev.USB)
		l := Portless{Device: dev, Board: b}
		if h, ok := running.Holder(dev.Node); ok {
			l.By = &h
		} else if h, ok := running.Running("brltty"); ok && slices.Contains(dev.Drivers, "usbfs") {
			l.By = &h // only root sees what other users' programs have open
		}
		s.Portless = append(s.Portless, l)
	}
}
