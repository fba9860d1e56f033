//go:build !linux && !darwin

package wire

import (
	"errors"
	"io"
)

// PTY is the modem's end of a pseudo-terminal; this system has none.
type PTY struct{ io.ReadWriteCloser }

// OpenPTY fails: only Linux and macOS have pseudo-terminals that look like a serial port.
func OpenPTY(string) (*PTY, error) {
	return nil, errors.ErrUnsupported
}

// Path is empty here.
func (p *PTY) Path() string { return "" }

// Gone tells whether an error of Read or Write only says that the other side of a line has left.
func Gone(err error) bool { return gone(err) }

// Speed is unknown here.
func (p *PTY) Speed() int { return 0 }

// SetSpeed does nothing here.
func (p *PTY) SetSpeed(int) error { return nil }
