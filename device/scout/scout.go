// Package scout asks the ports of a computer, all at once, who is at their other end, and says what each is for: the one that
// speaks AT, and beside it logs, the modem's trace, and silence.
//
// Asking opens a port and sends AT to it, as device.Attach does; nothing else is changed. Ports that somebody has, that may not be
// opened, or that belong to a board without an nRF91 are left alone (Candidate). Read Ask here, then ask.go (one port);
// device/sound judges what was heard. The rules are those of nrf91.md sections 3.5 and 5.
package scout

import (
	"context"
	"sync"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/port"
	"example.org/sectag/device/port/board"
	"example.org/sectag/device/sound"
)

// Limit is what one port may take until it is known whether an AT host is there: device.Attach needs no more on a port that
// opens at once. The ports are asked at the same time, so it is the limit of all of them together.
const Limit = 2900 * time.Millisecond

// together is how many ports are asked at the same time. A bench has fewer; a rack with more is asked in rounds.
const together = 64

// Asker finds out who is at a port.
type Asker interface {
	Ask(ctx context.Context, name string) Answer
}

// Answer is what one port had to say.
type Answer struct {
	Fault *cred.Fault      // why no AT host speaks there; nil: one does
	Sound sound.Kind       // what came in, if no AT host spoke
	Who   *device.Identity // who the modem is, if that was asked for
	Doubt *cred.Fault      // what is wrong with who it is
}

// AT tells whether an AT host spoke.
func (a Answer) AT() bool { return a.Fault == nil }

// Found is a port with what it had to say. Its role is then what was found, and no longer what its board should have there.
type Found struct {
	port.Info
	Asked  bool
	Should port.Role // by the catalogue
	Answer Answer
}

// Speaks tells whether the port was asked and an AT host spoke.
func (f Found) Speaks() bool { return f.Asked && f.Answer.AT() }

// Candidate tells whether a port may be asked without being named: nobody has it, this user may open it, and the device behind it
// is not known to have no nRF91, or none that could speak now.
func Candidate(p port.Info) bool {
	return !p.Busy && p.Blocked == nil && p.Kind != board.Other && p.Kind != board.Bootloader
}

// Ask asks those ports that may be asked, all at once, and returns all of them in the order in which they were given.
func Ask(ctx context.Context, ports []port.Info, may func(port.Info) bool, a Asker) []Found {
	out := make([]Found, len(ports))
	turn := make(chan struct{}, together)
	var all sync.WaitGroup
	for i, p := range ports {
		out[i] = Found{Info: p, Should: p.Role}
		if !may(p) {
			continue
		}
		all.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			out[i].Asked, out[i].Answer = true, a.Ask(ctx, p.Name)
			out[i].Role = out[i].role()
		})
	}
	all.Wait()
	return out
}

// role is what a port that was asked is for. One that could not be opened keeps what its board should have there.
func (f Found) role() port.Role {
	switch s := f.Answer.Sound; {
	case f.Answer.AT():
		return port.AT
	case s == sound.Unheard:
		return f.Should
	case s == sound.Nothing:
		return port.Silent
	case s == sound.Noise:
		return port.Trace
	case s == sound.Log || s == sound.Text || s == sound.GNSS:
		return port.Log
	}
	return port.Unknown
}
