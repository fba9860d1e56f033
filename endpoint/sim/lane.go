package sim

import (
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/pion/transport/v5/deadline"
)

// What is needed of the record layer to give a datagram to its session (RFC 6347, section 4.1; RFC 9146, section 4).
const (
	typeAlert     = 21
	typeHandshake = 22
	typeCID       = 25
	clientHello   = 1

	headerSize = 13
	cidAt      = 11
	cidSize    = 8 // constant, so that a record's session can be found by it

	maxDatagram = 8192
	laneDepth   = 64 // datagrams that wait for one session; more are dropped, as a network would
)

type datagram struct {
	data []byte
	from *net.UDPAddr
}

// lane is one session's view of the server's socket: it gets what is meant for it and writes through the socket. The library
// reads the sender of each datagram from it and follows a client to a new address once a record with the Connection ID proves it.
type lane struct {
	socket *net.UDPConn
	cid    string
	first  *net.UDPAddr
	in     chan datagram
	closed chan struct{}
	once   atomic.Bool
	until  *deadline.Deadline
	alert  atomic.Uint32 // the alert to refuse with, in place of the library's
}

func newLane(socket *net.UDPConn, from *net.UDPAddr, cid string) *lane {
	return &lane{
		socket: socket, cid: cid, first: from, in: make(chan datagram, laneDepth), closed: make(chan struct{}),
		until: deadline.New(),
	}
}

// put hands over a datagram and never waits.
func (l *lane) put(d datagram) {
	select {
	case l.in <- d:
	default:
	}
}

// ReadFrom waits for a datagram; part of net.PacketConn, as all that follows.
func (l *lane) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case <-l.until.Done():
		return 0, nil, os.ErrDeadlineExceeded
	default:
	}
	select {
	case d := <-l.in:
		return copy(b, d.data), d.from, nil
	case <-l.until.Done():
		return 0, nil, os.ErrDeadlineExceeded
	case <-l.closed:
		return 0, nil, net.ErrClosed
	}
}

// WriteTo sends a datagram, with the reason of a refusal set right.
func (l *lane) WriteTo(b []byte, to net.Addr) (int, error) {
	select {
	case <-l.closed:
		return 0, net.ErrClosed
	default:
	}
	return l.socket.WriteTo(l.reason(b), to)
}

// Close ends the reads that wait. The socket stays: it is the server's.
func (l *lane) Close() error {
	if l.once.CompareAndSwap(false, true) {
		close(l.closed)
	}
	return nil
}

// LocalAddr is the server's address.
func (l *lane) LocalAddr() net.Addr { return l.socket.LocalAddr() }

// SetDeadline bounds reads; writes to a UDP socket do not wait.
func (l *lane) SetDeadline(t time.Time) error { return l.SetReadDeadline(t) }

// SetReadDeadline bounds reads.
func (l *lane) SetReadDeadline(t time.Time) error {
	l.until.Set(t)
	return nil
}

// SetWriteDeadline does nothing.
func (l *lane) SetWriteDeadline(time.Time) error { return nil }

// reason puts the server's own reason into a fatal alert in clear: the library says bad_certificate to everything about the client's
// certificate, and 41, which TLS 1.2 does not have, to a missing one. Other servers say more, and a client's report lives on it.
func (l *lane) reason(b []byte) []byte {
	if len(b) != headerSize+2 || b[0] != typeAlert || b[3] != 0 || b[4] != 0 || b[headerSize] != fatal {
		return b
	}
	out := append([]byte{}, b...)
	switch out[headerSize+1] {
	case noCertificate:
		out[headerSize+1] = handshakeFailure
	case badCertificate:
		if n := l.alert.Load(); n != 0 {
			out[headerSize+1] = byte(n)
		}
	}
	return out
}

// cidOf finds the Connection ID of a datagram's first record.
func cidOf(b []byte) (string, bool) {
	if len(b) < headerSize+cidSize || b[0] != typeCID {
		return "", false
	}
	return string(b[cidAt : cidAt+cidSize]), true
}

// beginsSession tells whether a datagram is a client's first hello: in clear, message 0.
func beginsSession(b []byte) bool {
	const handshakeHeader = 12
	return len(b) >= headerSize+handshakeHeader && b[0] == typeHandshake && b[3] == 0 && b[4] == 0 &&
		b[headerSize] == clientHello && b[headerSize+4] == 0 && b[headerSize+5] == 0
}
