package tcp

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"example.org/sectag/endpoint/flight"
	"example.org/sectag/endpoint/hail"
	"example.org/sectag/endpoint/suite"
)

// Bounds of one session.
const (
	maxBytes = 256 << 10              // that are read of a first flight; a chain of 64 kB is long
	minWait  = 700 * time.Millisecond // for a server that has answered before to do so again
)

// Server is a TLS server at one address, as the sessions of one probe come to know it. It is used by one goroutine.
type Server struct {
	Addr netip.AddrPort
	Name string // server name to send (SNI); empty for an address literal
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	hail.Known
}

var _ hail.Asker = (*Server)(nil)

// Say opens one connection, says this hello, to which the server's name and a random are added, reads the first flight and hangs
// up. An error is a connection that the network refuses; a port where nothing listens, and the end of ctx, are in the view.
func (s *Server) Say(ctx context.Context, hello flight.Hello) (flight.View, error) {
	var seen flight.Stream
	if !s.Begin(ctx) {
		return seen.View(), nil
	}
	hello.ServerName, hello.CID, hello.RRC = s.Name, false, false
	if _, err := rand.Read(hello.Random[:]); err != nil {
		return seen.View(), fmt.Errorf("draw a random: %w", err)
	}
	record, err := hello.Record()
	if err != nil {
		return seen.View(), fmt.Errorf("write a hello: %w", err)
	}
	if s.Met { // one that has spoken before and is silent now has its reason
		limited, cancel := context.WithTimeout(ctx, max(minWait, 10*s.Slowest))
		defer cancel()
		ctx = limited
	}
	conn, err := s.dial(ctx, &seen)
	if conn == nil || err != nil {
		return seen.View(), err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	asked := time.Now()
	s.Packets++
	seen.Outgoing(record)
	if _, err = conn.Write(record); err != nil {
		return seen.View(), nil // it hung up, or time is up
	}
	s.listen(conn, &seen, asked)
	return seen.View(), nil
}

// dial opens the connection. Nil without an error is a server that does not listen, or the end of ctx.
func (s *Server) dial(ctx context.Context, seen *flight.Stream) (net.Conn, error) {
	conn, err := s.Dial(ctx, "tcp", s.Addr.String())
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		seen.PortRefused()
		return nil, nil
	case err != nil && ctx.Err() != nil:
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("open a connection: %w", err)
	}
	return conn, nil
}

// listen reads until the flight is whole, the server refuses or hangs up, or time is up.
func (s *Server) listen(conn net.Conn, seen *flight.Stream, asked time.Time) {
	buf := make([]byte, 1<<14)
	for total := 0; total < maxBytes; {
		n, err := conn.Read(buf)
		total += n
		seen.Incoming(buf[:n])
		v, took := seen.View(), time.Since(asked)
		if s.RTT == 0 && v.Received > v.Foreign {
			s.RTT, s.Met = took, true
		}
		switch {
		case v.Alert != nil || v.Hello != nil && (v.Done || v.Hello.Version == flight.TLS13):
			s.Slowest = max(s.Slowest, took)
			return
		case v.Foreign > 0 || v.Garbled != nil:
			return
		case hungUp(err):
			seen.End()
			return
		case err != nil:
			return
		}
	}
}

// hungUp tells whether the server ended the connection, in whichever way: one that closes it with something unread resets it.
func hungUp(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) }

// Suites are those of the modem's list that this computer can make over TCP: all with certificates but 0xC024.
func Suites() (out []flight.Suite) {
	for _, id := range suite.Stream() {
		out = append(out, flight.Suite(id))
	}
	return out
}

func ids(suites []flight.Suite) (out []uint16) {
	for _, s := range suites {
		out = append(out, uint16(s))
	}
	return out
}

// LetIn makes a handshake without a certificate of ours, with those of the suites that this computer can make, and hangs up. It is
// true when the server let us in. False is no proof: the server may share no suite with this computer.
func LetIn(ctx context.Context, server *Server, takes []flight.Suite) bool {
	ours := slices.DeleteFunc(Suites(), func(s flight.Suite) bool { return !slices.Contains(takes, s) })
	if len(ours) == 0 || !server.Begin(ctx) {
		return false
	}
	conn, err := server.dial(ctx, &flight.Stream{})
	if conn == nil || err != nil {
		return false
	}
	defer conn.Close()
	client := tls.Client(&tap{Conn: conn, known: &server.Known}, &tls.Config{
		ServerName: server.Name, InsecureSkipVerify: true, // nothing is believed here, and nothing sent
		MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12, CipherSuites: ids(ours),
	})
	if client.HandshakeContext(ctx) != nil {
		return false
	}
	_ = client.Close() // says close_notify
	return true
}

// tap lets a flight.Stream see what goes over a connection, and counts what is sent.
type tap struct {
	net.Conn
	seen  flight.Stream
	known *hail.Known
	tell  func(flight.View) // may be nil
}

// Read notes what the server says.
func (t *tap) Read(b []byte) (int, error) {
	n, err := t.Conn.Read(b)
	t.seen.Incoming(b[:n])
	if hungUp(err) {
		t.seen.End()
	}
	t.look()
	return n, err
}

// Write notes what we say.
func (t *tap) Write(b []byte) (int, error) {
	t.seen.Outgoing(b)
	t.look()
	if t.known != nil {
		t.known.Packets++
	}
	return t.Conn.Write(b)
}

func (t *tap) look() {
	if t.tell != nil {
		t.tell(t.seen.View())
	}
}
