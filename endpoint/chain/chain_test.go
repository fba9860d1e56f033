package chain

import (
	"context"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/cred"
	"example.org/sectag/internal/peers"
)

func sent(cs ...*peers.Cert) (out []*x509.Certificate) {
	for _, c := range cs {
		out = append(out, c.X509)
	}
	return out
}

func codes(fs []cred.Finding) []string {
	out := []string{}
	for _, f := range fs {
		out = append(out, string(f.Severity)+" "+f.Code)
	}
	return out
}

type want struct {
	anchor   *peers.Cert
	source   Source
	trust    Trust
	complete bool
	codes    []string
}

func check(t *testing.T, in Input, w want) Judgement {
	t.Helper()
	if in.Host == "" {
		in.Host = "localhost"
	}
	if in.Now.IsZero() {
		in.Now = time.Now()
	}
	j := Judge(context.Background(), in)
	if w.codes == nil {
		w.codes = []string{}
	}
	if d := cmp.Diff(w.codes, codes(j.Findings)); d != "" {
		t.Errorf("findings: %s\n%+v", d, j.Findings)
	}
	switch {
	case w.anchor == nil && j.Anchor != nil:
		t.Errorf("anchor %s, want none", j.Anchor.X509.Subject)
	case w.anchor != nil && (j.Anchor == nil || !j.Anchor.X509.Equal(w.anchor.X509)):
		t.Errorf("anchor %+v, want %s", j.Anchor, w.anchor.X509.Subject)
	case w.anchor != nil && (j.Anchor.Source != w.source || j.Anchor.Trust != w.trust):
		t.Errorf("anchor from %s believed for %s, want %s and %s", j.Anchor.Source, j.Anchor.Trust, w.source, w.trust)
	}
	if j.Complete != w.complete {
		t.Errorf("complete %v, want %v", j.Complete, w.complete)
	}
	return j
}

