package ask

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"example.org/sectag/device/socket"
)

// datagrams makes a connection of a modem's socket, so that what speaks CoAP to a server from here speaks it through the modem as
// well. A modem receives for whole seconds, so that a deadline is kept to the next one. It has one reader, who is the writer too.
type datagrams struct {
	ctx    context.Context // does not end: what waits for an answer ends a Read by its deadline
	socket *socket.Socket

	mu    sync.Mutex
	until time.Time
}

// piece is how long the modem waits at a time: meanwhile it can be told nothing.
const piece = 2 * time.Second

// Read waits for a datagram.
func (d *datagrams) Read(p []byte) (int, error) {
	for {
		d.mu.Lock()
		until := d.until
		d.mu.Unlock()
		wait := piece
		if !until.IsZero() {
			if wait = min(wait, time.Until(until)); wait <= 0 {
				return 0, os.ErrDeadlineExceeded
			}
		}
		b, err := d.socket.Receive(d.ctx, wait)
		if err == nil {
			return copy(p, b), nil
		}
		if !errors.Is(err, socket.ErrNothing) {
			return 0, err
		}
	}
}

// Write sends a datagram.
func (d *datagrams) Write(p []byte) (int, error) {
	if err := d.socket.Send(d.ctx, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// SetReadDeadline ends a Read at a time, or shortly after.
func (d *datagrams) SetReadDeadline(t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.until = t
	return nil
}

// SetDeadline is SetReadDeadline: a modem sends in its own time.
func (d *datagrams) SetDeadline(t time.Time) error { return d.SetReadDeadline(t) }

// SetWriteDeadline does nothing.
func (*datagrams) SetWriteDeadline(time.Time) error { return nil }

// Close does nothing: the socket has an owner.
func (*datagrams) Close() error { return nil }

// LocalAddr is unknown here.
func (*datagrams) LocalAddr() net.Addr { return &net.UDPAddr{} }

// RemoteAddr is unknown here.
func (*datagrams) RemoteAddr() net.Addr { return &net.UDPAddr{} }
