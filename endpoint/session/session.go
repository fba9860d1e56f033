package session

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/dtls/v3"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/chain"
	"example.org/sectag/endpoint/flight"
	"example.org/sectag/endpoint/suite"
)

// Options says with whom, and with what patience.
type Options struct {
	Server cred.Endpoint // as a person named it; a host name is sent (SNI), an address is not
	Until  time.Time     // when patience with the handshake ends; zero leaves it to the context

	// Judge judges the server's certificates as it sent them. What it returns ends the handshake, and is why. Nil takes every server.
	Judge func(chain [][]byte) *cred.Fault

	Flight func(line string)    // told each step, one call at a time, not from the caller's goroutine; may be nil
	Offer  []dtls.CipherSuiteID // instead of all suites of the modem that can be made here

	// Dial opens the connected UDP socket to an address literal. Nil is the real thing.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Session is one session with one address of a server. It is a net.Conn of datagrams for what follows the handshake.
type Session struct {
	conn     *dtls.Conn // nil if no handshake was made to its end
	wire     *wire
	addr     netip.AddrPort
	identity Identity
	options  Options
	seen     *flight.Seen
	ear      *ear
	began    time.Time // of the handshake
	took     time.Duration
	refused  *cred.Fault // why we refuse the server
	judged   bool
	findings []cred.Finding
	alert    *uint8 // the server's, in clear or not
	hidden   *Alert // the same, if it came under the keys
}

// Open makes the handshake with one address of a server. The session is there even if it failed: it holds what was seen by then,
// and is closed. Neither a fault nor [Session.Ready] is a server whose only suites the modem has and this computer has not: nothing
// was proven then, and the findings say so.
func Open(ctx context.Context, addr netip.AddrPort, id Identity, o Options) (*Session, *cred.Fault) {
	s := &Session{addr: addr, identity: id, options: o.withDefaults(), seen: &flight.Seen{}, ear: &ear{}}
	if s.options.Offer == nil {
		s.options.Offer = suite.Client()
		if id.HasKey() {
			s.options.Offer = suite.PSK()
		}
	}
	dial := func(ctx context.Context) (net.Conn, error) { return s.options.Dial(ctx, "udp", addr.String()) }
	socket, err := dial(ctx)
	if err != nil {
		return s, s.noRoute(err)
	}
	s.wire = &wire{dial: dial, conn: socket, seen: s.seen, tell: &teller{say: s.options.Flight, psk: id.HasKey()}, psk: id.HasKey()}
	conn, err := dtls.ClientWithOptions(s.wire, net.UDPAddrFromAddrPort(addr), s.clientOptions()...)
	if err != nil {
		_ = socket.Close()
		return s, cred.Because(err, "internal", "the DTLS library cannot be set up: "+err.Error(), "this is a defect of sectag: please report it")
	}
	s.began = time.Now()
	err = s.handshake(ctx, conn)
	if err != nil {
		_ = conn.Close() // a server that serves one client at a time has to be free again for a second look
		s.note(s.seen.View().Refusal())
		defer s.wire.tell.stop()
		return s, s.explain(ctx, err)
	}
	s.conn, s.took = conn, time.Since(s.began)
	s.wire.count.done()
	return s, nil
}

func (o Options) withDefaults() Options {
	if o.Judge == nil {
		o.Judge = func([][]byte) *cred.Fault { return nil }
	}
	if o.Flight == nil {
		o.Flight = func(string) {}
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	return o
}

// handshake gives up early on a server that took the cookie and says nothing: time is needed then to find out why.
func (s *Session) handshake(ctx context.Context, conn *dtls.Conn) error {
	end, limited := ctx.Deadline()
	if u := s.options.Until; !u.IsZero() && (!limited || u.Before(end)) {
		end, limited = u, true
	}
	if !limited {
		return conn.HandshakeContext(ctx)
	}
	ctx, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	defer s.giveUpEarly(time.Until(end)*3/5, cancel)()
	return conn.HandshakeContext(ctx)
}

// giveUpEarly ends the handshake with a server that has had the time, and twice as long from its cookie on as the cookie took to come,
// and has said no more. On a slow road that is later than the time. It returns what stops it.
func (s *Session) giveUpEarly(after time.Duration, end func()) (stop func() bool) {
	began := time.Now()
	var timer *time.Timer
	var mu sync.Mutex // until timer is there
	mu.Lock()
	defer mu.Unlock()
	timer = time.AfterFunc(after, func() {
		mu.Lock()
		defer mu.Unlock()
		v := s.seen.View()
		if v.Hello != nil || v.Cookies == 0 {
			return
		}
		came := s.wire.cookieAt()
		if more := time.Until(came.Add(2 * came.Sub(began))); more > 0 {
			timer.Reset(more)
			return
		}
		end()
	})
	return timer.Stop
}

func (s *Session) clientOptions() []dtls.ClientOption {
	out := []dtls.ClientOption{
		// The library would hide the chain of a server that it does not trust, so the judging is done by verify.
		dtls.WithInsecureSkipVerify(true),
		dtls.WithVerifyPeerCertificate(s.verify),
		dtls.WithConnectionIDGenerator(dtls.OnlySendCIDGenerator()),
		dtls.WithFlightInterval(s.options.pace()),
		dtls.WithLoggerFactory(s.ear),
		dtls.WithKeyLogWriter(s.wire), // for its mender, and nobody else
	}
	if id := s.identity; id.HasKey() {
		out = append(out, dtls.WithPSK(func([]byte) ([]byte, error) { return bytes.Clone(id.key), nil }), dtls.WithPSKIdentityHint([]byte(id.name)))
	} else {
		out = append(out, dtls.WithGetClientCertificate(s.present))
	}
	if !s.options.Server.IsIP() {
		out = append(out, dtls.WithServerName(s.options.Server.Host))
	}
	for _, o := range suite.Options(s.options.Offer...) {
		out = append(out, o)
	}
	return out
}

// The first wait of a flight before it is said again, which is doubled each time: RFC 6347, section 4.2.4.1, has one second, and
// RFC 7925, section 11, up to nine for networks such as NB-IoT.
const (
	shortWait = time.Second
	longWait  = 3 * time.Second
)

// pace is that wait: a twentieth of the patience, one second with up to twenty. So everything is said three times within five
// seconds (0, 1, 3) and five times within sixty (0, 3, 9, 21, 45): enough for a road that loses every third datagram, and not so
// much that a slow one is flooded with what is still under way. Of 64 such roads, with two minutes of patience, three seconds gave
// up on two and nine seconds on ten.
func (o Options) pace() time.Duration {
	if o.Until.IsZero() {
		return shortWait
	}
	return min(max(time.Until(o.Until)/20, shortWait), longWait)
}

func (s *Session) verify(raw [][]byte, _ [][]*x509.Certificate) error {
	if f := s.judge(raw); f != nil {
		s.refused = f
		return f
	}
	return nil
}

// judge asks the caller, once.
func (s *Session) judge(raw [][]byte) *cred.Fault {
	if s.judged {
		return nil
	}
	s.judged = true
	return s.options.Judge(raw)
}

// present shows the unit's certificate whatever authorities the server names: the modem does not look at that list, and a
// certificate that is withheld would be blamed on the server.
func (s *Session) present(info *dtls.CertificateRequestInfo) (*tls.Certificate, error) {
	if s.identity.tls.Leaf == nil {
		return &s.identity.tls, nil
	}
	if err := info.SupportsCertificate(&s.identity.tls); err != nil {
		s.findings = append(s.findings, NotListed(len(info.AcceptableCAs), s.identity.tls.Leaf))
	}
	return &s.identity.tls, nil
}

// NotListed is the finding on a server that names so many authorities and not the unit's.
func NotListed(named int, unit *x509.Certificate) cred.Finding {
	return cred.Finding{
		Code: "dtls.ca-not-listed", Severity: cred.Info,
		Text: fmt.Sprintf("the server names the authorities whose units it takes (%d), and %s is not among them", named, chain.Name(unit.Issuer.String())),
		Hint: "the modem shows its certificate all the same; if the server refuses it, give the server this authority (root.crt, or what sectag ca chain writes of an intermediate); if it lets the unit in, it may not look at who signed: --negative tells",
	}
}

func (s *Session) note(a *flight.Alert) {
	if a != nil {
		s.alert = &a.Number
	}
}

// Ready tells whether the handshake came to its end, so that there is a session to talk through.
func (s *Session) Ready() bool { return s.conn != nil }

// View is what was seen on the wire until now.
func (s *Session) View() flight.View { return s.seen.View() }

// Took is the time from the first hello to the server's Finished; 0 without it.
func (s *Session) Took() time.Duration { return s.took }

// Alert is the number of the alert by which the server ended the session, in clear or not; nil without one.
func (s *Session) Alert() *uint8 { return s.alert }

// Tally is what went over the wire until now.
func (s *Session) Tally() Tally {
	if s.wire == nil {
		return Tally{}
	}
	t, _ := s.wire.count.view()
	return t
}

// Alerts are those of both sides: all in clear, and the one under the keys that ended the session.
func (s *Session) Alerts() []Alert {
	if s.wire == nil {
		return nil
	}
	_, out := s.wire.count.view()
	if s.hidden != nil {
		out = append(out, *s.hidden)
	}
	return out
}

// Findings is what is worth telling beside a failure.
func (s *Session) Findings() []cred.Finding { return s.findings }

// Tell tells a step of what is done in the session, in one row with those of the handshake.
func (s *Session) Tell(line string) {
	if s.wire != nil {
		s.wire.tell.line(line)
	}
}

// Refusing tells whether the server has said no since the handshake, by an alert or by closing its port.
func (s *Session) Refusing() bool { return s.ear.alert() != nil || s.seen.View().Refused }

// Rebind goes on from another local port, as if a NAT had forgotten the unit's address. Whether the server follows is seen by what
// it answers after that (RFC 9146, section 6).
func (s *Session) Rebind(ctx context.Context) error {
	if s.conn == nil {
		return net.ErrClosed
	}
	if err := s.wire.rebind(ctx); err != nil {
		return fmt.Errorf("opening another socket: %w", err)
	}
	return nil
}

// Heard tells whether anything has come to the port that is in use now. What is read right behind a Rebind may have come before it.
func (s *Session) Heard() bool {
	if s.wire == nil {
		return false
	}
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	return s.wire.heard
}

// Read reads one datagram of application data; part of net.Conn, as all below.
func (s *Session) Read(b []byte) (int, error) {
	if s.conn == nil {
		return 0, net.ErrClosed
	}
	return s.conn.Read(b)
}

// Write sends one.
func (s *Session) Write(b []byte) (int, error) {
	if s.conn == nil {
		return 0, net.ErrClosed
	}
	return s.conn.Write(b)
}

// Close tells the server goodbye. Nothing is told any more once it has returned.
func (s *Session) Close() error {
	if s.conn == nil {
		return nil
	}
	err := s.conn.Close()
	s.wire.tell.stop()
	return err
}

// LocalAddr is this end of the socket; nil if there never was one.
func (s *Session) LocalAddr() net.Addr {
	if s.wire == nil {
		return nil
	}
	return s.wire.LocalAddr()
}

// RemoteAddr is the server's address.
func (s *Session) RemoteAddr() net.Addr { return net.UDPAddrFromAddrPort(s.addr) }

// SetDeadline is SetReadDeadline and SetWriteDeadline in one.
func (s *Session) SetDeadline(t time.Time) error {
	if s.conn == nil {
		return net.ErrClosed
	}
	return s.conn.SetDeadline(t)
}

// SetReadDeadline ends a Read that waits beyond t.
func (s *Session) SetReadDeadline(t time.Time) error {
	if s.conn == nil {
		return net.ErrClosed
	}
	return s.conn.SetReadDeadline(t)
}

// SetWriteDeadline ends a Write that waits beyond t.
func (s *Session) SetWriteDeadline(t time.Time) error {
	if s.conn == nil {
		return net.ErrClosed
	}
	return s.conn.SetWriteDeadline(t)
}
