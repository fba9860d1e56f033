package endpoint

import (
	"context"
	"crypto/elliptic"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/internal/peers"
)

// besides is a warning on what a server has beside what a case is about: libcoap with GnuTLS speaks DTLS 1.0 and has no switch for it.
const besides = "dtls.old-version"

// outcome is a verdict and its code in one: "fail" and the failure's code, else the verdict and the warnings' codes.
func outcome(v cred.Verdict, f *cred.Fault, findings []cred.Finding) string {
	if f != nil {
		return string(v) + " " + f.Code
	}
	findings = slices.DeleteFunc(slices.Clone(findings), func(f cred.Finding) bool { return f.Code == besides })
	out := []string{string(v)}
	if v == cred.Warn {
		out[0] = string(cred.Judge(findings))
	}
	for _, f := range findings {
		if f.Severity != cred.Info && !slices.Contains(out, f.Code) {
			out = append(out, f.Code)
		}
	}
	slices.Sort(out[1:])
	return strings.Join(out, " ")
}

// cell is what one server is, and what probe and connect must say of it.
type cell struct {
	cert   *peers.Cert
	chain  []*peers.Cert // what the server is given to send
	anyone bool          // it asks for no certificate
	ccm8   bool          // it takes CCM_8 and nothing else
	ask    func(*ConnectOptions, *ProbeOptions)
}

// makers start a server of each make for a cell, with the authority of the units that it lets in.
var makers = map[string]func(t *testing.T, c cell, units *peers.Cert) *peers.Server{
	"OpenSSL": func(t *testing.T, c cell, units *peers.Cert) *peers.Server {
		args := []string{"-cert", c.cert.CertFile, "-key", c.cert.KeyFile, "-CAfile", units.CertFile}
		if len(c.chain) > 1 {
			args = append(args, "-cert_chain", inOneFile(t, c.chain[1:]...))
		}
		if !c.anyone {
			args = append(args, "-Verify", "2", "-verify_return_error")
		}
		if c.ccm8 {
			args = append(args, "-cipher", "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0")
		}
		return peers.OpenSSL(t, args...)
	},
	"GnuTLS": func(t *testing.T, c cell, units *peers.Cert) *peers.Server {
		args := []string{"--x509certfile", inOneFile(t, c.chain...), "--x509keyfile", c.cert.KeyFile, "--x509cafile", units.CertFile}
		if c.anyone {
			args = append(args, "--disable-client-cert")
		} else {
			args = append(args, "--require-client-cert", "--verify-client-cert")
		}
		priority := "NORMAL:-VERS-ALL:+VERS-DTLS1.2" // what it takes by itself has an old version in it
		if c.ccm8 {
			priority += ":-CIPHER-ALL:+AES-128-CCM-8"
		}
		return peers.GnuTLS(t, append(args, "--priority", priority)...)
	},
	"libcoap/OpenSSL": func(t *testing.T, c cell, units *peers.Cert) *peers.Server { return coapCell(t, "openssl", c, units) },
	"libcoap/GnuTLS":  func(t *testing.T, c cell, units *peers.Cert) *peers.Server { return coapCell(t, "gnutls", c, units) },
}

func coapCell(t *testing.T, flavour string, c cell, units *peers.Cert) *peers.Server {
	args := []string{"-c", inOneFile(t, c.chain...), "-j", c.cert.KeyFile}
	if c.anyone {
		args = append(args, "-n")
	} else {
		args = append(args, "-C", units.CertFile)
	}
	return peers.Coap(t, flavour, args...)
}

