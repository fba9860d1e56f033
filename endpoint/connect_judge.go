package endpoint

import (
	"context"
	"crypto/x509"
	"fmt"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/chain"
)

// judgePeer judges the server's chain as a unit with these anchors would, puts chain and findings into the report, and
// returns the first error among them as the reason to refuse the server.
func (c *connection) judgePeer(raw [][]byte) *cred.Fault {
	const hint = "have the server's certificates issued anew, and ask its owner whether this is the right server"
	if len(raw) == 0 {
		return cred.Failed(chain.Untrusted, "the server shows no certificate", hint)
	}
	in := chain.Input{Host: c.endpoint.Host, Now: c.options.Now(), Files: c.identity.Anchors()}
	for i, der := range raw {
		in.Bytes += len(der)
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return cred.Because(err, chain.Untrusted, fmt.Sprintf("certificate %d of the server cannot be read: %s", i+1, chain.Name(err.Error())), hint)
		}
		in.Sent = append(in.Sent, cert)
		c.report.Peer = append(c.report.Peer, chain.Describe(cert))
	}
	j := chain.Judge(context.Background(), in) // fetches nothing: the modem cannot either
	for _, f := range j.Findings {
		if f.Code == chain.Incomplete && j.Anchor == nil {
			f.Hint = "either the server does not send its intermediates, or it is not the unit's server, whose anchor is " + names(c.identity.Anchors())
		}
		c.report.Findings = append(c.report.Findings, f)
	}
	c.judgeName(in.Sent[0])
	for _, f := range c.report.Findings {
		if f.Severity == cred.Error {
			return cred.Failed(f.Code, f.Text, f.Hint)
		}
	}
	return nil
}

// judgeName tells where LwM2M's rule for names, which takes a common name where there is no other, and that of Go and of browsers,
// which does not (RFC 6125, section 6.4.4, forbids it by now), come to different ends.
func (c *connection) judgeName(leaf *x509.Certificate) {
	how, err := chain.MatchHost(leaf, c.endpoint.Host), leaf.VerifyHostname(c.endpoint.Host)
	switch {
	case how != chain.NoMatch && err != nil:
		c.report.finding(cred.Info, "chain.name-go", "by LwM2M's rule the certificate is for "+c.endpoint.Host+", by Go's (and browsers') it is not: "+chain.Name(err.Error()),
			"units that follow LwM2M get in, others do not: have it issued with a dNSName, which both take")
	case how == chain.NoMatch && err == nil:
		c.report.finding(cred.Info, "chain.name-go", "by Go's rule the certificate is for "+c.endpoint.Host+", by LwM2M's it is not",
			"have it issued with a dNSName that is equal")
	}
}

func names(cs []*x509.Certificate) string {
	var out []string
	for _, c := range cs {
		out = append(out, chain.Name(c.Subject.String()))
	}
	return strings.Join(out, " or ")
}
