package negative

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"time"

	"example.org/sectag/bench/evidence"
	"example.org/sectag/ca"
	"example.org/sectag/ca/decoy"
	"example.org/sectag/cred"
	"example.org/sectag/endpoint"
	"example.org/sectag/ledger"
)

// Options says who is tried at which server, and with whose authority.
type Options struct {
	Server  cred.Endpoint
	Profile cred.Endpoint           // that the profile names: no other server is tried
	Unit    endpoint.ConnectOptions // what the unit connects with, and does in its first session; the caller clears the key
	Auth    *ca.Authority           // of the unit, open
	ID      cred.Template           // by which the unit's name tells its IMEI, for the record
	Ledger  *ledger.Store           // nil: nothing is recorded
	Tool    evidence.Tool
	Now     func() time.Time
	Tell    func(attempt string) // told each before it is made; may be nil
}

// Result is what was found.
type Result struct {
	Unit     endpoint.ConnectReport // of the unit's own handshake, before all others; its findings have those of the attempts with them
	Attempts []Attempt
	Record   string // that was written; "" without a ledger
}

// attempts in their order: those that most servers answer come first. Where the unit registers, another tries to in its name.
func (o Options) attempts() []decoy.Kind {
	out := []decoy.Kind{decoy.OtherAuthority, otherKey, decoy.Expired, decoy.DeviceSigned, decoy.DeviceCASigned}
	if o.Unit.Register {
		out = append(out, decoy.OtherUnit)
	}
	return append(out, noCertificate)
}

// proof is a Run under way.
type proof struct {
	Options
	name    string // the unit's
	imei    cred.IMEI
	run     string   // the journal's
	serials []string // that were reserved
	newest  time.Time
	grounds grounds
	began   time.Time
	broken  bool // the unit does not get in any more
	only    []decoy.Kind
}

// Run makes the unit's handshake, then those that must fail, and the unit's again behind each that was not let in. The error is the failure of the unit's own
// handshake, or what kept the attempts from being made; that a server lets somebody in is a finding. Faults: config.endpoint,
// ca.not-issued-by, those of endpoint.Connect, of ca.Authority.SignTest and of the ledger.
func Run(ctx context.Context, o Options) (Result, error) {
	p := &proof{Options: o}
	return p.all(ctx)
}

func (p *proof) all(ctx context.Context) (Result, error) {
	p.began, p.Unit.Now = p.Now(), p.Now
	r := Result{Unit: endpoint.NewConnectReport(), Attempts: p.untried()}
	if err := Named(p.Server, p.Profile); err != nil {
		return r, err
	}
	unit, err := p.unit()
	if err != nil {
		return r, err
	}
	p.name = unit.Subject.CommonName
	p.grounds = grounds{unitIsCA: unit.IsCA, noPath: p.Auth.Cert.MaxPathLenZero && p.Auth.Cert.MaxPathLen == 0}
	if err := errors.Join(p.known(ctx, unit), p.maySign()); err != nil {
		return r, err
	}
	if r.Unit, err = endpoint.Connect(ctx, p.Server, p.Unit); err != nil {
		return r, err
	}
	if err := p.begin(ctx); err != nil {
		return r, err
	}
	sights, failed := p.tries(ctx, r.Unit)
	clean := context.WithoutCancel(ctx) // what was begun is written down, whatever stops the rest
	r.Attempts = r.Attempts[:0]
	for i, kind := range p.kinds() {
		r.Attempts = append(r.Attempts, judge(kind, sights[i]))
	}
	r.Unit.Findings = append(r.Unit.Findings, findings(r.Attempts, p.grounds, p.broken)...)
	r.Unit.Verdict = cred.Judge(r.Unit.Findings)
	if failed != nil {
		r.Unit.Verdict = cred.Fail
	}
	r.Record, err = p.write(clean, r, failed)
	return r, errors.Join(failed, err)
}

// Named refuses a server that the profile does not name: what is a test of one's own is an attack on another's. Fault: config.endpoint.
func Named(server, profile cred.Endpoint) error {
	if server.Scheme != profile.Scheme && server.Scheme == "tls" {
		return cred.Failed("config.endpoint", "handshakes that must fail are made at the profile's server only, and a profile names no "+server.Scheme+":// server",
			"name the coaps:// server that the units reach")
	}
	if profile.Host == "" || server != profile {
		return cred.Failed("config.endpoint", server.String()+" is not the server that the profile names, and only that one is tried with handshakes that must fail",
			"write its address as url below [endpoint] in sectag.toml, if it is yours to try")
	}
	return nil
}

