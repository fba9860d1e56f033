package port

import (
	"errors"
	"os"
	"time"

	"go.bug.st/serial"
	"golang.org/x/sys/unix"
)

// On Linux the library sets the port up and a file of our own carries the bytes. The library's Write cannot be ended when the
// other side takes nothing, not even by Close, and its Read wakes up ten times a second to look whether it was closed. The
// file waits in the runtime's poller, for bytes and for deadlines alike.

// openFile opens a port without making it the terminal of this process. It is done before the library takes the port for
// itself alone. nil means that the library must do.
func openFile(name string) *os.File {
	f, err := os.OpenFile(name, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil // the library will say why
	}
	if f.SetDeadline(time.Time{}) != nil { // not in the poller
		f.Close()
		return nil
	}
	return f
}

// withFile lets a port's bytes go through the file, which may be nil.
func withFile(p serial.Port, f *os.File) raw {
	if f == nil {
		return plain{p}
	}
	return &polled{f, p}
}

type polled struct {
	*os.File
	port serial.Port
}

// Interrupt ends a Read that waits for bytes and a Write that waits for room, and throws away what waits to be sent.
func (p *polled) Interrupt() {
	_ = p.SetDeadline(time.Unix(1, 0))
	_ = p.port.ResetOutputBuffer()
}

// SetBaud changes the speed of the port that is open.
func (p *polled) SetBaud(baud int) error { return setBaud(p.port, baud) }

// Close closes both descriptors. Nobody reads or writes: the guard sees to that.
func (p *polled) Close() error { return errors.Join(p.File.Close(), p.port.Close()) }
