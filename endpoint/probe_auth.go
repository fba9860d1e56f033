package endpoint

import (
	"context"

	"example.org/sectag/cred"
)

// The values of ProbeReport.ClientAuth.
const (
	authNone     = "none"
	authOptional = "optional"
	authRequired = "required"
)

// tryWithoutCertificate finds out whether a server that asks for a certificate insists on one. The question alone does not
// say: so one handshake is made to its end with an empty answer. Only a handshake that succeeds is proof, of "optional"; all
// else, such as a suite that this computer cannot make, is told as "required".
func (p *probe) tryWithoutCertificate(ctx context.Context) {
	switch {
	case p.psk:
		return
	case p.first.Request == nil:
		p.report.ClientAuth = authNone
	case p.far.letIn(ctx, p.found):
		p.report.ClientAuth = authOptional
	default:
		p.report.ClientAuth = authRequired
		return
	}
	text := "the server never asks for a client certificate: it lets anyone in, and a connection will say nothing about a unit"
	if p.report.ClientAuth == authOptional {
		text = "the server asks for a client certificate and lets in a client that has none"
	}
	p.finding(cred.Warning, "dtls.no-client-auth", text, "have the server demand and verify client certificates")
}
