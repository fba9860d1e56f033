// Package port opens lines to units and says which there are: serial ports, TCP connections to a port elsewhere, and
// virtual modems.
//
// Dialer.Open is the way in (dial.go). guard.go keeps the promise that a byte meant for one unit never lands on the next
// one's line, lock_*.go that one bench at a time has a port. list.go says what is plugged in, out of two rooms below: system
// reads the operating system, board knows what it means. again.go finds a port that came back under another name. Failures are
// the port.* codes of the contract.
package port

import (
	"errors"
	"io"

	"example.org/sectag/cred"
	"example.org/sectag/device/port/board"
)

// Line is a two-way stream of bytes to a unit. Closing it ends a Read that is under way.
type Line interface{ io.ReadWriteCloser }

// Named is a second ability of lines that know what they were opened as.
type Named interface{ Name() string }

// Speeder is a second ability of lines that carry bytes at a known speed and can change it: serial ports, and virtual modems that
// were given one. A TCP connection knows nothing of the speed behind it.
type Speeder interface {
	Baud() int // bits a second, ten to the byte
	SetBaud(baud int) error
}

// Baud is the speed of a line, 0 where it is not known. Lines that stand around another one pass the question on.
func Baud(l Line) int {
	if s, ok := l.(Speeder); ok {
		return s.Baud()
	}
	return 0
}

// SetBaud changes the speed of a line; one that cannot is errors.ErrUnsupported.
func SetBaud(l Line, baud int) error {
	if s, ok := l.(Speeder); ok {
		return s.SetBaud(baud)
	}
	return errors.ErrUnsupported
}

// Role says what a board uses a port for.
type Role = board.Role

// The roles of the contract, and those that were added to it.
const (
	AT      = board.AT
	Log     = board.Log
	Trace   = board.Trace
	Unknown = board.Unknown
	MCUboot = board.MCUboot
	Silent  = board.Silent
)

// Info is one serial port as the contract's verb "ports" shows it.
type Info struct {
	Name      string      `json:"name"`                // what Dialer.Open takes
	Board     string      `json:"board,omitempty"`     // by the catalogue of known boards
	VID       string      `json:"vid,omitempty"`       // four lower-case hex digits
	PID       string      `json:"pid,omitempty"`       // likewise
	Serial    string      `json:"serial,omitempty"`    // the USB serial number
	Interface *int        `json:"interface,omitempty"` // the USB interface number, where the system tells
	Role      Role        `json:"role"`
	Busy      bool        `json:"busy"`
	Blocked   *cred.Fault `json:"blocked,omitempty"` // why it cannot be opened now
	Stable    string      `json:"-"`                 // a name that stays the same when units come and go (Linux: by-id)
	Device    string      `json:"-"`                 // what the ports of one USB device have in common; empty: it is none
	Kind      board.Kind  `json:"-"`                 // what the device behind it can be
	Of        board.Board `json:"-"`                 // the line of the catalogue; the zero value is none
	Product   string      `json:"-"`                 // what the device calls itself
	Maker     string      `json:"-"`
}

// USB is the device behind a port, as the catalogue and udev's rules know it.
func (i Info) USB() board.USB {
	return board.USB{VID: i.VID, PID: i.PID, Serial: i.Serial, Product: i.Product, Maker: i.Maker}
}
