package session

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"time"

	"example.org/sectag/endpoint/flight"
)

// wire is a connected UDP socket that shows every datagram to seen, both ways. Connected, so that "nothing listens here" is
// heard at once.
type wire struct {
	dial func(ctx context.Context) (net.Conn, error) // another socket to the same server

	seen  *flight.Seen
	tell  *teller
	count counter
	psk   bool
	mend  menders

	mu    sync.Mutex
	conn  net.Conn
	heard bool      // something has come through it
	first time.Time // when the first cookie came
	until time.Time // the library's read deadline
}

// socket is the one in use now.
func (w *wire) socket() net.Conn {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.conn
}

// rebind puts another socket under the session, as a NAT does that has forgotten it: from now on everything comes from another port.
// What is still under way to the old one is lost.
func (w *wire) rebind(ctx context.Context) error {
	next, err := w.dial(ctx) // while the old one is open, so that the port is another
	if err != nil {
		return err
	}
	w.mu.Lock()
	old := w.conn
	w.conn, w.heard = next, false
	err = next.SetReadDeadline(w.until)
	w.mu.Unlock()
	_ = old.Close()
	return err
}

// linger is how long a datagram is looked for behind "connection refused": long enough for one that is there.
const linger = 20 * time.Millisecond

// ReadFrom reads a datagram; part of net.PacketConn.
func (w *wire) ReadFrom(b []byte) (int, net.Addr, error) {
	from := w.socket()
	n, err := from.Read(b)
	for errors.Is(err, net.ErrClosed) && w.socket() != from {
		from = w.socket()
		n, err = from.Read(b)
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		w.seen.PortUnreachable()
		n, err = w.behind(from, b, err)
	}
	if err == nil {
		w.hear(from)
		w.count.datagram(FromServer, b[:n], 0, PhaseOf(w.seen.View()), w.psk)
		w.seen.Incoming(b[:n])
		w.stamp()
		w.tell.look(w.seen.View())
	}
	return n, from.RemoteAddr(), err
}

// stamp notes when the first cookie came.
func (w *wire) stamp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.first.IsZero() && w.seen.View().Cookies > 0 {
		w.first = time.Now()
	}
}

// cookieAt is when the first cookie came.
func (w *wire) cookieAt() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.first
}

// hear notes that something came through a socket.
func (w *wire) hear(from net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.heard = w.heard || from == w.conn
}

// behind looks for the last word of a server that closed its port: the system tells the refusal before what came earlier.
func (w *wire) behind(from net.Conn, b []byte, refused error) (int, error) {
	if w.seen.View().Received == 0 {
		return 0, refused
	}
	w.mu.Lock()
	_ = from.SetReadDeadline(time.Now().Add(linger))
	w.mu.Unlock()
	n, err := from.Read(b)
	w.mu.Lock()
	_ = from.SetReadDeadline(w.until)
	w.mu.Unlock()
	if err != nil {
		return 0, refused
	}
	return n, nil
}

// SetReadDeadline is the library's; behind borrows it for a moment.
func (w *wire) SetReadDeadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.until = t
	return w.conn.SetReadDeadline(t)
}

// SetDeadline sets both.
func (w *wire) SetDeadline(t time.Time) error {
	if err := w.SetReadDeadline(t); err != nil {
		return err
	}
	return w.SetWriteDeadline(t)
}

// SetWriteDeadline is the library's.
func (w *wire) SetWriteDeadline(t time.Time) error { return w.socket().SetWriteDeadline(t) }

// Write takes the library's key log, if there is a Connection ID; part of io.Writer. It stays in memory, until the mender has made its
// keys of it.
func (w *wire) Write(line []byte) (int, error) {
	if cidLength(w.seen.View().Hello) > 0 {
		w.mend.keys = bytes.Clone(line)
	}
	return len(line), nil
}

// LocalAddr is this end of the socket in use.
func (w *wire) LocalAddr() net.Addr { return w.socket().LocalAddr() }

// Close closes the socket in use.
func (w *wire) Close() error { return w.socket().Close() }

// WriteTo sends a datagram to the server, the only address that the socket knows; part of net.PacketConn. A refusal that is
// told here belongs to an earlier datagram: this one was not sent, so it is sent now, and reading tells what there is to tell.
func (w *wire) WriteTo(b []byte, _ net.Addr) (int, error) {
	v := w.seen.View()
	out := w.mend.datagram(b, v.Hello)
	w.count.datagram(FromUnit, out, cidLength(v.Hello), PhaseOf(v), w.psk)
	w.seen.Outgoing(out)
	w.tell.look(w.seen.View())
	_, err := w.socket().Write(out)
	if errors.Is(err, syscall.ECONNREFUSED) {
		w.seen.PortUnreachable()
		if w.seen.View().Received > 0 {
			_, err = w.socket().Write(out)
		}
	}
	return len(b), err
}

// cidLength is the length of the Connection ID that the server wants in our records.
func cidLength(h *flight.ServerHello) int {
	if h == nil {
		return 0
	}
	return h.ConnectionIDLength
}
