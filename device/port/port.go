// Package port opens lines to units and says which there are: serial ports, TCP connections to a port elsewhere, and
// virtual modems.
//
// Dialer.Open is the way in (dial.go). guard.go keeps the promise that a byte meant for one unit never lands on the next
// one's line, lock_*.go that one bench at a time has a port. list.go, sysfs.go and board.go say what is plugged in: on
// Linux by our own reading of sysfs, elsewhere through the serial library. Failures are the port.* codes of the contract.
package port

import (
	"io"

	"example.org/sectag/cred"
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

// Role says what a board uses a port for.
type Role string

// The roles of the contract. A port is unknown until its board is known or somebody asked it.
const (
	AT      Role = "at"
	Log     Role = "log"
	Unknown Role = "unknown"
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
	device    string      // what the ports of one device have in common
}
