package session

import (
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
	net.Conn
	seen *flight.Seen
	tell *teller

	mu    sync.Mutex
	until time.Time // the library's read deadline
}

// linger is how long a datagram is looked for behind "connection refused": long enough for one that is there.
const linger = 20 * time.Millisecond

// ReadFrom reads a datagram; part of net.PacketConn.
func (w *wire) ReadFrom(b []byte) (int, net.Addr, error) {
	n, err := w.Read(b)
	if errors.Is(err, syscall.ECONNREFUSED) {
		w.seen.PortUnreachable()
		n, err = w.behind(b, err)
	}
	if err == nil {
		w.seen.Incoming(b[:n])
		w.tell.look(w.seen.View())
	}
	return n, w.RemoteAddr(), err
}

// behind looks for the last word of a server that closed its port: the system tells the refusal before what came earlier.
func (w *wire) behind(b []byte, refused error) (int, error) {
	if w.seen.View().Received == 0 {
		return 0, refused
	}
	w.mu.Lock()
	_ = w.Conn.SetReadDeadline(time.Now().Add(linger))
	w.mu.Unlock()
	n, err := w.Read(b)
	w.mu.Lock()
	_ = w.Conn.SetReadDeadline(w.until)
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
	return w.Conn.SetReadDeadline(t)
}

// SetDeadline sets both.
func (w *wire) SetDeadline(t time.Time) error {
	if err := w.SetReadDeadline(t); err != nil {
		return err
	}
	return w.SetWriteDeadline(t)
}

// WriteTo sends a datagram to the server, the only address that the socket knows; part of net.PacketConn. A refusal that is
// told here belongs to an earlier datagram: this one was not sent, so it is sent now, and reading tells what there is to tell.
func (w *wire) WriteTo(b []byte, _ net.Addr) (int, error) {
	out := plainAlert(b, w.seen.View().Hello)
	w.seen.Outgoing(out)
	w.tell.look(w.seen.View())
	_, err := w.Write(out)
	if errors.Is(err, syscall.ECONNREFUSED) {
		w.seen.PortUnreachable()
		if w.seen.View().Received > 0 {
			_, err = w.Write(out)
		}
	}
	return len(b), err
}

// plainAlert repairs an alert in clear of a session with a Connection ID. The library (v3.1.15) writes it as a tls12_cid record,
// which no server can read: "plaintext payloads never use the new record format" (RFC 9146, section 3). The server would not learn
// why we leave.
func plainAlert(b []byte, h *flight.ServerHello) []byte {
	const typeAlert, typeCID, cidAt, header = 21, 25, 11, 13
	if h == nil || len(b) != header+h.ConnectionIDLength+3 || b[0] != typeCID || b[3] != 0 || b[4] != 0 || b[len(b)-1] != typeAlert {
		return b
	}
	out := append([]byte{typeAlert}, b[1:cidAt]...)
	return append(out, 0, 2, b[len(b)-3], b[len(b)-2])
}
