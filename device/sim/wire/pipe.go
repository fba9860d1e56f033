// Package wire holds the lines that a virtual modem can be put on: a pair of ends in memory, everywhere, and a
// pseudo-terminal, which is a serial port to the operating system, on Linux and macOS.
package wire

import (
	"io"
	"sync"
	"sync/atomic"
)

// bufferSize is what one direction of a pipe holds before Write waits, as a terminal's buffer does.
const bufferSize = 4096

// Pipe makes a line in memory and returns its two ends. Each direction holds 4096 bytes, a Write of more waits for the
// reader. Closing either end closes the line: the other end reads what was under way and then io.EOF, and its Write fails
// with io.ErrClosedPipe. Close may be called again, and while a Read or a Write waits: both then fail. The ends also
// have SetSpeed(baud int) error, to say what a serial port would be set to, and Speed() int, what the other end said.
func Pipe() (a, b io.ReadWriteCloser) {
	x, y := newQueue(), newQueue()
	var ofA, ofB atomic.Int64
	return &end{in: x, out: y, own: &ofA, far: &ofB}, &end{in: y, out: x, own: &ofB, far: &ofA}
}

type end struct {
	in, out  *queue
	own, far *atomic.Int64 // the speeds that each end was set to; 0: none
}

// SetSpeed tells the other end at which speed this one talks, as setting a serial port does.
func (e *end) SetSpeed(baud int) error {
	e.own.Store(int64(baud))
	return nil
}

// Speed is what the other end was set to, 0 if nobody did.
func (e *end) Speed() int { return int(e.far.Load()) }

func (e *end) Read(p []byte) (int, error)  { return e.in.read(p) }
func (e *end) Write(p []byte) (int, error) { return e.out.write(p) }

func (e *end) Close() error {
	e.in.close(true)
	e.out.close(false)
	return nil
}

// queue is one direction.
type queue struct {
	mu      sync.Mutex
	changed *sync.Cond
	buf     []byte
	closed  bool // nothing more goes in
	dropped bool // its reader closed: nothing more comes out
}

func newQueue() *queue {
	q := &queue{}
	q.changed = sync.NewCond(&q.mu)
	return q
}

func (q *queue) read(p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(p) == 0 {
		return 0, nil
	}
	for len(q.buf) == 0 && !q.closed {
		q.changed.Wait()
	}
	if q.dropped {
		return 0, io.ErrClosedPipe
	}
	if len(q.buf) == 0 {
		return 0, io.EOF
	}
	n := copy(p, q.buf)
	q.buf = append(q.buf[:0], q.buf[n:]...)
	q.changed.Broadcast()
	return n, nil
}

func (q *queue) write(p []byte) (done int, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for done < len(p) {
		for len(q.buf) >= bufferSize && !q.closed {
			q.changed.Wait()
		}
		if q.closed {
			return done, io.ErrClosedPipe
		}
		n := min(len(p)-done, bufferSize-len(q.buf))
		q.buf = append(q.buf, p[done:done+n]...)
		done += n
		q.changed.Broadcast()
	}
	return done, nil
}

func (q *queue) close(byReader bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.dropped = q.dropped || byReader
	q.changed.Broadcast()
}
