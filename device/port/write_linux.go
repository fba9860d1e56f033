package port

import (
	"errors"
	"os"
	"time"

	"go.bug.st/serial"
	"golang.org/x/sys/unix"
)

// Writing through a file of our own: the library's Write cannot be ended when the other side takes nothing, not even by
// Close. This one waits in the runtime's poller. It must be opened before the library takes the port for itself alone.

// openWriter opens a port for writing only, without making it the terminal of this process.
func openWriter(name string) *os.File {
	f, err := os.OpenFile(name, os.O_WRONLY|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil // the library will say why
	}
	if f.SetWriteDeadline(time.Time{}) != nil { // not in the poller: no better than the library
		f.Close()
		return nil
	}
	return f
}

// withWriter lets a port write through the file, which may be nil.
func withWriter(p serial.Port, w *os.File) raw {
	if w == nil {
		return p
	}
	return &writer{Port: p, w: w}
}

type writer struct {
	serial.Port
	w *os.File
}

func (w *writer) Write(p []byte) (int, error) { return w.w.Write(p) }

// ResetOutputBuffer throws away what waits to be sent and ends a Write that waits for room.
func (w *writer) ResetOutputBuffer() error {
	return errors.Join(w.w.SetWriteDeadline(time.Unix(1, 0)), w.Port.ResetOutputBuffer())
}

func (w *writer) Close() error { return errors.Join(w.w.Close(), w.Port.Close()) }
