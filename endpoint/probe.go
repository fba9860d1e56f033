package endpoint

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/advice"
	"example.org/sectag/endpoint/chain"
	"example.org/sectag/endpoint/flight"
	"example.org/sectag/endpoint/traits"
	"example.org/sectag/internal/atomicfile"
)

// ProbeTimeout is the limit of the (D)TLS part of [Probe] if its options name none; climbing to issuers has its own, aia.MaxTime.
const ProbeTimeout = 5 * time.Second

// DefaultLife is the life of a product whose profile names none: an anchor that ends earlier is chain.anchor-short.
const DefaultLife = 10 * 365 * 24 * time.Hour

// ProbeOptions says by what a server is judged. The zero value believes no root but public ones, and fetches nothing.
type ProbeOptions struct {
	Timeout time.Duration // limit of the DTLS part; ProbeTimeout if zero

	Roots        string                    // a PEM file of roots: only they may be the anchor
	Anchor       []byte                    // PEM: what the profile holds already; as Roots
	AnchorSHA256 cred.Digest               // the anchor that the server's owner named, by the SHA-256 of its DER or of its minimal PEM
	AIA          bool                      // follow "CA Issuers" addresses
	AIAPrivate   bool                      // also into private ranges; without it only if the server itself has such an address
	AIATime      time.Duration             // limit of that; aia.MaxTime if zero
	AIAWait      func(limit time.Duration) // told when the first of them is asked; may be nil

	Room int              // bytes of PEM that a unit's slot holds; zero: any
	Life time.Duration    // of the product; DefaultLife if zero, negative: the anchor's end is not judged
	Now  func() time.Time // judges validity; time.Now if nil

	// Dial opens sockets, UDP to the server and TCP for CA Issuers, always to an address literal; Lookup finds the addresses
	// of a host. Nil is the real thing. Public is the list of public roots; nil is chain.Mozilla.
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)
	Lookup func(ctx context.Context, host string) ([]net.IPAddr, error)
	Public []chain.Root
}

// ProbeReport is the document of `sectag probe`. Fields that are unknown are absent; lists are always there.
type ProbeReport struct {
	Verdict    cred.Verdict `json:"verdict"`
	Chain      []chain.Cert `json:"chain"`                 // as sent
	ChainBytes int          `json:"chain_bytes,omitempty"` // sum of its DER, as sent
	Anchor     *Anchor      `json:"anchor,omitempty"`

	Anchors []advice.Candidate `json:"anchors"`          // the anchor first, then what else could be one
	Backup  *advice.Candidate  `json:"backup,omitempty"` // a second root to hold beside it
	Advice  []string           `json:"advice"`           // why this anchor; which backup, or why none

	Suites     Suites         `json:"suites"`
	Traits     traits.Traits  `json:"traits"`
	Packets    int            `json:"packets"`               // that were sent to the server, to all its addresses; over TCP what was written at once is one
	CID        *bool          `json:"cid,omitempty"`         // the server takes a connection identifier (RFC 9146): it can follow a new address
	ClientAuth string         `json:"client_auth,omitempty"` // "none": it never asks; "optional": it asks and was seen to let in a client without; "required": all else
	HostMatch  *bool          `json:"host_match,omitempty"`
	Findings   []cred.Finding `json:"findings"`
	Failure    *cred.Fault    `json:"failure,omitempty"`

	// AnchorPEM is the anchor as it goes into a slot and a file. Empty if there is none, or it must not be used.
	AnchorPEM []byte `json:"-"`
	// BackupPEM is the backup likewise.
	BackupPEM []byte `json:"-"`
	// ServerDate is the newest Date header of a CA Issuers server, ServerDateAt our clock when it came; both zero without one.
	// It is unproven: good to doubt a clock by, never to set one.
	ServerDate, ServerDateAt time.Time `json:"-"`
}

// Anchor is the certificate that units should hold to believe this server.
type Anchor struct {
	Subject  string       `json:"subject"`
	NotAfter time.Time    `json:"not_after"`
	SHA256   cred.Digest  `json:"sha256"`      // of the minimal PEM: what sha256sum of the file says, and the modem will list
	DER      cred.Digest  `json:"fingerprint"` // of the DER: what openssl x509 -fingerprint -sha256 says
	PEMBytes int          `json:"pem_bytes"`   // of the minimal PEM
	Source   chain.Source `json:"source"`
	Trust    chain.Trust  `json:"trust"` // why it is believed
}

// Suites are IANA names, of what was tried: the modem's list and LwM2M's, and more only with a server that has none of these.
type Suites struct {
	Server      []string `json:"server"`       // what the server takes
	ModemUsable []string `json:"modem_usable"` // of these, what the modem has
}

// NewProbeReport is a report of which nothing is known yet: the lists are there, the verdict is no.
func NewProbeReport() ProbeReport {
	return ProbeReport{
		Verdict: cred.Fail, Chain: []chain.Cert{}, Findings: []cred.Finding{}, Anchors: []advice.Candidate{}, Advice: []string{},
		Suites: Suites{Server: []string{}, ModemUsable: []string{}}, Traits: traits.New(),
	}
}

