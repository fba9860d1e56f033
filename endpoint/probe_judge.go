package endpoint

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/pion/dtls/v3"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/advice"
	"example.org/sectag/endpoint/aia"
	"example.org/sectag/endpoint/chain"
	"example.org/sectag/endpoint/flight"
	"example.org/sectag/endpoint/suite"
	"example.org/sectag/endpoint/tcp"
)

// tellSuites puts the suites and what follows from them into the report.
func (p *probe) tellSuites() {
	order := append(append(flight.Modem(), flight.LwM2M()...), flight.Wider()...)
	slices.SortFunc(p.found, func(a, b flight.Suite) int {
		return cmp.Compare(slices.Index(order, a), slices.Index(order, b))
	})
	usable, testable := false, false // for a unit with a certificate
	for _, s := range p.found {
		p.report.Suites.Server = append(p.report.Suites.Server, s.String())
		if !flight.InModem(s) {
			continue
		}
		p.report.Suites.ModemUsable = append(p.report.Suites.ModemUsable, s.String())
		usable = usable || s.PSK() == p.psk
		testable = testable || p.testable(s)
	}
	switch {
	case !usable:
		p.finding(cred.Error, "dtls.no-common-suite",
			"the server offers "+strings.Join(p.report.Suites.Server, ", ")+" and nothing for certificates that the modem has",
			"have the server offer "+flight.Suite(0xC02B).String()+" or "+flight.Suite(0xC023).String()+", which LwM2M obliges it to have")
	case p.psk:
		p.finding(cred.Warning, "dtls.no-certificate", "the server shows no certificate: it takes pre-shared keys only",
			"have the server take certificates: sectag provision gives units no pre-shared keys yet (one slot of them: sectag slots write --type psk)")
	case !testable:
		p.finding(cred.Warning, "dtls.suite-untested",
			"the server and the modem share only "+strings.Join(p.report.Suites.ModemUsable, ", ")+", which this computer cannot make",
			"sectag connect cannot test this server: have it offer "+flight.Suite(0xC02B).String())
	}
	if p.overStream() {
		return // a connection of TCP has an address of its own
	}
	cid := p.first.Hello.ConnectionID && p.first.Hello.ConnectionIDLength > 0
	if p.report.CID = &cid; !cid {
		p.finding(cred.Info, "dtls.no-cid", "the server takes no Connection ID: a session ends when a NAT forgets the unit's address",
			"units will make a new handshake then; Californium, Mbed TLS and others have Connection ID (RFC 9146)")
	}
}

// testable tells whether sectag connect can make the suite.
func (p *probe) testable(s flight.Suite) bool {
	if p.overStream() {
		return slices.Contains(tcp.Suites(), s)
	}
	return slices.Contains(suite.Client(), dtls.CipherSuiteID(s))
}

// judgeChain reads the chain, climbs, judges, and puts it all into the report.
func (p *probe) judgeChain(ctx context.Context) *cred.Fault {
	in := chain.Input{
		Host: p.endpoint.Host, Now: p.o.Now(), Life: max(0, p.o.Life),
		Files: p.roots, Given: p.o.AnchorSHA256, Public: p.o.Public,
	}
	for i, der := range p.first.Chain {
		in.Bytes += len(der)
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return cred.Because(err, "dtls.garbled", fmt.Sprintf("certificate %d of the server cannot be read: %s", i+1, chain.Name(err.Error())),
				"have the server's certificates issued anew")
		}
		in.Sent = append(in.Sent, c)
		p.report.Chain = append(p.report.Chain, chain.Describe(c))
	}
	if len(in.Sent) == 0 {
		p.sortFindings()
		return nil
	}
	p.report.ChainBytes = in.Bytes
	if in.Public == nil {
		in.Public = chain.Mozilla()
	}
	var climber *aia.Climber
	if p.o.AIA {
		climber = aia.New(aia.Options{
			Private: p.o.AIAPrivate || aia.Private(p.address.Addr()), Time: p.o.AIATime, Wait: p.o.AIAWait,
			Dial: p.o.Dial, Resolve: p.resolve, Now: p.o.Now,
		})
		in.Fetch = climber.Issuers
	}
	j, a := advice.Judge(ctx, in, p.o.Room)
	p.report.Anchors, p.report.Backup, p.report.Advice = a.Anchors, a.Backup, a.Lines
	p.report.Findings = append(p.report.Findings, j.Findings...)
	match := j.Name != chain.NoMatch
	p.report.HostMatch = &match
	p.tellAnchor(j)
	if climber != nil {
		p.tellClimb(climber)
	}
	p.sortFindings()
	return nil
}

// resolve is Lookup as the climber wants it.
func (p *probe) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	found, err := p.o.Lookup(ctx, host)
	var out []netip.Addr
	for _, ip := range found {
		if a, ok := netip.AddrFromSlice(ip.IP); ok {
			out = append(out, a.Unmap().WithZone(ip.Zone))
		}
	}
	return out, err
}

func (p *probe) tellAnchor(j chain.Judgement) {
	if j.Anchor == nil {
		return
	}
	pem := j.Anchor.PEM()
	c := j.Anchor.X509
	p.report.Anchor = &Anchor{
		Subject: chain.Name(c.Subject.String()), NotAfter: c.NotAfter.UTC(), SHA256: cred.Sum(pem), DER: cred.Sum(c.Raw), PEMBytes: len(pem),
		Source: j.Anchor.Source, Trust: j.Anchor.Trust,
	}
	for _, f := range j.Findings {
		if f.Code == chain.LeafAnchor || f.Code == chain.Untrusted {
			return
		}
	}
	p.report.AnchorPEM = pem
	if b := p.report.Backup; b != nil {
		p.report.BackupPEM = b.PEM()
	}
}

// tellClimb tells which addresses led nowhere, and hands on the servers' time.
func (p *probe) tellClimb(c *aia.Climber) {
	for _, s := range c.Skips() {
		if errors.Is(s.Err, aia.ErrPrivate) {
			p.finding(cred.Warning, "chain.aia-private", "the issuer's address "+s.URL+" was not asked: it lies in a private range",
				"a public server's certificate has no business there; if it is yours, use --aia-private")
			continue
		}
		p.finding(cred.Info, "chain.aia-failed", "the issuer's address "+s.URL+" led nowhere: "+chain.Name(s.Err.Error()),
			"the modem never asks it; give the root with --roots")
	}
	if n := c.Untried(); n > 0 {
		p.finding(cred.Info, "chain.aia-untried", fmt.Sprintf("more issuers' addresses were not tried: %d", n),
			fmt.Sprintf("%d of a certificate are, and %d in all; give the root with --roots", aia.MaxEach, aia.MaxTried))
	}
	if server, ours, ok := c.Date(); ok {
		p.report.ServerDate, p.report.ServerDateAt = server, ours
	}
}

// sortFindings puts errors first, then warnings.
func (p *probe) sortFindings() {
	rank := func(f cred.Finding) int {
		return slices.Index([]cred.Severity{cred.Error, cred.Warning, cred.Info}, f.Severity)
	}
	slices.SortStableFunc(p.report.Findings, func(a, b cred.Finding) int { return rank(a) - rank(b) })
}
