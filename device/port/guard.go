package port

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// raw is what the guard needs of a serial port: a Read that returns now and then, with (0, nil) for no byte, and a way to end
// a Read and a Write that wait, as far as the system has one.
type raw interface {
	io.ReadWriteCloser
	Interrupt()
}

// guard makes a serial port safe to close. The library's Write and Close share a bare descriptor number: a Write that comes
// late would land on whatever has the number next, which is the next unit's line. So a Close that finds a Read or a Write
// under way leaves the closing to the last one out, and after a Close nothing is written any more.
type guard struct {
	port    raw
	name    string
	release func() // gives the lock back, once the port is really closed
	baud    int    // as it was set last
	pty     bool   // it carries bytes at once

	mu     sync.Mutex
	closed bool
	inside int
	gone   chan struct{}
	err    error
}

// closeWait is how long Close waits for a Read or a Write under way.
const closeWait = time.Second

// tick is how long a Read by the library waits for a byte before it looks whether it was closed. Bytes end the wait at once.
const tick = 100 * time.Millisecond

func newGuard(p raw, name string, release func()) *guard {
	return &guard{port: p, name: name, release: release, gone: make(chan struct{})}
}

// Name is what the port was opened as.
func (g *guard) Name() string { return g.name }

// Immediate tells that no wire is behind the port: what is written is there at once, whatever speed it is set to.
func (g *guard) Immediate() bool { return g.pty }

// Baud is the speed that the port was set to.
func (g *guard) Baud() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.baud
}

// SetBaud changes the speed. What the system cannot do is an error, and the port stays as it was.
func (g *guard) SetBaud(baud int) error {
	if !g.enter() {
		return os.ErrClosed
	}
	defer g.leave()
	p, ok := g.port.(interface{ SetBaud(int) error })
	if !ok || baud <= 0 {
		return errors.ErrUnsupported
	}
	if err := p.SetBaud(baud); err != nil {
		return fmt.Errorf("setting the port to %d baud: %w", baud, err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.baud = baud
	return nil
}

func (g *guard) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.inside++
	return true
}

func (g *guard) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside--; g.inside == 0 && g.closed {
		g.shut()
	}
}

// shut closes the port; nobody is inside. The lock is held.
func (g *guard) shut() {
	g.err = g.port.Close()
	if g.release != nil {
		g.release()
	}
	close(g.gone)
}

func (g *guard) isClosed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed
}

// Read waits for at least one byte. After Close it ends with os.ErrClosed, after an unplug with what the system says.
func (g *guard) Read(p []byte) (int, error) {
	if !g.enter() {
		return 0, os.ErrClosed
	}
	defer g.leave()
	for {
		n, err := g.port.Read(p)
		switch {
		case n > 0:
			return n, nil
		case g.isClosed():
			return 0, os.ErrClosed
		case err != nil:
			return 0, err
		}
	}
}

// Write hands over all of p. It can block for as long as the other side takes nothing; Close ends it.
func (g *guard) Write(p []byte) (int, error) {
	if !g.enter() {
		return 0, os.ErrClosed
	}
	defer g.leave()
	sent := 0
	for sent < len(p) {
		n, err := g.port.Write(p[sent:])
		sent += n
		switch {
		case sent == len(p):
			return sent, nil
		case g.isClosed():
			return sent, os.ErrClosed
		case err != nil:
			return sent, err
		case n == 0:
			return sent, io.ErrNoProgress
		}
	}
	return sent, nil
}

// Close closes the port as soon as no Read and no Write is under way; those that wait are interrupted.
// If a Write is not freed in time Close returns an error and the last one out closes the port.
func (g *guard) Close() error {
	g.mu.Lock()
	if !g.closed {
		g.closed = true
		if g.inside == 0 {
			g.shut()
		} else {
			g.port.Interrupt() // the descriptor is alive: only the last one out closes it, and needs the lock
		}
	}
	g.mu.Unlock()
	t := time.NewTimer(closeWait)
	defer t.Stop()
	select {
	case <-g.gone:
		return g.err
	case <-t.C:
		return errors.New("the port is still taking bytes; it is closed when it stops")
	}
}
