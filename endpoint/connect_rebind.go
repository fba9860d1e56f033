package endpoint

import (
	"context"
	"errors"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/coap"
	"example.org/sectag/endpoint/session"
)

// What became of a session whose unit got another port.
const (
	survived = "survived"
	lost     = "lost"
	notTried = "not-tried"
)

// rebind goes on from another port and looks for an answer there. A Connection ID that was agreed on is no proof: of two servers
// that were measured one lost the session all the same.
func (c *connection) rebind(ctx context.Context, s *session.Session) {
	s.Tell("-> CoAP ping from another port")
	if err := s.Rebind(ctx); err != nil {
		c.report.finding(cred.Info, "dtls.rebind-unproven", "no other port could be had, so that a change of address was not tried: "+err.Error(),
			"check this computer's network")
		return
	}
	wait := patience(s)
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	any := &answered{Session: s}
	_, err := coap.Ping(ctx, any, messageID(), wait/3)
	silent := errors.Is(err, context.DeadlineExceeded) && !s.Refusing()
	switch {
	case err == nil || any.got:
		s.Tell("<- answered there")
		c.report.Rebind = survived
	case silent && c.report.PingMS == 0:
		s.Tell("no answer, as before")
		c.report.finding(cred.Info, "dtls.rebind-unproven", "the server answers no ping, so that nobody can tell whether the session survived another port",
			"a server that answers CoAP pings can be told")
	default:
		s.Tell("the session is lost")
		c.report.Rebind = lost
		c.lost(s)
	}
}

// lost says what a lost session means.
func (c *connection) lost(s *session.Session) {
	if h := s.View().Hello; h != nil && h.ConnectionIDLength > 0 {
		c.report.finding(cred.Warning, "dtls.rebind-lost", "the server agreed on a Connection ID and lost the session when the unit's port changed",
			"its socket may be tied to the first address, or a balancer in front of it does not know Connection IDs: a unit will have to make a new handshake")
		return
	}
	c.report.finding(cred.Info, "dtls.no-cid", "the session ended when the unit's port changed: the server has no Connection ID (RFC 9146)",
		"a unit behind a NAT will have to make a new handshake; have the server support Connection IDs")
}

// answered notes that anything at all came back: an answer that is no CoAP is an answer.
type answered struct {
	*session.Session
	got bool
}

// Read reads a datagram of application data.
func (a *answered) Read(b []byte) (int, error) {
	n, err := a.Session.Read(b)
	a.got = a.got || err == nil && a.Heard()
	return n, err
}