func TestWhereTheAnchorComesFrom(t *testing.T) {
	root := peers.Root(t, "Root")
	inter := root.Intermediate(t, "Intermediate")
	leaf := inter.Server(t)
	other := peers.Root(t, "Other Root")
	public := func(cs ...*peers.Cert) (out []Root) {
		for _, c := range cs {
			out = append(out, Root{X509: c.X509})
		}
		return out
	}
	fetch := func(known ...*peers.Cert) func(context.Context, *x509.Certificate) []*x509.Certificate {
		return func(_ context.Context, child *x509.Certificate) (out []*x509.Certificate) {
			for _, c := range known {
				if Issues(c.X509, child) == nil {
					out = append(out, c.X509)
				}
			}
			return out
		}
	}
	der, pem := cred.Sum(root.X509.Raw), cred.Sum(cred.CertPEM(root.X509.Raw))
	for _, c := range []struct {
		name string
		in   Input
		want want
	}{
		{
			"the server sends it",
			Input{Sent: sent(leaf, inter, root)},
			want{root, FromServer, TrustFirstUse, true, []string{"warning chain.anchor-unproven", "info chain.extra"}},
		},
		{"a file has it", Input{Sent: sent(leaf, inter), Files: sent(other, root)}, want{root, FromFile, TrustFile, true, nil}},
		{"the public list has it", Input{Sent: sent(leaf, inter), Public: public(other, root)}, want{root, FromBundle, TrustBundle, true, nil}},
		{
			"the server sends a public root",
			Input{Sent: sent(leaf, inter, root), Public: public(root)},
			want{root, FromServer, TrustBundle, true, []string{"info chain.extra"}},
		},
		{
			"it was fetched",
			Input{Sent: sent(leaf, inter), Fetch: fetch(root)},
			want{root, FromAIA, TrustFirstUse, true, []string{"warning chain.anchor-unproven"}},
		},
		{"it was fetched and given", Input{Sent: sent(leaf, inter), Fetch: fetch(root), Given: der}, want{root, FromAIA, TrustGiven, true, nil}},
		{
			"given by the digest of its PEM",
			Input{Sent: sent(leaf, inter), Public: public(root), Given: pem},
			want{root, FromBundle, TrustGiven, true, nil},
		},
		{
			"another was given",
			Input{Sent: sent(leaf, inter, root), Given: cred.Sum(other.X509.Raw)},
			want{root, FromServer, TrustFirstUse, true, []string{"error chain.untrusted", "warning chain.anchor-unproven", "info chain.extra"}},
		},
		{
			"another was given than the public root that it leads to",
			Input{Sent: sent(leaf, inter), Public: public(root), Given: cred.Sum(other.X509.Raw)},
			want{codes: []string{"error chain.untrusted"}},
		},
		{
			"the intermediate is missing",
			Input{Sent: sent(leaf), Fetch: fetch(inter, root)},
			want{root, FromAIA, TrustFirstUse, false, []string{"error chain.incomplete", "warning chain.anchor-unproven"}},
		},
		{
			"missing, and the root is in a file",
			Input{Sent: sent(leaf), Fetch: fetch(inter), Files: sent(root)},
			want{root, FromFile, TrustFile, false, []string{"error chain.incomplete"}},
		},
		{"missing, and nothing can be fetched", Input{Sent: sent(leaf)}, want{codes: []string{"error chain.incomplete"}}},
		{"missing, and the file cannot help", Input{Sent: sent(leaf), Files: sent(root)}, want{codes: []string{"error chain.incomplete"}}},
		{
			"the file has another root",
			Input{Sent: sent(leaf, inter, root), Files: sent(other)},
			want{codes: []string{"error chain.untrusted", "info chain.extra"}},
		},
		{
			"the file has another root, and the server sends none",
			Input{Sent: sent(leaf, inter), Files: sent(other)},
			want{codes: []string{"error chain.untrusted"}},
		},
		{
			"the file has another root, and the intermediate is missing",
			Input{Sent: sent(leaf), Files: sent(other), Fetch: fetch(inter)},
			want{codes: []string{"error chain.incomplete"}},
		},
		{"the file has the intermediate", Input{Sent: sent(leaf, inter), Files: sent(inter)}, want{inter, FromFile, TrustFile, true, nil}},
		{"the file has the whole chain", Input{Sent: sent(leaf, inter), Files: sent(leaf, inter, root)}, want{root, FromFile, TrustFile, true, nil}},
		{
			"the file has the leaf",
			Input{Sent: sent(leaf, inter), Files: sent(leaf)},
			want{leaf, FromFile, TrustFile, true, []string{"error chain.leaf-anchor", "info chain.extra"}},
		},
	} {
		t.Run(c.name, func(t *testing.T) { check(t, c.in, c.want) })
	}
}

func TestAnImpostorOfTheSameName(t *testing.T) {
	root, impostor := peers.Root(t, "Root"), peers.Root(t, "Root")
	leaf := root.Server(t)
	check(t, Input{Sent: sent(leaf), Files: sent(impostor)}, want{codes: []string{"error chain.untrusted"}})
	check(t, Input{Sent: sent(leaf, impostor)}, want{codes: []string{"error chain.untrusted", "info chain.extra", "info chain.extra"}})
}

// A public root may be distrusted for certificates issued after a day.
func TestTheRootProgrammesOwnRule(t *testing.T) {
	root := peers.Root(t, "Root")
	in := Input{Sent: sent(root.Server(t), root), Public: []Root{{X509: root.X509, Constraint: func(chain []*x509.Certificate) error {
		if len(chain) < 2 {
			return nil
		}
		return errors.New("too young")
	}}}}
	check(t, in, want{root, FromServer, TrustFirstUse, true, []string{"warning chain.anchor-unproven", "info chain.extra"}})
}

