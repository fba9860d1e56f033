package tcp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"syscall"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/chain"
	"example.org/sectag/endpoint/flight"
	"example.org/sectag/endpoint/hail"
	"example.org/sectag/endpoint/session"
	"example.org/sectag/endpoint/suite"
)

// quiet is how long a server may take to end the connection after all, once the handshake is through.
const quiet = time.Second

// Options says with whom.
type Options struct {
	Server cred.Endpoint                    // as a person named it; a host name is sent (SNI), an address is not
	Judge  func(chain [][]byte) *cred.Fault // judges the server's certificates as it sent them; what it returns ends the handshake
	Flight func(line string)                // told each step; may be nil
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)
}

// Result is what is known of one connection, however it ended.
type Result struct {
	View     flight.View
	Took     time.Duration // from the first hello to the server's Finished; 0 without it
	Alert    *uint8        // the server's, in clear or not
	Alerts   []session.Alert
	Findings []cred.Finding
}

// unit is one connection under way.
type unit struct {
	options Options
	addr    netip.AddrPort
	id      session.Identity
	wire    *tap
	refused *cred.Fault
	result  Result
	last    flight.View
}

// Connect makes the handshake of a unit with a certificate, with TLS 1.2 and the modem's suites, and waits a second for a server
// that ends it after all. It shows the unit's certificate whatever authorities the server names. Neither a fault nor [Result.Took] is a
// server whose only suite the modem has and this computer has not: nothing was proven then, and the findings say so.
func Connect(ctx context.Context, addr netip.AddrPort, id session.Identity, o Options) (Result, *cred.Fault) {
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	u := unit{options: o, addr: addr, id: id}
	fault := u.run(ctx)
	if u.wire != nil {
		u.result.View = u.wire.seen.View()
		u.alerts()
	}
	return u.result, fault
}

func (u *unit) run(ctx context.Context) *cred.Fault {
	began := time.Now()
	conn, err := u.options.Dial(ctx, "tcp", u.addr.String())
	if err != nil {
		return u.unreached(ctx, err)
	}
	defer conn.Close()
	u.wire = &tap{Conn: conn, tell: u.tell}
	client := tls.Client(u.wire, u.config())
	if err := client.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // a server that serves one client at a time has to be free again for a second look
		return u.explain(ctx, err)
	}
	u.result.Took = max(1, time.Since(began)) // 0 would say that there was none
	defer client.Close()
	return u.settle(ctx, client)
}

func (u *unit) config() *tls.Config {
	c := &tls.Config{
		InsecureSkipVerify: true, // judged by verify, as the modem would
		MinVersion:         tls.VersionTLS12, MaxVersion: tls.VersionTLS12, CipherSuites: suite.Stream(),
		VerifyPeerCertificate: u.verify, GetClientCertificate: u.present,
	}
	if !u.options.Server.IsIP() {
		c.ServerName = u.options.Server.Host
	}
	return c
}

func (u *unit) verify(raw [][]byte, _ [][]*x509.Certificate) error {
	if f := u.options.Judge(raw); f != nil {
		u.refused = f
		return f
	}
	return nil
}

// present shows the certificate whatever authorities the server names: the modem does not look at that list.
func (u *unit) present(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	cert := u.id.Certificate()
	if cert.Leaf == nil { // it has none to show
		return cert, nil
	}
	if err := info.SupportsCertificate(cert); err != nil {
		u.result.Findings = append(u.result.Findings, session.NotListed(len(info.AcceptableCAs), cert.Leaf))
	}
	return cert, nil
}

// settle waits for what a server says that let the unit in.
func (u *unit) settle(ctx context.Context, client *tls.Conn) *cred.Fault {
	defer context.AfterFunc(ctx, func() { _ = client.SetReadDeadline(time.Unix(1, 0)) })()
	_ = client.SetReadDeadline(time.Now().Add(quiet))
	_, err := client.Read(make([]byte, 1))
	if n := alertIn(err); n != nil {
		u.result.Alert = n
		return session.AlertFault(flight.Alert{Fatal: true, Number: *n}, session.AfterFinished, false, err)
	}
	if err == nil || errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
		return nil
	}
	none := uint8(flight.CloseNotify)
	u.result.Alert = &none
	return session.AlertFault(flight.Alert{Number: none}, session.AfterFinished, false, err)
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

// alertIn finds the number of the server's alert in the library's error, whose type has no name outside. Nil without one.
func alertIn(err error) *uint8 {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" {
		return nil
	}
	n, err := strconv.ParseUint(fmt.Sprintf("%d", op.Err), 10, 8)
	if err != nil {
		return nil
	}
	out := uint8(n)
	return &out
}

