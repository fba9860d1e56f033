package modemdial

import (
	"net"
	"sync/atomic"
)

// wire is a connected UDP socket that notices which way records carry a Connection ID: the library does not tell.
type wire struct {
	net.Conn
	down, up atomic.Bool
}

// typeCID is the content type of a record that carries one (RFC 9146, section 4).
const typeCID = 25

// epochAt is where a record's epoch is, in two bytes (RFC 6347, section 4.1).
const epochAt = 3

// carries looks through the records of a datagram, up to the first with a Connection ID: its length is not known here. In the
// first epoch no record has one.
func carries(b []byte) bool {
	const header = 13
	for len(b) >= header {
		if b[0] == typeCID {
			return b[epochAt] != 0 || b[epochAt+1] != 0
		}
		size := header + int(b[11])<<8 + int(b[12])
		if len(b) < size {
			return false
		}
		b = b[size:]
	}
	return false
}

// ReadFrom reads a datagram; part of net.PacketConn.
func (w *wire) ReadFrom(b []byte) (int, net.Addr, error) {
	n, err := w.Read(b)
	if err == nil && carries(b[:n]) {
		w.down.Store(true)
	}
	return n, w.RemoteAddr(), err
}

// WriteTo sends a datagram to the only address that the socket knows; part of net.PacketConn.
func (w *wire) WriteTo(b []byte, _ net.Addr) (int, error) {
	if carries(b) {
		w.up.Store(true)
	}
	return w.Write(b)
}