// The server sends a cross-signed form of a root whose self-signed form is known: the known one is nearer and lives longer.
func TestCrossSign(t *testing.T) {
	old, young := peers.Root(t, "Old Root"), peers.Root(t, "Young Root")
	cross := old.Issue(t, peers.Spec{CN: "Young Root", CA: true, Key: young.Key})
	leaf := young.Server(t)
	roots := []Root{{X509: old.X509}, {X509: young.X509}}
	check(t, Input{Sent: sent(leaf, cross), Public: roots}, want{young, FromBundle, TrustBundle, true, []string{"info chain.extra"}})
	check(t, Input{Sent: sent(leaf, cross), Public: roots[:1]}, want{old, FromBundle, TrustBundle, true, nil})
	check(t, Input{Sent: sent(leaf, young, cross), Given: cred.Sum(old.X509.Raw), Public: roots[:1]},
		want{old, FromBundle, TrustGiven, true, []string{"info chain.extra"}})
}

// A certificate that was renewed with its key lies about in its old form too: the modem passes over what has ended, so does the walk.
func TestTheOldFormOfARenewedCertificateIsPassedOver(t *testing.T) {
	now := time.Now()
	root := peers.Root(t, "Root")
	inter := root.Intermediate(t, "Intermediate")
	past := peers.Spec{CA: true, Begin: now.AddDate(-2, 0, 0), End: now.AddDate(-1, 0, 0)}
	past.CN, past.Key = "Root", root.Key
	oldRoot := peers.SelfSigned(t, past)
	past.CN, past.Key = "Intermediate", inter.Key
	oldInter := root.Issue(t, past)
	leaf := inter.Server(t)
	for _, files := range [][]*x509.Certificate{sent(oldRoot, root), sent(root, oldRoot)} {
		check(t, Input{Sent: sent(leaf, inter), Files: files}, want{root, FromFile, TrustFile, true, nil})
		check(t, Input{Sent: sent(leaf, oldInter, inter), Files: files}, want{root, FromFile, TrustFile, true, []string{"info chain.extra"}})
		check(t, Input{Sent: sent(leaf, inter, oldInter), Files: files}, want{root, FromFile, TrustFile, true, []string{"info chain.extra"}})
	}
	check(t, Input{Sent: sent(leaf, inter), Files: sent(oldRoot)}, want{oldRoot, FromFile, TrustFile, true, []string{"error chain.expired"}})
}

