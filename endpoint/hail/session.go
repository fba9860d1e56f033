// Package hail talks to a DTLS server up to the end of its first flight, over real sockets and with real patience, and without
// any cryptography: it says hello, answers the cookie, listens, and hangs up. What was heard is a flight.View.
//
// One [Server] is one address during one probe. Sessions are strictly one after the other: small servers serve one client at a
// time. Everything ends: waits grow and are counted, cookies and datagrams are bounded, the context is obeyed.
package hail

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"example.org/sectag/endpoint/flight"
)

// MaxCookies is how many HelloVerifyRequests are taken from a server in one session; an honest one sends one.
const MaxCookies = 4

// Bounds of one session with a server. The times are far above an honest server's and far below a person's patience.
const (
	firstWait    = 400 * time.Millisecond  // before the first repetition of a hello to a server that we do not know; doubles
	minWait      = 100 * time.Millisecond  // the same for a server that has answered before
	maxDatagrams = 400                     // datagrams that are read; a chain of 64 kB in pieces of 200 bytes is 330
	rebindLimit  = 1200 * time.Millisecond // for a server that we have met to be back on its port
	strangeLimit = 200 * time.Millisecond  // the same for one that we have not met
	rebindStep   = 15 * time.Millisecond
)

// Server is the server at one address over UDP, as the sessions of one probe come to know it. It is used by one goroutine.
type Server struct {
	Addr netip.AddrPort
	Name string // server name to send (SNI); empty for an address literal
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	Known
}

// Ask opens one session and says the modem's hello with these suites.
func (s *Server) Ask(ctx context.Context, suites []flight.Suite) (flight.View, error) {
	return s.Say(ctx, flight.Hello{Suites: suites, CID: true})
}

// Say opens one session: says this hello, to which the server's name and a random are added, answers the cookie, reads the first
// flight and hangs up. The session is over when it returns. An error is a socket that cannot be had; all else, the end of ctx too, is
// in the view.
func (s *Server) Say(ctx context.Context, hello flight.Hello) (flight.View, error) {
	if !s.Begin(ctx) {
		return flight.View{}, nil
	}
	// A server that serves one client and then binds its port anew is gone for a moment.
	limit := time.Now().Add(strangeLimit)
	if s.Met {
		limit = time.Now().Add(rebindLimit)
	}
	for step := rebindStep; ; step *= 2 {
		view, err := s.session(ctx, hello)
		if err != nil || view.State() != flight.Refused || time.Now().Add(step).After(limit) || !pause(ctx, step) {
			return view, err
		}
	}
}

