package endpoint

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/pion/dtls/v3"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/chain"
	"example.org/sectag/endpoint/coap"
	"example.org/sectag/endpoint/flight"
	"example.org/sectag/endpoint/suite"
)

// connection is one Connect under way.
type connection struct {
	endpoint cred.Endpoint
	options  ConnectOptions
	report   *ConnectReport
	identity identity

	// Of the newest attempt:
	end     time.Time // when patience with it ends
	seen    *flight.Seen
	ear     *ear
	refused *cred.Fault // why we refuse the server
	judged  bool
}

// run fills the report; what it returns is the reason to fail.
func (c *connection) run(parent context.Context) *cred.Fault {
	if c.endpoint.Scheme != "coaps" {
		return cred.Failed("config.value", c.endpoint.String()+" cannot be connected to: only coaps is spoken here so far",
			"give the server's DTLS address as coaps://host:port")
	}
	var fault *cred.Fault
	if c.identity, fault = readIdentity(c.options); fault != nil {
		return fault
	}
	end := time.Now().Add(c.options.Timeout)
	ctx, cancel := context.WithDeadline(parent, end)
	defer cancel()
	addrs, fault := c.lookup(ctx)
	for i, addr := range addrs {
		// An address that is silent must leave time for the next.
		c.end = time.Now().Add(time.Until(end) / time.Duration(len(addrs)-i))
		if fault = c.try(ctx, parent, addr); fault == nil || !elsewhere(fault.Code) {
			break
		}
	}
	if err := parent.Err(); fault != nil && errors.Is(err, context.Canceled) {
		return cred.Because(err, "dtls.canceled", "the connection was cancelled", "start it again")
	}
	if fault != nil && fault.Code == "dtls.silent" {
		fault.Text += " within " + c.options.Timeout.String()
	}
	return fault
}

// elsewhere tells whether another address of the same name may do better.
func elsewhere(code string) bool {
	return code == "dtls.closed" || code == "dtls.silent" || code == noRoute
}

// addresses are those of a name that are tried, the ones of IPv4 first: that is what cellular networks give a modem.
func addresses(found []net.IPAddr, port uint16) []netip.AddrPort {
	var first, rest []netip.AddrPort
	for _, a := range found {
		ip, ok := netip.AddrFromSlice(a.IP)
		if !ok {
			continue
		}
		ip = ip.Unmap().WithZone(a.Zone)
		if ip.Is4() {
			first = append(first, netip.AddrPortFrom(ip, port))
		} else {
			rest = append(rest, netip.AddrPortFrom(ip, port))
		}
	}
	all := slices.Concat(first, rest)
	return all[:min(len(all), maxAddresses)]
}

// lookup finds the server's addresses.
func (c *connection) lookup(ctx context.Context) ([]netip.AddrPort, *cred.Fault) {
	found, err := c.options.Lookup(ctx, c.endpoint.Host)
	addrs := addresses(found, c.endpoint.Port)
	if len(addrs) == 0 {
		return nil, cred.Because(err, "dtls.unresolved", "the name "+c.endpoint.Host+" has no address",
			"check the spelling and this computer's name server; an address works as well")
	}
	return addrs, nil
}

// try makes one session with one address. Its handshake has the time of ctx, and what follows in the open session that of open.
func (c *connection) try(ctx, open context.Context, addr netip.AddrPort) *cred.Fault {
	c.report.Address = addr.String()
	socket, err := c.options.Dial(ctx, "udp", addr.String())
	if err != nil {
		return c.noRoute(addr, err)
	}
	c.seen, c.ear, c.refused, c.judged = &flight.Seen{}, &ear{}, nil, false
	w := &wire{Conn: socket, seen: c.seen, tell: &teller{say: c.options.Flight}}
	defer w.tell.stop()
	conn, err := dtls.ClientWithOptions(w, net.UDPAddrFromAddrPort(addr), c.clientOptions()...)
	if err != nil {
		_ = socket.Close()
		return cred.Because(err, "internal", "the DTLS library cannot be set up: "+err.Error(), "this is a defect of sectag: please report it")
	}
	defer func() { _ = conn.Close() }()
	c.report.CID.Offered = true
	began := time.Now()
	err = c.handshake(ctx, conn)
	c.learn()
	if err != nil {
		_ = conn.Close() // a server that serves one client at a time has to be free again for a second look
		return c.explain(ctx, addr, err)
	}
	c.report.HandshakeMS = millis(time.Since(began))
	return c.ping(open, conn, w)
}