func (p *proof) kinds() []decoy.Kind {
	if p.only != nil {
		return p.only
	}
	return p.attempts()
}

func (p *proof) untried() []Attempt {
	out := []Attempt{}
	for _, k := range p.kinds() {
		out = append(out, judge(k, seen{}))
	}
	return out
}

// tries makes the attempts, one after the other. The unit itself follows each that was not let in. Of a server that never asks for a
// certificate nothing but that is told; one that does not take the unit any more is left alone.
func (p *proof) tries(ctx context.Context, unit endpoint.ConnectReport) ([]seen, error) {
	sights := make([]seen, len(p.kinds()))
	if unit.ClientAuth != "used" {
		for i, k := range p.kinds() {
			anyone := k == noCertificate && unit.ClientAuth == "not-asked"
			sights[i] = seen{tried: anyone, in: anyone, left: "the server did not ask the unit for a certificate, so nothing would be shown by it"}
		}
		return sights, nil
	}
	for i, k := range p.kinds() {
		if p.Tell != nil {
			p.Tell(string(k))
		}
		s, err := p.try(ctx, k)
		if err != nil {
			return sights, err
		}
		if !s.letIn(k) {
			s.after = p.control(ctx, k)
		}
		sights[i] = s
		if err := ctx.Err(); err != nil {
			return sights, cred.Because(err, "dtls.canceled", "the handshakes that must fail were stopped", "start them again")
		}
		if p.broken = s.after == broke; p.broken {
			for j := i + 1; j < len(sights); j++ {
				sights[j].left = "the server takes the unit no more"
			}
			return sights, nil
		}
	}
	return sights, nil
}

// control makes the unit's own handshake again, and its registration behind that of another: a server may refuse whatever is registered.
func (p *proof) control(ctx context.Context, behind decoy.Kind) control {
	var err error
	if behind == decoy.OtherUnit {
		_, err = p.register(ctx, p.Unit.Cert, p.Unit.Key)
	} else {
		_, err = p.connect(ctx, p.Unit.Cert, p.Unit.Key, false)
	}
	switch {
	case ctx.Err() != nil:
		return notMade
	case err != nil:
		return broke
	}
	return worked
}

// try makes one attempt. The error is what kept it from being made.
func (p *proof) try(ctx context.Context, kind decoy.Kind) (seen, error) {
	s := seen{tried: true}
	var report endpoint.ConnectReport
	var no error
	err := p.shown(ctx, kind, func(cert, key []byte) {
		if kind == decoy.OtherUnit {
			if report, no = p.register(ctx, cert, key); report.Register != nil {
				s.coap = report.Register.Code
			}
			return
		}
		report, no = p.connect(ctx, cert, key, true)
	})
	if err != nil {
		return seen{}, err
	}
	s.fault, s.alert, s.closed = cred.AsFault(no), report.Alert, report.Closed
	s.asked = report.ClientAuth == "used"
	s.in = no == nil && report.HandshakeMS > 0
	return s, nil
}

// connect makes one handshake and nothing behind it but the ping.
func (p *proof) connect(ctx context.Context, cert, key []byte, bare bool) (endpoint.ConnectReport, error) {
	u := p.Unit
	return endpoint.Connect(ctx, p.Server, endpoint.ConnectOptions{
		Cert: cert, Key: key, Anchor: u.Anchor, Bare: bare, Timeout: u.Timeout, Now: u.Now, Dial: u.Dial, Lookup: u.Lookup,
	})
}

// register makes a session and registers the unit's name in it.
func (p *proof) register(ctx context.Context, cert, key []byte) (endpoint.ConnectReport, error) {
	o := p.Unit
	o.Cert, o.Key, o.Rebind, o.Endpoint = cert, key, false, cmp.Or(o.Endpoint, p.name)
	return endpoint.Connect(ctx, p.Server, o)
}

// imeiIn reads the IMEI out of a unit's name, by the template that made it; 0 where it is not one of its names.
func imeiIn(name string, id cred.Template) cred.IMEI {
	if id == "" {
		id = cred.DefaultTemplate
	}
	const length = 15
	for i := 0; i+length <= len(name); i++ {
		if n, err := cred.ParseIMEI(name[i : i+length]); err == nil && id.Name(n) == name {
			return n
		}
	}
	return 0
}

// spki is the digest by which the ledger knows a key.
func spki(c *x509.Certificate) cred.Digest { return cred.Sum(c.RawSubjectPublicKeyInfo) }