func (s *Server) session(ctx context.Context, hello flight.Hello) (flight.View, error) {
	conn, err := s.Dial(ctx, "udp", s.Addr.String())
	if err != nil && ctx.Err() != nil {
		return flight.View{}, nil // time is up: nothing was seen
	}
	if err != nil {
		return flight.View{}, fmt.Errorf("open a socket: %w", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	hello.ServerName = s.Name
	t := talk{conn: conn, far: s, hello: hello}
	if _, err := rand.Read(t.hello.Random[:]); err != nil {
		return flight.View{}, fmt.Errorf("draw a random: %w", err)
	}
	t.run(ctx)
	view := t.view()
	if t.sendErr != nil {
		return view, t.sendErr
	}
	if view.Received > view.Foreign {
		s.Met = true
		s.Lossy = s.Lossy || view.State() == flight.Whole && t.silences > 0
		// Only a session that began is ended: an alert into none makes gnutls-serv 3.7.9 spin and answer nobody any more.
		if view.Alert == nil && view.Hello != nil && !retry(view) {
			t.send(flight.Bye(t.record))
		}
	}
	return view, nil
}

// talk is one session under way.
type talk struct {
	conn     net.Conn
	far      *Server
	seen     flight.Seen
	hello    flight.Hello
	record   uint64        // number of our next record
	message  uint16        // number of our hello
	bare     int           // hellos without a cookie that were said
	cookies  int           // HelloVerifyRequests looked at
	asked    time.Time     // when the hello was said for the first time: an answer may belong to any of its repetitions
	began    time.Time     // when it was said last
	wait     time.Duration // before it is repeated
	silences int           // waits that ended without anything new
	sendErr  error
}

// run repeats the hello until the flight is whole, the server refuses, or patience ends.
func (s *talk) run(ctx context.Context) {
	s.wait = firstWait
	if s.far.Met {
		s.wait = max(minWait, 2*s.far.Slowest)
	}
	for !s.far.Spent() && s.sayHello() && !s.listen(ctx) && ctx.Err() == nil && !s.hopeless() {
		if !s.far.Met {
			s.wait *= 2
		}
	}
}

// hopeless tells whether the silence has lasted. A server that never said anything is waited for until ctx ends: it may be
// far away. One that has spoken, now or before, and falls silent has its reason.
func (s *talk) hopeless() bool {
	s.silences++
	switch s.seen.View().State() {
	case flight.Nothing:
		return s.far.Met && s.silences >= 2
	case flight.Cookie, flight.Began:
		return s.silences >= 3 || (s.far.Met && s.silences >= 2)
	}
	return s.silences >= 2
}

// view is what was seen; of the HelloVerifyRequests only one counts of those that a hello and its repetitions may have brought.
func (s *talk) view() flight.View {
	v := s.seen.View()
	if v.Cookies > 0 {
		v.Cookies = max(1, v.Cookies-s.bare+1)
	}
	return v
}

func (s *talk) sayHello() bool {
	datagram, err := s.hello.Datagram(s.record, s.message)
	if err != nil {
		s.sendErr = fmt.Errorf("write a hello: %w", err)
		return false
	}
	s.record++
	if len(s.hello.Cookie) == 0 {
		s.bare++
	}
	s.began = time.Now()
	if s.asked.IsZero() {
		s.asked = s.began
	}
	return s.send(datagram)
}

func (s *talk) send(datagram []byte) bool {
	s.seen.Outgoing(datagram)
	s.far.Packets++
	_, err := s.conn.Write(datagram)
	if errors.Is(err, syscall.ECONNREFUSED) {
		s.seen.PortUnreachable()
		return false
	}
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		s.sendErr = fmt.Errorf("send a hello: %w", err)
	}
	return err == nil
}

// listen reads until the session is over (true) or nothing new has come for the wait (false).
func (s *talk) listen(ctx context.Context) bool {
	buf := make([]byte, 1<<16)
	for until := s.began.Add(s.wait); ; {
		_ = s.conn.SetReadDeadline(until)
		if ctx.Err() != nil { // set after our deadline, or it would undo the cancelling one
			return true
		}
		n, err := s.conn.Read(buf)
		switch {
		case errors.Is(err, syscall.ECONNREFUSED):
			s.seen.PortUnreachable()
			return true
		case err != nil:
			return false
		}
		s.seen.Incoming(buf[:n])
		over, again := s.judge()
		if over {
			return true
		}
		if again {
			until = s.began.Add(s.wait)
		}
	}
}

// retry tells whether a server of DTLS 1.3 has answered: it waits for a share of a key now, and keeps nothing meanwhile.
func retry(v flight.View) bool { return v.Hello != nil && v.Hello.Version == flight.DTLS13 }

// judge looks at what has come: is the session over, and was a new hello said?
func (s *talk) judge() (over, again bool) {
	view := s.seen.View()
	took := time.Since(s.asked)
	if s.far.RTT == 0 && view.Received > view.Foreign {
		s.far.RTT = took
		s.far.Slowest = max(s.far.Slowest, took) // what refuses by silence after its cookie says no more
	}
	switch {
	case view.Alert != nil || (view.Done && view.Hello != nil) || retry(view):
		s.far.Slowest = max(s.far.Slowest, took)
		return true, false
	case view.Received >= maxDatagrams:
		return true, false
	case view.Cookies > s.cookies && view.Hello == nil:
		if s.view().Cookies >= MaxCookies {
			return true, false
		}
		if s.cookies > 0 && view.Cookies <= s.bare { // a late answer to a hello that was repeated
			s.cookies = view.Cookies
			return false, false
		}
		first := s.cookies == 0
		s.cookies = view.Cookies
		s.hello.Cookie = view.Cookie
		s.message++
		s.asked = time.Time{}
		if first && !s.far.Met { // now the way is known, only the server's own work is not
			s.silences = 0
			s.wait = max(min(max(20*s.far.RTT, firstWait/2), firstWait), 2*s.far.RTT)
		}
		return s.far.Spent() || !s.sayHello(), true
	}
	return false, false
}