func TestSizeNameTimes(t *testing.T) {
	root := peers.Root(t, "Root")
	now := time.Now()
	in := func(s peers.Spec) Input {
		return Input{Sent: sent(root.Issue(t, s)), Files: sent(root)}
	}
	_, ed, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	with := func(i Input, change func(*Input)) Input { change(&i); return i }
	for _, c := range []struct {
		name string
		in   Input
		want []string
	}{
		{"good", in(peers.Spec{}), nil},
		{"over 3 kB", in(peers.Spec{Pad: 2800}), []string{"warning chain.long"}},
		{"over 4 kB", in(peers.Spec{Pad: 4000}), []string{"error chain.too-long"}},
		// The message has three bytes more, and three for each certificate.
		{"exactly 4 kB", with(in(peers.Spec{}), func(i *Input) { i.Bytes = 4090 }), []string{"warning chain.long"}},
		{"one more", with(in(peers.Spec{}), func(i *Input) { i.Bytes = 4091 }), []string{"error chain.too-long"}},
		{"exactly 3 kB", with(in(peers.Spec{}), func(i *Input) { i.Bytes = 3066 }), nil},
		{"one more than 3 kB", with(in(peers.Spec{}), func(i *Input) { i.Bytes = 3067 }), []string{"warning chain.long"}},
		{"other name", in(peers.Spec{DNS: []string{"other.example"}}), []string{"error chain.name"}},
		{"name in CN", in(peers.Spec{NoSAN: true}), []string{"warning chain.name-cn"}},
		{"CN does not count beside a name", in(peers.Spec{DNS: []string{"other.example"}, CN: "localhost"}), []string{"error chain.name"}},
		{"wildcard", with(in(peers.Spec{DNS: []string{"*.example.eu"}}), func(i *Input) { i.Host = "lwm2m.example.eu" }), []string{"warning chain.wildcard"}},
		{"wildcard over two labels", with(in(peers.Spec{DNS: []string{"*.example.eu"}}), func(i *Input) { i.Host = "a.b.example.eu" }), []string{"error chain.name"}},
		{"wildcard in the common name", with(in(peers.Spec{CN: "*.example.eu", NoSAN: true}), func(i *Input) { i.Host = "a.example.eu" }), []string{"warning chain.wildcard"}},
		{"IPv6 address", with(in(peers.Spec{}), func(i *Input) { i.Host = "::1" }), nil},
		{"other IPv6 address", with(in(peers.Spec{}), func(i *Input) { i.Host = "2001:db8::7" }), []string{"error chain.name"}},
		{"an address only in the common name", with(in(peers.Spec{CN: "127.0.0.1", NoSAN: true}), func(i *Input) { i.Host = "127.0.0.1" }), []string{"warning chain.name-cn"}},
		{"address", with(in(peers.Spec{}), func(i *Input) { i.Host = "127.0.0.1" }), nil},
		{"other address", with(in(peers.Spec{}), func(i *Input) { i.Host = "127.0.0.2" }), []string{"error chain.name"}},
		{"expired", in(peers.Spec{Begin: now.AddDate(0, 0, -9), End: now.AddDate(0, 0, -1)}), []string{"error chain.expired"}},
		{"not yet", in(peers.Spec{Begin: now.AddDate(0, 0, 1)}), []string{"error chain.not-yet"}},
		{"root expired", with(in(peers.Spec{End: now.AddDate(30, 0, 0)}), func(i *Input) { i.Now = now.AddDate(21, 0, 0) }), []string{"error chain.expired"}},
		{"root too short", with(in(peers.Spec{}), func(i *Input) { i.Life = 30 * 365 * 24 * time.Hour }), []string{"warning chain.anchor-short"}},
		{"root long enough", with(in(peers.Spec{}), func(i *Input) { i.Life = 10 * 365 * 24 * time.Hour }), nil},
		{"for clients", in(peers.Spec{Client: true, CN: "localhost"}), []string{"warning chain.name-cn", "warning chain.purpose"}},
		{"for all purposes", in(peers.Spec{EKU: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}), nil},
		{"no purpose", in(peers.Spec{EKU: []x509.ExtKeyUsage{}}), nil},
		{"must not sign", in(peers.Spec{Usage: x509.KeyUsageKeyEncipherment}), []string{"warning chain.purpose"}},
		{"may sign others", in(peers.Spec{CA: true, DNS: []string{"localhost"}, NoSubCA: true, Usage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}), []string{"warning chain.name-cn", "warning chain.leaf-is-ca"}},
		{"P-384", in(peers.Spec{Curve: elliptic.P384()}), nil},
		{"P-521", in(peers.Spec{Curve: elliptic.P521()}), []string{"warning chain.key-type"}},
		{"P-224", in(peers.Spec{Curve: elliptic.P224()}), []string{"warning chain.key-type"}},
		{"RSA 2048", in(peers.Spec{RSA: 2048}), nil},
		{"RSA 1024", in(peers.Spec{RSA: 1024}), []string{"warning chain.key-type"}},
		{"Ed25519", in(peers.Spec{Key: ed}), []string{"warning chain.key-type"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			check(t, c.in, want{root, FromFile, TrustFile, true, c.want})
		})
	}
}

// What to do about a wrong name differs with what units connect by; about a wrong root, the mix-up with the units' own authority is named.
func TestHintsFitTheCase(t *testing.T) {
	root, units := peers.Root(t, "Root"), peers.Root(t, "Units")
	leaf := sent(root.Server(t))
	for _, c := range []struct {
		in         Input
		code, hint string
	}{
		{Input{Sent: leaf, Host: "other.example", Files: sent(root)}, BadName, "as dNSName"},
		{Input{Sent: leaf, Host: "192.0.2.1", Files: sent(root)}, BadName, "as iPAddress"},
		{Input{Sent: leaf, Host: "2001:db8::7", Files: sent(root)}, BadName, "as iPAddress"},
		{Input{Sent: append(leaf, root.X509), Host: "localhost", Files: sent(units)}, Untrusted, "not the one that signs units"},
	} {
		c.in.Now = time.Now()
		j := Judge(t.Context(), c.in)
		if len(j.Findings) == 0 || j.Findings[0].Code != c.code || !strings.Contains(j.Findings[0].Hint, c.hint) {
			t.Errorf("%s: %+v", c.in.Host, j.Findings)
		}
	}
}

