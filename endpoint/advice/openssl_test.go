package advice

import (
	"context"
	"crypto/x509"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/chain"
	"example.org/sectag/internal/peers"
)

// openssl tells whether OpenSSL verifies what a server sends when it trusts one certificate and nothing else, as a modem does.
func openssl(t *testing.T, sent []*x509.Certificate, anchor *x509.Certificate) (bool, string) {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, cs ...*x509.Certificate) string {
		var pem []byte
		for _, c := range cs {
			pem = append(pem, cred.CertPEM(c.Raw)...)
		}
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, pem, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	args := []string{"verify", "-attime", strconv.FormatInt(today.Unix(), 10), "-trusted", write("anchor.pem", anchor)}
	if len(sent) > 1 {
		args = append(args, "-untrusted", write("sent.pem", sent[1:]...))
	}
	out, err := exec.CommandContext(t.Context(), "openssl", append(args, write("leaf.pem", sent[0]))...).CombinedOutput()
	return err == nil, string(out)
}

// maze is a hierarchy drawn by lot: three roots of which some signed each other's keys, intermediates below one or two of them, and a
// server that sends some of it in some order.
type maze struct {
	roots, all []*x509.Certificate // roots are self-signed; all is everything but the server's own
	sent       []*x509.Certificate
}

func draw(t *testing.T, r *rand.Rand) maze {
	var m maze
	var tops []*peers.Cert
	span := func(s peers.Spec) peers.Spec {
		s.CA, s.Begin, s.End = true, today.AddDate(-1-r.IntN(16), 0, 0), today.AddDate(1+r.IntN(20), 0, 0)
		if r.IntN(6) == 0 {
			s.End = today.AddDate(0, -1, 0)
		}
		return s
	}
	for i := range 3 {
		c := peers.SelfSigned(t, span(peers.Spec{CN: fmt.Sprint("Root ", i)}))
		tops, m.roots, m.all = append(tops, c), append(m.roots, c.X509), append(m.all, c.X509)
	}
	under := slices.Clone(tops)
	for i, top := range tops {
		if j := r.IntN(3); j != i {
			c := tops[j].Issue(t, span(peers.Spec{CN: top.X509.Subject.CommonName, Key: top.Key, NoSubCA: r.IntN(8) == 0}))
			m.all = append(m.all, c.X509)
		}
	}
	for i := range 1 + r.IntN(2) {
		parent := under[r.IntN(len(under))]
		c := parent.Issue(t, span(peers.Spec{CN: fmt.Sprint("Middle ", i), NoSubCA: r.IntN(8) == 0}))
		m.all = append(m.all, c.X509)
		if r.IntN(2) == 0 {
			other := tops[r.IntN(3)].Issue(t, span(peers.Spec{CN: fmt.Sprint("Middle ", i), Key: c.Key}))
			m.all = append(m.all, other.X509)
		}
		under = []*peers.Cert{c}
	}
	leaf := under[0].Issue(t, peers.Spec{Begin: today.AddDate(0, -1, 0), End: today.AddDate(0, 2, 0)})
	m.sent = []*x509.Certificate{leaf.X509}
	for _, i := range r.Perm(len(m.all)) {
		if r.IntN(4) > 0 {
			m.sent = append(m.sent, m.all[i])
		}
	}
	return m
}

// TestTheAnchorVerifiesWhatTheServerSends holds the choice against OpenSSL: without an error among the findings the anchor alone
// verifies what was sent, and where any root does that, the anchor does.
func TestTheAnchorVerifiesWhatTheServerSends(t *testing.T) {
	t.Parallel()
	chosen, none, incomplete := 0, 0, 0
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(4, seed))
		m := draw(t, r)
		var list []chain.Root
		for _, c := range m.roots {
			if r.IntN(3) > 0 {
				list = append(list, chain.Root{X509: c})
			}
		}
		in := chain.Input{Sent: m.sent, Host: "localhost", Now: today, Life: 10 * years, Public: list}
		if r.IntN(2) == 0 {
			in.Fetch = func(_ context.Context, child *x509.Certificate) (out []*x509.Certificate) {
				for _, c := range m.all {
					if chain.Issues(c, child) == nil {
						out = append(out, c)
					}
				}
				return out
			}
		}
		j, a := Judge(t.Context(), in, 0)
		wrong := slices.ContainsFunc(j.Findings, func(f cred.Finding) bool { return f.Severity == cred.Error || f.Code == Fork })
		ok := false
		if j.Anchor != nil {
			var said string
			if ok, said = openssl(t, m.sent, j.Anchor.X509); !ok && !wrong {
				t.Errorf("seed %d: %s is advised without an error, and OpenSSL says %s%q", seed, j.Anchor.X509.Subject, said, a.Lines)
			}
			if ok != a.Anchors[0].Complete {
				t.Errorf("seed %d: %s is said to verify: %v; OpenSSL: %s", seed, j.Anchor.X509.Subject, a.Anchors[0].Complete, said)
			}
		}
		switch {
		case ok:
			chosen++
		case j.Anchor != nil:
			incomplete++
		default:
			none++
		}
		for _, c := range m.roots {
			known := slices.ContainsFunc(m.sent, c.Equal) || slices.ContainsFunc(list, func(r chain.Root) bool { return r.X509.Equal(c) })
			if !known || ok {
				continue
			}
			if might, _ := openssl(t, m.sent, c); might {
				t.Errorf("seed %d: %s verifies what was sent, and was not advised: %q", seed, c.Subject, a.Lines)
			}
		}
	}
	if chosen < 15 || none+incomplete < 5 {
		t.Errorf("%d chosen, %d incomplete, %d none: the lot draws too much of one kind", chosen, incomplete, none)
	}
	t.Logf("%d chosen, %d incomplete, %d none", chosen, incomplete, none)
}
