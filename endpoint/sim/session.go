package sim

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/logging"

	"example.org/sectag/endpoint/chain"
	"example.org/sectag/endpoint/coap"
	"example.org/sectag/endpoint/suite"
)

const (
	idleLimit   = 5 * time.Minute // a session without a message is ended
	maxSessions = 256             // hellos beyond that are dropped
	maxFailures = 100             // reads that fail one after the other
)

// server owns the socket and the sessions on it.
type server struct {
	config  Config
	cert    tls.Certificate
	socket  *net.UDPConn
	book    *book
	running sync.WaitGroup

	mu     sync.Mutex
	closed bool
	byAddr map[string]*session
	byCID  map[string]*session
}

// session is one client.
type session struct {
	lane   *lane
	conn   *dtls.Conn
	done   bool   // its handshake is over; guarded by server.mu
	client string // the certificate's common name
	talk   talk
}

func newServer(c Config, p pki, socket *net.UDPConn) *server {
	return &server{
		config: c, cert: p.server, socket: socket, book: newBook(c.Manner),
		byAddr: map[string]*session{}, byCID: map[string]*session{},
	}
}

// receive reads the socket until it is closed and gives each datagram to its session.
func (s *server) receive(ctx context.Context) error {
	buf := make([]byte, maxDatagram)
	for failures := 0; ; {
		n, from, err := s.socket.ReadFromUDP(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil && failures < maxFailures:
			failures++ // Windows reports an ICMP answer to something that we sent: no fault of the socket
			continue
		case err != nil:
			return fmt.Errorf("receiving: %w", err)
		}
		failures = 0
		d := datagram{data: append([]byte(nil), buf[:n]...), from: from}
		if one := s.sessionOf(ctx, d); one != nil {
			one.lane.put(d)
		}
	}
}

// sessionOf finds or begins the session of a datagram; nil drops it. A first hello from an address whose session is already
// made begins a new one: that client has lost its state.
func (s *server) sessionOf(ctx context.Context, d datagram) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cid, ok := cidOf(d.data); ok {
		return s.byCID[cid]
	}
	one := s.byAddr[d.from.String()]
	if !beginsSession(d.data) || one != nil && !one.done {
		return one
	}
	if s.closed || len(s.byCID) >= maxSessions {
		return nil
	}
	cid := make([]byte, cidSize)
	_, _ = rand.Read(cid) // never fails (crypto/rand)
	one = &session{lane: newLane(s.socket, d.from, string(cid))}
	s.byAddr[d.from.String()], s.byCID[string(cid)] = one, one
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		defer s.forget(one)
		if err := s.serve(ctx, one); err != nil {
			s.log("%s: %v", d.from, err)
		}
	}()
	return one
}

// log tells what happened, on one line that a terminal can be trusted with: clients choose what is in their certificates.
func (s *server) log(format string, args ...any) {
	s.config.Log(chain.Name(fmt.Sprintf(format, args...)))
}

func (s *server) forget(one *session) {
	_ = one.lane.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byCID, one.lane.cid)
	if addr := one.lane.first.String(); s.byAddr[addr] == one {
		delete(s.byAddr, addr)
	}
}

// closeAll ends every session and waits for them; none begins any more.
func (s *server) closeAll() {
	s.mu.Lock()
	s.closed = true
	var conns []*dtls.Conn
	for _, one := range s.byCID {
		if one.conn != nil {
			conns = append(conns, one.conn)
		} else {
			_ = one.lane.Close()
		}
	}
	s.mu.Unlock()
	for _, c := range conns {
		_ = c.Close() // says close_notify to the client
	}
	s.running.Wait()
}

// serve makes the handshake and answers until the client goes, falls silent, or the server ends.
func (s *server) serve(ctx context.Context, one *session) error {
	conn, err := dtls.ServerWithOptions(one.lane, one.lane.first, s.options(one)...)
	if err != nil {
		return fmt.Errorf("beginning a session: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if !s.open(one, conn) {
		return nil
	}
	limit, cancel := context.WithTimeout(ctx, s.config.Handshake)
	defer cancel()
	if err := conn.HandshakeContext(limit); err != nil {
		return fmt.Errorf("the handshake failed: %w", err)
	}
	s.mu.Lock()
	one.done = true
	s.mu.Unlock()
	s.log("%s: %s is in", one.lane.first, one.client)
	buf := make([]byte, coap.MaxSize+1)
	for {
		if err := conn.SetReadDeadline(time.Now().Add(idleLimit)); err != nil {
			return fmt.Errorf("waiting for %s: %w", one.client, err)
		}
		n, err := conn.Read(buf)
		if err != nil {
			s.log("%s: %s is gone", one.lane.first, one.client)
			return nil
		}
		for _, raw := range s.book.answer(one.client, &one.talk, buf[:n], s.config.Now()) {
			if _, err := conn.Write(raw); err != nil {
				return fmt.Errorf("answering %s: %w", one.client, err)
			}
		}
	}
}

// open publishes the connection to closeAll, unless that has been here already.
func (s *server) open(one *session, conn *dtls.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	one.conn = conn
	return !s.closed
}

func (s *server) options(one *session) []dtls.ServerOption {
	verify := func(raw [][]byte, _ [][]*x509.Certificate) error {
		name, alert, err := judgeClient(s.config.ClientCA, raw, s.config.Now())
		one.client = name
		one.lane.alert.Store(alert)
		return err
	}
	out := []dtls.ServerOption{
		dtls.WithCertificates(s.cert),
		dtls.WithClientAuth(dtls.RequireAnyClientCert), // then verify decides
		dtls.WithVerifyPeerCertificate(verify),
		dtls.WithConnectionIDGenerator(func() []byte { return []byte(one.lane.cid) }),
		dtls.WithLoggerFactory(quiet{}),
	}
	for _, o := range suite.Options(suite.Server()...) {
		out = append(out, o)
	}
	return out
}

// quiet keeps the library from printing.
type quiet struct{}

// NewLogger makes a logger that drops everything.
func (quiet) NewLogger(scope string) logging.LeveledLogger {
	return logging.NewDefaultLeveledLoggerForScope(scope, logging.LogLevelDisabled, io.Discard)
}