// handshake gives up early on a server that took the cookie and says nothing: time is needed then to find out why.
func (c *connection) handshake(ctx context.Context, conn *dtls.Conn) error {
	ctx, cancel := context.WithDeadline(ctx, c.end)
	defer cancel()
	early := time.AfterFunc(time.Until(c.end)*3/5, func() {
		if v := c.seen.View(); v.Hello == nil && v.Cookies > 0 {
			cancel()
		}
	})
	defer early.Stop()
	return conn.HandshakeContext(ctx)
}

func (c *connection) clientOptions() []dtls.ClientOption {
	out := []dtls.ClientOption{
		// The library would hide the chain of a server that it does not trust, so the judging is done by verify.
		dtls.WithInsecureSkipVerify(true),
		dtls.WithVerifyPeerCertificate(c.verify),
		dtls.WithGetClientCertificate(c.present),
		dtls.WithConnectionIDGenerator(dtls.OnlySendCIDGenerator()),
		dtls.WithLoggerFactory(c.ear),
	}
	if !c.endpoint.IsIP() {
		out = append(out, dtls.WithServerName(c.endpoint.Host))
	}
	for _, o := range suite.Options(c.options.offer...) {
		out = append(out, o)
	}
	return out
}

func (c *connection) verify(raw [][]byte, _ [][]*x509.Certificate) error {
	if f := c.judgePeer(raw); f != nil {
		c.refused = f
		return f
	}
	return nil
}

// present shows the unit's certificate whatever authorities the server names: the modem does not look at that list, and a
// certificate that is withheld would be blamed on the server.
func (c *connection) present(info *dtls.CertificateRequestInfo) (*tls.Certificate, error) {
	if err := info.SupportsCertificate(&c.identity.tls); err != nil {
		c.report.finding(cred.Info, "dtls.ca-not-listed",
			fmt.Sprintf("the server names the authorities whose units it takes (%d), and %s is not among them",
				len(info.AcceptableCAs), chain.Name(c.identity.tls.Leaf.Issuer.String())),
			"the modem shows its certificate all the same; if the server refuses it, give the server this authority's root.crt")
	}
	return &c.identity.tls, nil
}

// learn puts into the report what the wire has shown, however the handshake ended.
func (c *connection) learn() {
	v, r := c.seen.View(), c.report
	if v.Hello != nil {
		if r.Suite = v.Hello.Suite.String(); v.Hello.DTLS12() {
			r.Version = "DTLS 1.2"
		}
		r.CID.Negotiated = v.Hello.ConnectionIDLength > 0
	}
	switch {
	case v.Request != nil && v.Finished:
		r.ClientAuth = "used"
	case v.Request == nil && v.Done:
		r.ClientAuth = "not-asked"
	}
	if a := v.Refusal(); a != nil {
		r.Alert = &a.Number
	}
}

// ping asks whether the session carries data. A server that is no CoAP server does not answer; then a quiet second decides.
func (c *connection) ping(ctx context.Context, conn *dtls.Conn, w *wire) *cred.Fault {
	if c.report.ClientAuth == "not-asked" {
		c.report.finding(cred.Warning, "dtls.no-client-auth", "the server did not ask for the unit's certificate: it lets anyone in",
			"have the server demand client certificates; this connection says nothing about the unit")
	}
	ctx, cancel := context.WithTimeout(ctx, quiet)
	defer cancel()
	var id [2]byte
	_, _ = rand.Read(id[:]) // never fails (crypto/rand)
	w.tell.line("-> CoAP ping")
	took, err := coap.Ping(ctx, conn, uint16(id[0])<<8|uint16(id[1]), quiet/3)
	switch {
	case err == nil:
		w.tell.line("<- CoAP ping answered")
		c.report.PingMS = millis(took)
		return nil
	case errors.Is(err, context.DeadlineExceeded) && c.ear.alert() == nil && !c.seen.View().Refused:
		w.tell.line("no alert, no answer to the ping")
		c.report.finding(cred.Info, "coap.no-ping", "the server let the unit in and did not answer a CoAP ping",
			"nothing need be wrong: a server without CoAP, or one that ignores pings, does so")
		return nil
	}
	return c.thrownOut(err)
}
