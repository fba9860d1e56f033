// Package host holds the firmware that stands between a board's UART and its modem: it decides where a command ends, what
// fits in its buffer and how a reply looks on the line. Each kind is a pure machine over bytes, without clock or I/O; the
// package sim drives one and owns everything else. AT Host (NCS lib/at_host) is here; a Serial Modem or a Zephyr shell
// is another type with the same three methods.
package host

import (
	"fmt"
	"slices"
	"strings"
)

// Host is one kind of AT host firmware.
type Host interface {
	// Take gives it one byte from the line. It returns what it says back at once (an echo, a refusal of its own; an AT
	// Host says nothing) and, when the byte ended one, the command for the modem without its terminator.
	Take(b byte) (echo, command []byte)
	// Frame makes of the modem's own reply what goes out on the line.
	Frame(reply []byte) []byte
	// Reset is a power cycle: whatever was half received is gone.
	Reset()
}

// BufferSize is the length that an AT Host as shipped takes: AT_HOST_CMD_MAX_LEN less its terminator (nrf91.md, 3.1).
const BufferSize = 4095

// Kinds lists what New knows, the usual one first.
func Kinds() []string { return []string{"at-host", "at-host-lf", "at-host-crlf", "at-host-null"} }

// New makes a host of a kind of Kinds; the empty kind is "at-host". Its buffer holds size characters of a command.
func New(kind string, size int) (Host, error) {
	if kind == "" {
		kind = Kinds()[0]
	}
	i := slices.Index(Kinds(), kind)
	if i < 0 {
		return nil, fmt.Errorf("%q is no host that the simulator has: give one of %s", kind, strings.Join(Kinds(), ", "))
	}
	if size < 1 || size > BufferSize {
		return nil, fmt.Errorf("a host's buffer holds 1 to %d characters, not %d", BufferSize, size)
	}
	return &ATHost{term: []terminator{cr, lf, crlf, null}[i], size: size}, nil
}
