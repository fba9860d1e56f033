package endpoint

import (
	"context"
	"net/netip"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/session"
	"example.org/sectag/endpoint/tcp"
)

// stream tells whether the server is spoken to over TCP.
func (c *connection) stream() bool { return c.endpoint.Scheme == "tls" }

// overTCPToo refuses what does not exist over TCP.
func (c *connection) overTCPToo() *cred.Fault {
	switch {
	case c.stream() && c.identity.HasKey():
		return cred.Failed("config.value", "this computer cannot make a TLS handshake with a pre-shared key",
			"give a certificate, its key and an anchor, or connect to the server's DTLS address, coaps://host:port")
	case c.stream() && c.options.Rebind:
		return cred.Failed("config.value", "a connection over TCP cannot go on from another port", "leave --rebind out, or connect to coaps://host:port")
	case c.stream() && (c.options.Register || c.options.Bootstrap):
		return cred.Failed("config.value", "a registration over TCP is not built", "leave --register and --bootstrap out, or connect to coaps://host:port")
	}
	return nil
}

// tryTCP makes one connection with one address. There is no ping: what is spoken behind the handshake is not known.
func (c *connection) tryTCP(ctx, _ context.Context, addr netip.AddrPort, until time.Time) *cred.Fault {
	c.report.Address = addr.String()
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	result, fault := tcp.Connect(ctx, addr, c.identity, tcp.Options{
		Server: c.endpoint, Judge: c.judgePeer, Flight: c.options.Flight, Dial: c.options.Dial,
	})
	r, v := c.report, result.View
	r.Findings = append(r.Findings, result.Findings...)
	r.Alert, r.Closed = result.Alert, v.Refused
	r.Alerts = append([]session.Alert{}, result.Alerts...)
	if v.Hello != nil {
		r.Suite, r.Version = v.Hello.Suite.String(), v.Hello.Version.String()
	}
	r.ClientAuth = c.clientAuth(v)
	if result.Took > 0 {
		r.HandshakeMS = millis(result.Took)
		c.tellAuth(v)
	}
	return fault
}
