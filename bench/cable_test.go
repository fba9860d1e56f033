package bench_test

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
)

// cable joins a bench to a unit for one job, however often the port is opened meanwhile. It counts the bytes of each direction, keeps
// them, lets a test change them, and can be pulled: then nothing passes any more, and the port is gone.
type cable struct {
	plug    func() (io.ReadWriteCloser, error)
	in, out func(n int, b []byte) []byte // may change what begins at byte n of its direction
	pulled  atomic.Bool

	cutIn, cutOut *int   // after how many bytes the cable comes out; nil: never
	then          func() // what happens then

	mu       sync.Mutex
	line     io.Closer // the last opening
	fromUnit []byte
	toUnit   []byte
}

// open is for a device.Dialer.
func (c *cable) open(context.Context, string) (io.ReadWriteCloser, error) {
	if c.pulled.Load() {
		return nil, errors.New("nothing is plugged in")
	}
	l, err := c.plug()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.line = l
	return &wires{c: c, ReadWriteCloser: l}, nil
}

// pull takes the cable out.
func (c *cable) pull() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pulled.Store(true)
	_ = c.line.Close()
}

// count adds what passes in one direction and tells which number its first byte has.
func (c *cable) count(all *[]byte, b []byte) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(*all)
	*all = append(*all, b...)
	return n
}

// carried is what passed to the unit and from it, before anybody changed it.
func (c *cable) carried() (out, in []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.toUnit, c.fromUnit
}

// wires are the cable's for one opening.
type wires struct {
	io.ReadWriteCloser
	c    *cable
	rest []byte
}

func (w *wires) Read(p []byte) (int, error) {
	for len(w.rest) == 0 {
		n, err := w.ReadWriteCloser.Read(p)
		if n == 0 {
			return 0, err
		}
		first := w.c.count(&w.c.fromUnit, p[:n])
		w.rest = w.c.until(w.c.cutIn, first, append([]byte(nil), p[:n]...))
		if w.c.in != nil {
			w.rest = w.c.in(first, w.rest)
		}
		w.c.reached(w.c.cutIn, first+n)
	}
	n := copy(p, w.rest)
	w.rest = w.rest[n:]
	return n, nil
}

func (w *wires) Write(p []byte) (int, error) {
	if w.c.pulled.Load() {
		return 0, io.ErrClosedPipe
	}
	first := w.c.count(&w.c.toUnit, p)
	b := w.c.until(w.c.cutOut, first, append([]byte(nil), p...))
	if w.c.out != nil {
		b = w.c.out(first, b)
	}
	if len(b) > 0 {
		if _, err := w.ReadWriteCloser.Write(b); err != nil {
			return 0, err
		}
	}
	w.c.reached(w.c.cutOut, first+len(p))
	return len(p), nil
}

// until is what of a piece passes before its direction is cut.
func (c *cable) until(cut *int, first int, b []byte) []byte {
	if cut == nil || first+len(b) <= *cut {
		return b
	}
	return b[:max(0, *cut-first)]
}

// reached pulls the cable if so many bytes are enough.
func (c *cable) reached(cut *int, n int) {
	if cut != nil && n >= *cut && !c.pulled.Load() {
		c.pull()
		if c.then != nil {
			c.then()
		}
	}
}

// swap changes the byte with a number, wherever the pieces are cut.
func swap(number int, change func(b byte) []byte) func(int, []byte) []byte {
	return func(n int, b []byte) []byte {
		i := number - n
		if i < 0 || i >= len(b) {
			return b
		}
		return append(append(append([]byte(nil), b[:i]...), change(b[i])...), b[i+1:]...)
	}
}