// NoBackup is the advice's word on the backup.
func (r ProbeReport) NoBackup() string {
	if len(r.Advice) < 2 {
		return "no chain was seen"
	}
	return r.Advice[1]
}

// Probe looks at a server as the modem would see it, without credentials: reachability, suites, what else it can do, chain,
// anchor, name. It opens one session at a time, ends each, and sends no more than hail.MaxPackets to an address. The error, if any,
// is the report's Failure: a *cred.Fault, whose cause is ctx's when ctx ended first. The report holds what is known by then.
func Probe(ctx context.Context, e cred.Endpoint, o ProbeOptions) (ProbeReport, error) {
	p := probe{endpoint: e, o: o.withDefaults(), report: NewProbeReport()}
	fault := p.run(ctx)
	if fault == nil {
		fault = p.firstError()
	}
	if fault != nil {
		p.report.Failure = fault
		return p.report, fault
	}
	p.report.Verdict = cred.Judge(p.report.Findings)
	return p.report, nil
}

func (o ProbeOptions) withDefaults() ProbeOptions {
	if o.Timeout <= 0 {
		o.Timeout = ProbeTimeout
	}
	if o.Life == 0 {
		o.Life = DefaultLife
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	if o.Lookup == nil {
		o.Lookup = net.DefaultResolver.LookupIPAddr
	}
	return o
}

// probe is one run of Probe.
type probe struct {
	endpoint cred.Endpoint
	o        ProbeOptions
	roots    []*x509.Certificate
	report   ProbeReport

	far     far
	address netip.AddrPort // where it is
	sent    int            // to addresses that were left for another
	found   []flight.Suite // in the order of finding
	first   flight.View    // the session that showed the chain, or the one that says why there is none
	psk     bool           // the server has no certificate to show
	unheard bool           // a round of suites got no answer, or only a cookie: it is not known that the server refuses them
}

func (p *probe) run(ctx context.Context) *cred.Fault {
	defer func() {
		if p.far != nil {
			p.report.Packets = p.sent + p.far.Knows().Packets
		}
	}()
	if f := p.loadRoots(); f != nil {
		return f
	}
	dtls, cancel := context.WithTimeout(ctx, p.o.Timeout)
	defer cancel()
	if f := p.meet(dtls); f != nil {
		switch {
		case errors.Is(ctx.Err(), context.Canceled): // the caller gave up, not the server
			return canceled(ctx)
		case f.Code == "dtls.silent":
			f.Text += " within " + p.o.Timeout.String()
		}
		if f.Err == nil {
			f.Err = ctx.Err()
		}
		return f
	}
	p.report.Traits.Learn(p.first, p.far.Knows().RTT)
	p.sweep(dtls)
	p.tryWithoutCertificate(dtls)
	p.tellSuites()
	p.look(dtls)
	f := p.judgeChain(ctx)
	if errors.Is(ctx.Err(), context.Canceled) { // what is missing was not looked for
		return canceled(ctx)
	}
	return f
}

func canceled(ctx context.Context) *cred.Fault {
	return cred.Because(ctx.Err(), "dtls.canceled", "the probe was cancelled", "start it again")
}

// firstError makes the failure out of the gravest finding.
func (p *probe) firstError() *cred.Fault {
	for _, f := range p.report.Findings {
		if f.Severity == cred.Error {
			return cred.Failed(f.Code, f.Text, f.Hint)
		}
	}
	return nil
}

func (p *probe) finding(severity cred.Severity, code, text, hint string) {
	p.report.Findings = append(p.report.Findings, cred.Finding{Code: code, Severity: severity, Text: text, Hint: hint})
}

// maxRoots bounds the file of roots: a whole operating system's bundle is a fifth of it.
const maxRoots = 1 << 20

// loadRoots reads the file of roots, if one was named, and the anchor that the profile holds.
func (p *probe) loadRoots() *cred.Fault {
	if p.o.Roots != "" {
		file, err := atomicfile.Read(p.o.Roots, maxRoots)
		if err != nil {
			return cred.Because(err, "config.file", "the file of roots cannot be read: "+err.Error(), "name a PEM file with --roots")
		}
		certs, err := chain.ParsePEM(file)
		if err != nil {
			return cred.Because(err, "config.anchor", "the file of roots "+p.o.Roots+" is unusable: "+err.Error(),
				"it must hold at least one certificate as PEM")
		}
		p.roots = append(p.roots, certs...)
	}
	if len(p.o.Anchor) > 0 {
		certs, err := chain.ParsePEM(p.o.Anchor)
		if err != nil {
			return cred.Because(err, "config.anchor", "the anchor is unusable: "+err.Error(), "it must be a certificate as PEM")
		}
		p.roots = append(p.roots, certs...)
	}
	return nil
}
