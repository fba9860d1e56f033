package endpoint

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/netip"
	"slices"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/coap"
	"example.org/sectag/endpoint/flight"
	"example.org/sectag/endpoint/session"
)

// connection is one Connect under way.
type connection struct {
	endpoint cred.Endpoint
	options  ConnectOptions
	report   *ConnectReport
	identity session.Identity
}

// run fills the report; what it returns is the reason to fail.
func (c *connection) run(parent context.Context) *cred.Fault {
	var fault *cred.Fault
	if c.identity, fault = c.options.identity(); fault != nil {
		return fault
	}
	defer c.identity.Clear()
	if fault = c.overTCPToo(); fault != nil {
		return fault
	}
	if fault = c.options.asks(c.identity.Name()); fault != nil {
		return fault
	}
	end := time.Now().Add(c.options.Timeout)
	ctx, cancel := context.WithDeadline(parent, end)
	defer cancel()
	addrs, fault := c.lookup(ctx)
	for i, addr := range addrs {
		// An address that is silent must leave time for the next.
		until := time.Now().Add(time.Until(end) / time.Duration(len(addrs)-i))
		try := c.try
		if c.stream() {
			try = c.tryTCP
		}
		if fault = try(ctx, parent, addr, until); fault == nil || !elsewhere(fault.Code) {
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

// identity reads what the unit has.
func (o ConnectOptions) identity() (session.Identity, *cred.Fault) {
	if o.Bare {
		return session.Bare(o.Cert, o.Key, o.Anchor)
	}
	if o.PSKID == "" && o.PSK == nil {
		return session.X509(o.Cert, o.Key, o.Anchor)
	}
	if o.Cert != nil || o.Key != nil || o.Anchor != nil {
		return session.Identity{}, cred.Failed("config.value", "a unit has a certificate or a pre-shared key, and both were given",
			"give certificate, key and anchor, or identity and pre-shared key")
	}
	return session.PSK(o.PSKID, o.PSK)
}

// elsewhere tells whether another address of the same name may do better.
func elsewhere(code string) bool {
	return code == "dtls.closed" || code == "dtls.silent" || code == session.NoRoute
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
func (c *connection) try(ctx, open context.Context, addr netip.AddrPort, until time.Time) *cred.Fault {
	c.report.Address = addr.String()
	s, fault := session.Open(ctx, addr, c.identity, session.Options{
		Server: c.endpoint, Until: until, Judge: c.judgePeer, Flight: c.options.Flight, Offer: c.options.offer, Dial: c.options.Dial,
	})
	defer s.Close()
	if fault == nil && s.Ready() {
		fault = c.use(open, s)
	}
	c.learn(s)
	return fault
}

// learn puts into the report what the wire has shown, however the session ended.
func (c *connection) learn(s *session.Session) {
	v, r := s.View(), c.report
	r.Findings = append(r.Findings, s.Findings()...)
	r.Alert, r.Closed = s.Alert(), v.Refused
	r.CID.Offered = r.CID.Offered || v.Sent > 0
	if v.Hello != nil {
		if r.Suite = v.Hello.Suite.String(); v.Hello.DTLS12() {
			r.Version = v.Hello.Version.String()
		}
		r.CID.Negotiated = v.Hello.ConnectionIDLength > 0
	}
	r.ClientAuth = c.clientAuth(v)
	r.Alerts = append([]session.Alert{}, s.Alerts()...)
	if t := s.Tally(); t.Datagrams.Sent > 0 {
		r.Flights, r.Datagrams, r.Retransmissions = t.Flights, &t.Datagrams, &t.Retransmissions
	}
	if s.Ready() {
		r.HandshakeMS = millis(s.Took())
	}
}

// clientAuth tells what a server made of the unit's credential; empty if it did not get so far. A pre-shared key is used or there
// is no session.
func (c *connection) clientAuth(v flight.View) string {
	switch {
	case c.identity.HasKey() && v.Finished:
		return "used"
	case c.identity.HasKey():
		return ""
	case v.Request != nil && (v.Finished || v.Shown):
		return "used"
	case v.Request == nil && v.Done:
		return "not-asked"
	}
	return ""
}

// use does in the open session what there is to do.
func (c *connection) use(ctx context.Context, s *session.Session) *cred.Fault {
	c.tellAuth(s.View())
	if fault := c.ping(ctx, s); fault != nil {
		return fault
	}
	if fault := c.lwm2m(ctx, s); fault != nil || !c.options.Rebind {
		return fault
	}
	c.rebind(ctx, s)
	return nil
}

// tellAuth tells of a server that lets anyone in.
func (c *connection) tellAuth(v flight.View) {
	if c.clientAuth(v) == "not-asked" {
		c.report.finding(cred.Warning, "dtls.no-client-auth", "the server did not ask for the unit's certificate: it lets anyone in",
			"have the server demand client certificates; this connection says nothing about the unit")
	}
}

// patience is how long an answer in the open session may take: half of what the handshake took, whose six flights are three round trips.
func patience(s *session.Session) time.Duration { return max(quiet, s.Took()/2) }

// ping asks whether the session carries data. A server that is no CoAP server does not answer; then a quiet second decides.
func (c *connection) ping(ctx context.Context, s *session.Session) *cred.Fault {
	wait := patience(s)
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	s.Tell("-> CoAP ping")
	took, err := coap.Ping(ctx, s, messageID(), wait/3)
	switch {
	case err == nil:
		s.Tell("<- CoAP ping answered")
		c.report.PingMS = millis(took)
		return nil
	case errors.Is(err, context.DeadlineExceeded) && !s.Refusing():
		s.Tell("no alert, no answer to the ping")
		c.report.finding(cred.Info, "coap.no-ping", "the server let the unit in and did not answer a CoAP ping",
			"nothing need be wrong: a server without CoAP, or one that ignores pings, does so")
		return nil
	}
	return s.Ended(err)
}

func messageID() uint16 {
	var id [2]byte
	_, _ = rand.Read(id[:]) // never fails (crypto/rand)
	return uint16(id[0])<<8 | uint16(id[1])
}