// inOneFile writes certificates as one PEM file.
func inOneFile(t *testing.T, certs ...*peers.Cert) string {
	t.Helper()
	var all []byte
	for _, c := range certs {
		all = append(all, c.PEM...)
	}
	path := filepath.Join(t.TempDir(), "chain.pem")
	if err := os.WriteFile(path, all, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// row is a case of the matrix: one cell for each make of server, all of which are to come out alike, but for those named.
type row struct {
	name           string
	cell           cell
	probe, connect string
	but            map[string][2]string // by make: what probe and connect say instead; empty for a cell that this make cannot be
}

func matrix(t *testing.T, b bench) []row {
	now := time.Now()
	middle := b.servers.Intermediate(t, "Servers' Intermediate")
	alone := func(c *peers.Cert) cell { return cell{cert: c, chain: []*peers.Cert{c}} }
	direct := func(s peers.Spec) cell { return alone(b.servers.Issue(t, s)) }
	good, long := middle.Server(t), middle.Issue(t, peers.Spec{Pad: 4000})
	with := func(c cell, f func(*cell)) cell { f(&c); return c }
	whole := cell{cert: good, chain: []*peers.Cert{good, middle}}
	stranger := b.others.Unit(t, unitName)
	distrust := func(c *ConnectOptions, p *ProbeOptions) { c.Anchor, p.Anchor = b.others.PEM, b.others.PEM }
	leafOnly := map[string][2]string{"libcoap/OpenSSL": {"fail chain.incomplete", "fail chain.incomplete"}} // facts: it sends the leaf alone
	const openDoor = "warn dtls.no-client-auth"
	return []row{
		{name: "good", cell: direct(peers.Spec{}), probe: "pass", connect: "pass"},
		{name: "good, with an intermediate", cell: whole, probe: "pass", connect: "pass", but: leafOnly},
		{
			name: "expired", cell: direct(peers.Spec{Begin: now.Add(-48 * time.Hour), End: now.Add(-time.Hour)}),
			probe: "fail chain.expired", connect: "fail chain.expired",
		},
		{name: "not yet valid", cell: direct(peers.Spec{Begin: now.Add(time.Hour)}), probe: "fail chain.not-yet", connect: "fail chain.not-yet"},
		{
			name: "wrong name", cell: direct(peers.Spec{CN: "other.example", DNS: []string{"other.example"}}),
			probe: "fail chain.name", connect: "fail chain.name",
		},
		{name: "self-signed", cell: alone(peers.SelfSigned(t, peers.Spec{})), probe: "fail chain.untrusted", connect: "fail chain.untrusted"},
		{
			name: "self-signed, nothing else to believe",
			cell: with(alone(peers.SelfSigned(t, peers.Spec{})), func(c *cell) {
				c.ask = func(_ *ConnectOptions, o *ProbeOptions) { o.Anchor = nil }
			}), probe: "fail chain.leaf-anchor", connect: "fail chain.untrusted",
		},
		{name: "missing intermediate", cell: alone(good), probe: "fail chain.incomplete", connect: "fail chain.incomplete"},
		{
			name: "root included", cell: cell{cert: good, chain: []*peers.Cert{good, middle, b.servers}},
			probe: "pass", connect: "pass", but: leafOnly,
		},
		{name: "RSA-2048", cell: direct(peers.Spec{RSA: 2048}), probe: "pass", connect: "pass"},
		{name: "RSA-4096", cell: direct(peers.Spec{RSA: 4096}), probe: "pass", connect: "pass"},
		{name: "P-384", cell: direct(peers.Spec{Curve: elliptic.P384()}), probe: "pass", connect: "pass"},
		{
			name: "over 4 kB", cell: cell{cert: long, chain: []*peers.Cert{long, middle}},
			probe: "fail chain.too-long", connect: "fail chain.too-long",
		},
		{name: "no client authentication", cell: with(whole, func(c *cell) { c.anyone = true }), probe: openDoor, connect: openDoor, but: leafOnly},
		{
			name: "only CCM_8", cell: with(whole, func(c *cell) { c.ccm8 = true }),
			probe: "fail dtls.no-common-suite", connect: "fail dtls.no-common-suite",
			but: map[string][2]string{"libcoap/OpenSSL": {}, "libcoap/GnuTLS": {}}, // libcoap has no switch for suites
		},
		{
			name: "wrong CA: the unit does not know the server's", cell: with(whole, func(c *cell) { c.ask = distrust }),
			probe: "fail chain.untrusted", connect: "fail chain.untrusted", but: leafOnly,
		},
		{ // with the leaf alone, an intermediate that is missing cannot be told from a root that is unknown: the hint names both
			name: "wrong CA, and a chain of one", cell: with(direct(peers.Spec{}), func(c *cell) { c.ask = distrust }),
			probe: "fail chain.incomplete", connect: "fail chain.incomplete",
		},
		{
			name: "wrong CA: the server does not know the unit's", cell: with(direct(peers.Spec{}), func(c *cell) {
				c.ask = func(c *ConnectOptions, _ *ProbeOptions) { c.Cert, c.Key = stranger.PEM, stranger.KeyPEM }
			}), probe: "pass", connect: "fail dtls.48", but: map[string][2]string{"GnuTLS": {"pass", "fail dtls.49"}},
		},
	}
}

// Every make of server in every state, looked at and connected to, one after the other.
func TestTheMatrixOfServersWithCertificates(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	unit := b.units.Unit(t, unitName)
	for _, r := range matrix(t, b) {
		for name, start := range makers {
			want := [2]string{r.probe, r.connect}
			if other, ok := r.but[name]; ok {
				want = other
			}
			if want[0] == "" {
				continue
			}
			t.Run(r.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				c := ConnectOptions{Cert: unit.PEM, Key: unit.KeyPEM, Anchor: b.servers.PEM, Timeout: 6 * time.Second}
				p := ProbeOptions{Anchor: b.servers.PEM, Timeout: 6 * time.Second}
				if r.cell.ask != nil {
					r.cell.ask(&c, &p)
				}
				look(t, start(t, r.cell, b.units), c, p, want)
			})
		}
	}
}

// look probes a server and connects to it, and compares.
func look(t *testing.T, s *peers.Server, c ConnectOptions, p ProbeOptions, want [2]string) {
	t.Helper()
	e := cred.Endpoint{Scheme: "coaps", Host: "127.0.0.1", Port: uint16(s.Port)}
	began := time.Now()
	seen, _ := Probe(context.Background(), e, p)
	probed := time.Now()
	got, _ := Connect(context.Background(), e, c)
	connected := time.Now()
	first, second := outcome(seen.Verdict, seen.Failure, seen.Findings), outcome(got.Verdict, got.Failure, got.Findings)
	if first != want[0] || second != want[1] {
		out := s.Output()
		t.Errorf("probe %q, not %q; connect %q, not %q\n%+v\n%+v\n%v\n%v\nserver:\n%s", first, want[0], second, want[1],
			seen.Findings, got.Findings, seen.Failure, got.Failure, out[:min(len(out), 3000)])
	}
	if d := probed.Sub(began); d > p.Timeout+2*time.Second {
		t.Errorf("the probe took %s", d)
	}
	if d := connected.Sub(probed); d > c.Timeout+2*time.Second {
		t.Errorf("the connection took %s", d)
	}
	t.Logf("%s in %s, %s in %s", first, probed.Sub(began), second, connected.Sub(probed))
}
