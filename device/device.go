// Package device is one modem on a line: how it is reached, who it is, and what its credential store holds.
//
// A newcomer reads this file, then modem.go (from a line to a Modem and back), identity.go (who is it), mode.go (functional
// mode), store.go (list and delete), write.go (write, and prove what was written), stray.go (what the line made of it), keygen.go (keys that the modem makes), speed.go
// (the line's speed) and fault.go (what the modem's refusals mean and what to do about them). Below lie rooms that can be used
// alone: device/socket has the modem connect by itself, device/port opens and lists lines, device/at keeps the AT conversation in step, device/host knows the firmware in between, device/shelf what the store holds.
// device/sim is a virtual modem for tests and the demo; nothing here imports it.
//
// Nothing is believed here that was not asked: a write is proved by the digest that the modem lists afterwards, a missing
// answer by asking again, a deletion by the slot's absence. The facts are those of the nRF91 AT manuals, sections %CMNG,
// +CFUN, +CGSN, and of sdk-nrf's at_host library.
package device

import (
	"context"
	"time"

	"example.org/sectag/device/at"
	"example.org/sectag/device/at/mask"
	"example.org/sectag/device/port"
)

// The names of the rooms below that callers need, in one place.
type (
	Line     = port.Line   // a two-way stream of bytes to one unit
	Dialer   = port.Dialer // opens lines by name
	PortInfo = port.Info   // one port of this computer
	Reply    = at.Reply
	Trace    = at.Trace // one masked line of the transcript
	Stats    = at.Stats // bytes and times of the line
)

// Ports lists the serial ports of this computer. None is opened.
func Ports(ctx context.Context) ([]PortInfo, error) { return port.Lister{}.Ports(ctx) }

// Mask writes a command as it may be shown: credential content, signatures, injected keys and passwords left out.
func Mask(command string) string { return mask.Command(command) }

// Refused is the failure that a final result other than OK is, for commands of a person's own. The command is masked.
func Refused(command string, r Reply) error { return refused(Mask(command), r) }

// Weight is what a command of a person's own carries and what it can change.
type Weight = mask.Weight

// Weigh says it: the one judge of such commands, on the command line and at the console.
func Weigh(command string) Weight { return mask.Weigh(command) }

// Options are a modem's ears; all may be left out.
type Options struct {
	Trace func(Trace)                        // the transcript, masked; must not block
	URC   func(line string)                  // unsolicited lines; must not block
	Wait  func(what string, until time.Time) // something takes longer than two seconds; until is when it is given up
	Now   func() time.Time                   // for Trace and Stats; nil is time.Now

	// Notice is told what was found about a slot in the middle of a command, before anything is done about it; an error ends the command.
	Notice func(context.Context, Notice) error
}