func (u *unit) unreached(ctx context.Context, err error) *cred.Fault {
	at := u.options.Server.Addr()
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return hail.Why(flight.View{Stream: true, Refused: true}, at)
	case ctx.Err() != nil:
		f := hail.Why(flight.View{Stream: true}, at)
		f.Err = err
		return f
	}
	return cred.Because(err, session.NoRoute, "no connection to "+u.addr.String()+" can be opened", "check this computer's network and the address")
}

// explain says why a handshake failed: what was seen on the wire decides.
func (u *unit) explain(ctx context.Context, err error) *cred.Fault {
	v := u.wire.seen.View()
	if u.refused != nil {
		return u.refused
	}
	if a := v.Refusal(); a != nil {
		u.result.Alert = &a.Number
		if v.Hello == nil && (a.Number == flight.HandshakeFailure || a.Number == flight.InsufficientSecurity) {
			if done, f := u.findSuite(ctx); done {
				return f
			}
		}
		return session.AlertFault(*a, session.PhaseOf(v), false, err)
	}
	if f := hail.Why(v, u.options.Server.Addr()); f != nil {
		f.Err = err
		return f
	}
	if n := alertIn(err); n != nil { // it came under the keys
		u.result.Alert = n
		return session.AlertFault(flight.Alert{Fatal: true, Number: *n}, session.AtCertificate, false, err)
	}
	if v.Finished && !v.Encrypted {
		return cred.Because(err, "dtls.began-silent", "the server "+left(v),
			"credential refused or unknown: make sure that it trusts the unit's authority, and look at its log")
	}
	return cred.Because(err, "dtls.garbled", "the server's flight breaks the protocol: "+chain.Name(err.Error()),
		"something on the way changes what is sent, or the server is broken: try again, then look at its log")
}

// left says how a server was lost that had all of a unit's flight.
func left(v flight.View) string {
	how, behind := "fell silent", "the unit showed its certificate"
	if v.Ended {
		how = "hung up"
	}
	if v.Request == nil {
		behind = "the unit's Finished"
	}
	return how + " after " + behind
}

// findSuite says hello in clear twice more, to a server that takes none of our suites: with what the modem has beside them, then
// with all others.
func (u *unit) findSuite(ctx context.Context) (done bool, f *cred.Fault) {
	far := Server{Addr: u.addr, Dial: u.options.Dial, Known: hail.Known{Met: true}}
	if !u.options.Server.IsIP() {
		far.Name = u.options.Server.Host
	}
	if v, err := far.Say(ctx, flight.Hello{Suites: []flight.Suite{0xC024}}); err == nil && v.Hello != nil {
		u.result.Alert = nil // the answer to this computer's hello, not to the unit's
		u.result.Findings = append(u.result.Findings, session.NotTested(v.Hello.Suite))
		if len(v.Chain) > 0 {
			return true, u.options.Judge(v.Chain)
		}
		return true, nil
	}
	rest := slices.Concat(flight.LwM2M(), flight.Modem(), flight.Wider())
	v, err := far.Say(ctx, flight.Hello{Suites: slices.DeleteFunc(rest, func(s flight.Suite) bool { return slices.Contains(Suites(), s) })})
	if err != nil || v.Hello == nil {
		return false, nil
	}
	return true, session.NoneInCommon(v.Hello.Suite, false)
}

// alerts lists those of both sides. The library says bad_certificate when verify refuses the server.
func (u *unit) alerts() {
	v := u.result.View
	if u.refused != nil {
		u.result.Alerts = append(u.result.Alerts, session.AlertOf(flight.Alert{Fatal: true, Number: 42}, session.FromUnit, session.InFlight, false))
	}
	if a := u.result.Alert; a != nil {
		p := session.PhaseOf(v)
		if u.result.Took > 0 {
			p = session.AfterFinished
		}
		u.result.Alerts = append(u.result.Alerts, session.AlertOf(flight.Alert{Fatal: *a != flight.CloseNotify, Number: *a}, session.FromServer, p, false))
	}
}

func (u *unit) say(line string) {
	if u.options.Flight != nil {
		u.options.Flight(line)
	}
}

// tell says what is new since the last look, in the words of a handshake over UDP.
func (u *unit) tell(v flight.View) {
	for _, step := range session.Steps(u.last, v, false) {
		u.say(step)
	}
	u.last = v
}