func TestOrderAndExtra(t *testing.T) {
	root := peers.Root(t, "Root")
	one := root.Intermediate(t, "One")
	two := one.Intermediate(t, "Two")
	leaf := two.Server(t)
	files := sent(root)
	w := want{root, FromFile, TrustFile, true, nil}
	check(t, Input{Sent: sent(leaf, two, one), Files: files}, w)
	w.codes = []string{"warning chain.order"}
	check(t, Input{Sent: sent(leaf, one, two), Files: files}, w)
	w.codes = []string{"info chain.extra"}
	check(t, Input{Sent: sent(leaf, leaf, two, one), Files: files}, w)
	check(t, Input{Sent: sent(leaf, two, one, root), Files: files}, w)
	self := peers.SelfSigned(t, peers.Spec{})
	check(t, Input{Sent: sent(self)}, want{self, FromServer, TrustFirstUse, true, []string{"error chain.leaf-anchor", "warning chain.anchor-unproven"}})
	check(t, Input{Sent: sent(self), Files: sent(self)}, want{self, FromFile, TrustFile, true, []string{"error chain.leaf-anchor"}})
}

// A device certificate that signs another is no authority, and a path that is too long for its authority breaks the rule.
func TestRulesOfThePath(t *testing.T) {
	root := peers.Root(t, "Root")
	unit := root.Unit(t, "urn:imei:000000000000001")
	rogue := unit.Server(t)
	check(t, Input{Sent: sent(rogue, unit), Files: sent(root)},
		want{codes: []string{"error chain.untrusted", "info chain.extra"}})
	narrow := root.Issue(t, peers.Spec{CN: "Narrow", CA: true, NoSubCA: true})
	below := narrow.Intermediate(t, "Below")
	check(t, Input{Sent: sent(below.Server(t), below, narrow), Files: sent(root)},
		want{root, FromFile, TrustFile, true, []string{"error chain.untrusted"}})
}

// RSA keys are made up: real ones of this length take seconds.
func TestHowLongAKeyMayBe(t *testing.T) {
	for bits, good := range map[uint]bool{1024: false, 2047: false, 2048: true, 3072: true, 4096: true, 4097: false, 8192: false} {
		if why := keyWhy(&rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), bits-1), E: 65537}); (why == "") != good {
			t.Errorf("%d bits: %q", bits, why)
		}
	}
}

// A certificate that is no authority's says so in words, and what stands above the server is looked at as the server's own is.
func TestWhatStandsAbove(t *testing.T) {
	root, old := peers.Root(t, "Root"), peers.SelfSigned(t, peers.Spec{CN: "RSA Root", CA: true, RSA: 2048, End: time.Now().AddDate(20, 0, 0)})
	_, ed, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	under := func(r *peers.Cert, s peers.Spec) Input {
		s.CN, s.CA, s.End = "Above", true, time.Now().AddDate(10, 0, 0)
		above := r.Issue(t, s)
		return Input{Sent: sent(above.Server(t), above), Files: sent(r)}
	}
	for _, c := range []struct {
		name string
		root *peers.Cert
		spec peers.Spec
		want []string
	}{
		{"good", root, peers.Spec{}, nil},
		{"for servers", root, peers.Spec{EKU: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}, nil},
		{"for clients", root, peers.Spec{EKU: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, []string{"warning chain.purpose"}},
		{"P-521", root, peers.Spec{Curve: elliptic.P521()}, []string{"warning chain.key-type"}},
		{"Ed25519", root, peers.Spec{Key: ed}, []string{"warning chain.signature", "warning chain.key-type"}},
		{"under RSA", old, peers.Spec{}, nil},
		{"under RSA with the new padding", old, peers.Spec{Signature: x509.SHA256WithRSAPSS}, []string{"warning chain.signature"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			check(t, under(c.root, c.spec), want{c.root, FromFile, TrustFile, true, c.want})
		})
	}
	ended := root.Issue(t, peers.Spec{CN: "Above", CA: true, Begin: time.Now().AddDate(-2, 0, 0), End: time.Now().AddDate(-1, 0, 0)})
	check(t, Input{Sent: sent(ended.Server(t), ended), Files: sent(root)}, want{root, FromFile, TrustFile, true, []string{"error chain.expired"}})
	for name, spec := range map[string]peers.Spec{
		"CA:FALSE":       {CN: "Above"},
		"no keyCertSign": {CN: "Above", CA: true, Usage: x509.KeyUsageDigitalSignature},
	} {
		above := root.Issue(t, spec)
		j := check(t, Input{Sent: sent(above.Server(t), above), Files: sent(root)}, want{codes: []string{"error chain.untrusted", "info chain.extra"}})
		if !strings.Contains(j.Findings[0].Text, "CN=Above signed CN=localhost and is no authority") {
			t.Errorf("%s: %q", name, j.Findings[0].Text)
		}
	}
}

func TestACircleEnds(t *testing.T) {
	a, b := peers.Root(t, "A"), peers.Root(t, "B")
	ab := a.Issue(t, peers.Spec{CN: "B", CA: true, Key: b.Key})
	ba := b.Issue(t, peers.Spec{CN: "A", CA: true, Key: a.Key})
	j := Judge(context.Background(), Input{Sent: sent(b.Server(t), ab, ba), Host: "localhost", Now: time.Now()})
	if j.Anchor != nil || !slices.Contains(codes(j.Findings), "error chain.incomplete") {
		t.Errorf("%+v", j)
	}
}

func TestMatchHost(t *testing.T) {
	for _, c := range []struct {
		dns, cn, host string
		want          How
	}{
		{"a.example", "", "A.Example.", ByName},
		{"A.EXAMPLE", "", "a.example", ByName},
		{"*.example.eu", "", "a.b.example.eu", NoMatch},
		{"*.eu", "", "example.eu", NoMatch},
		{"*", "", "localhost", NoMatch},
		{"w*.example.eu", "", "www.example.eu", NoMatch},
		{"", "*.example.eu", "www.example.eu", Wildcard},
		{"", "a.example", "a.example", ByCN},
		{"", "10.0.0.1", "10.0.0.1", ByCN},
		{"", "", "a.example", NoMatch},
	} {
		x := &x509.Certificate{}
		x.Subject.CommonName = c.cn
		if c.dns != "" {
			x.DNSNames = []string{c.dns}
		}
		if got := MatchHost(x, c.host); got != c.want {
			t.Errorf("%q/%q for %q: %d, want %d", c.dns, c.cn, c.host, got, c.want)
		}
	}
}

func TestMozillaIsThere(t *testing.T) {
	roots := Mozilla()
	if len(roots) < 100 {
		t.Fatalf("%d public roots", len(roots))
	}
	for _, r := range roots {
		if !SelfSigned(r.X509) {
			t.Errorf("%s is not self-signed", r.X509.Subject)
		}
	}
}

func TestDescribe(t *testing.T) {
	root := peers.Root(t, "Ev\x1b[31mil\u202e")
	d := Describe(root.X509)
	if strings.ContainsAny(d.Subject, "\x1b\u202e") || d.Key != "EC P-256" || d.Signature != "ECDSA-SHA256" || d.PEMBytes != len(root.PEM) {
		t.Errorf("%+v", d)
	}
	if n := Name(strings.Repeat("ä", 1000)); len([]rune(n)) != 200 {
		t.Errorf("%d characters", len([]rune(n)))
	}
	rsa := root.Issue(t, peers.Spec{RSA: 2048})
	if got := Describe(rsa.X509).Key; got != "RSA 2048" {
		t.Error(got)
	}
}

func FuzzName(f *testing.F) {
	f.Add("CN=localhost")
	f.Add("\x1b]0;title\x07")
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range Name(s) {
			if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) {
				t.Errorf("%q lets %q through", s, r)
			}
		}
	})
}
