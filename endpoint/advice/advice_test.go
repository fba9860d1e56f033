package advice

import (
	"context"
	"crypto/elliptic"
	"crypto/x509"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/chain"
	"example.org/sectag/internal/peers"
)

func on(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

func certs(cs ...*peers.Cert) (out []*x509.Certificate) {
	for _, c := range cs {
		out = append(out, c.X509)
	}
	return out
}

func public(cs ...*peers.Cert) (out []chain.Root) {
	for _, c := range cs {
		out = append(out, chain.Root{X509: c.X509})
	}
	return out
}

func judge(t *testing.T, in chain.Input, room int) (chain.Judgement, Advice) {
	t.Helper()
	in.Host, in.Life = "localhost", 10*years
	if in.Now.IsZero() {
		in.Now = today
	}
	j, a := Judge(context.Background(), in, room)
	if len(a.Lines) != 2 {
		t.Errorf("the advice is not two lines: %q", a.Lines)
	}
	if j.Anchor != nil && (len(a.Anchors) == 0 || a.Anchors[0].SHA256 != cred.Sum(j.Anchor.PEM()) || a.Anchors[0].Trust != j.Anchor.Trust) {
		t.Errorf("the anchor is %s, the first candidate %+v", j.Anchor.X509.Subject, a.Anchors)
	}
	for _, c := range a.Anchors {
		if len(c.Reasons) == 0 {
			t.Errorf("nothing is said of %s", c.Subject)
		}
	}
	return j, a
}

// told is the candidates in their order, with what matters of each.
func told(a Advice) (out []string) {
	for _, c := range a.Anchors {
		words := []string{c.cert.Subject.CommonName, string(c.Source), string(c.Trust)}
		if c.Refused != "" {
			words = append(words, c.Refused)
		} else if !c.Complete {
			words = append(words, "incomplete")
		}
		out = append(out, strings.Join(words, " "))
	}
	return out
}

func backup(a Advice) string {
	if a.Backup == nil {
		return ""
	}
	return a.Backup.cert.Subject.CommonName + " " + string(a.Backup.Trust)
}

// world is the hierarchy of Let's Encrypt as it was in 2026, with keys of our own: X1 was cross-signed by DST's root, X2 by X1, YE by X2.
type world struct{ dst, x1, x2, ye, yr, x1ByDST, x2ByX1, yeByX2, yrByX1, e7, r13, ye1, yr1 *peers.Cert }

func letsEncrypt(t *testing.T, aia func(of *peers.Cert) string) world {
	isrg := func(cn string, begin, end time.Time) peers.Spec {
		return peers.Spec{CN: cn, Org: "Internet Security Research Group", CA: true, Begin: begin, End: end}
	}
	big := func(s peers.Spec) peers.Spec { s.RSA = 2048; return s }
	curve := func(s peers.Spec) peers.Spec { s.Curve = elliptic.P384(); return s }
	like := func(c *peers.Cert, begin, end time.Time) peers.Spec {
		s := isrg(c.X509.Subject.CommonName, begin, end)
		s.Key = c.Key
		return s
	}
	var w world
	w.dst = peers.SelfSigned(t, peers.Spec{CN: "DST Root CA X3", Org: "Digital Signature Trust Co.", CA: true, Begin: on(2000, 9, 30), End: on(2021, 9, 30)})
	w.x1 = peers.SelfSigned(t, big(isrg("ISRG Root X1", on(2015, 6, 4), on(2035, 6, 4))))
	w.x2 = peers.SelfSigned(t, curve(isrg("ISRG Root X2", on(2020, 9, 4), on(2040, 9, 17))))
	w.ye = peers.SelfSigned(t, curve(isrg("ISRG Root YE", on(2025, 9, 3), on(2045, 9, 2))))
	w.yr = peers.SelfSigned(t, big(isrg("ISRG Root YR", on(2025, 9, 3), on(2045, 9, 2))))
	w.x1ByDST = w.dst.Issue(t, like(w.x1, on(2021, 1, 20), on(2024, 9, 30)))
	w.x2ByX1 = w.x1.Issue(t, like(w.x2, on(2020, 9, 4), on(2035, 6, 3)))
	w.yeByX2 = w.x2.Issue(t, like(w.ye, on(2025, 9, 3), on(2032, 9, 2)))
	w.yrByX1 = w.x1.Issue(t, like(w.yr, on(2025, 9, 3), on(2032, 9, 2)))
	middle := func(under *peers.Cert, cn string) *peers.Cert {
		s := peers.Spec{CN: cn, Org: "Let's Encrypt", CA: true, Begin: on(2025, 9, 3), End: on(2028, 9, 2)}
		if aia != nil {
			s.AIA = []string{aia(under)}
		}
		return under.Issue(t, s)
	}
	w.e7, w.r13, w.ye1, w.yr1 = middle(w.x2, "E7"), middle(w.x1, "R13"), middle(w.ye, "YE1"), middle(w.yr, "YR1")
	return w
}

func (w world) leaf(t *testing.T, under *peers.Cert) *peers.Cert {
	return under.Issue(t, peers.Spec{Begin: on(2026, 11, 1), End: on(2027, 1, 30)})
}

// known gives what "CA Issuers" would: all that signed a child.
func known(cs ...*peers.Cert) func(context.Context, *x509.Certificate) []*x509.Certificate {
	return func(_ context.Context, child *x509.Certificate) (out []*x509.Certificate) {
		for _, c := range cs {
			if chain.Issues(c.X509, child) == nil {
				out = append(out, c.X509)
			}
		}
		return out
	}
}

func TestLetsEncrypt(t *testing.T) {
	t.Parallel()
	w := letsEncrypt(t, nil)
	e7, r13, ye1, yr1 := w.leaf(t, w.e7), w.leaf(t, w.r13), w.leaf(t, w.ye1), w.leaf(t, w.yr1)
	list := public(w.x1, w.x2)
	for _, c := range []struct {
		name   string
		in     chain.Input
		want   []string
		backup string
		codes  []string
	}{
		{
			"X2 is held by itself, though the server sends its cross-sign by X1",
			chain.Input{Sent: certs(e7, w.e7, w.x2ByX1), Public: list},
			[]string{
				"ISRG Root X2 bundle bundle", "ISRG Root X1 bundle bundle", "ISRG Root X2 server cross-sign chain.not-a-root",
				"E7 server cross-sign chain.not-a-root",
			},
			"ISRG Root X1 bundle",
			[]string{"info chain.extra", "warning chain.anchor-dropped"},
		},
		{
			"the server sends X2's cross-sign and X2",
			chain.Input{Sent: certs(e7, w.e7, w.x2ByX1, w.x2), Public: list},
			nil, "ISRG Root X1 bundle",
			[]string{"info chain.extra", "info chain.extra", "warning chain.anchor-dropped"},
		},
		{
			"under X1 the other public root of the operator is the backup",
			chain.Input{Sent: certs(r13, w.r13), Public: list},
			[]string{"ISRG Root X1 bundle bundle", "R13 server cross-sign chain.not-a-root"},
			"ISRG Root X2 bundle",
			[]string{"warning chain.anchor-short"},
		},
		{
			"an old cross-sign by a root that has ended leads nobody there",
			chain.Input{Sent: certs(r13, w.r13, w.x1ByDST), Public: list, Fetch: known(w.dst)},
			nil, "ISRG Root X2 bundle",
			[]string{"info chain.extra", "warning chain.anchor-short"},
		},
		{
			"YE is not on the list: X2 is held, and YE beside it, whose key X2 signed",
			chain.Input{Sent: certs(ye1, w.ye1, w.yeByX2), Public: list, Fetch: known(w.ye)},
			[]string{
				"ISRG Root X2 bundle bundle", "ISRG Root YE aia cross-sign", "ISRG Root YE server cross-sign chain.not-a-root",
				"YE1 server cross-sign chain.not-a-root",
			},
			"ISRG Root YE cross-sign",
			[]string{"warning chain.anchor-dropped"},
		},
		{
			"YE cannot be had: X1 is beside X2",
			chain.Input{Sent: certs(ye1, w.ye1, w.yeByX2), Public: list},
			nil, "ISRG Root X1 bundle",
			[]string{"warning chain.anchor-dropped"},
		},
		{
			"YR by X1, and the way to X2 is not sent",
			chain.Input{Sent: certs(yr1, w.yr1, w.yrByX1), Public: list, Fetch: known(w.yr)},
			nil, "ISRG Root YR cross-sign",
			[]string{"warning chain.anchor-short"},
		},
		{
			"the intermediate is missing",
			chain.Input{Sent: certs(e7), Public: list, Fetch: known(w.e7)},
			[]string{"ISRG Root X2 bundle bundle incomplete", "E7 aia cross-sign chain.not-a-root"},
			"ISRG Root X1 bundle",
			[]string{"error chain.incomplete", "warning chain.anchor-dropped"},
		},
		{
			"a digest names X1",
			chain.Input{Sent: certs(e7, w.e7, w.x2ByX1), Public: list, Given: cred.Sum(w.x1.X509.Raw)},
			nil, "ISRG Root X2 bundle",
			[]string{"warning chain.anchor-short"},
		},
		{
			"files name X1 and X2",
			chain.Input{Sent: certs(e7, w.e7, w.x2ByX1), Public: list, Files: certs(w.x1, w.x2)},
			[]string{
				"ISRG Root X2 file file", "ISRG Root X1 file file", "ISRG Root X2 file cross-sign chain.not-a-root",
				"E7 file cross-sign chain.not-a-root",
			},
			"ISRG Root X1 file",
			[]string{"info chain.extra", "warning chain.anchor-dropped"},
		},
		{
			"a file names X1 only",
			chain.Input{Sent: certs(e7, w.e7, w.x2ByX1, w.x2), Public: list, Files: certs(w.x1)},
			nil, "",
			[]string{"info chain.extra", "info chain.extra", "warning chain.anchor-short"},
		},
		{
			"a file names the intermediate",
			chain.Input{Sent: certs(e7, w.e7), Public: list, Files: certs(w.e7)},
			nil, "",
			[]string{"warning chain.anchor-short", "warning chain.not-a-root"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			j, a := judge(t, c.in, 0)
			if d := cmp.Diff(c.want, told(a)); c.want != nil && d != "" {
				t.Error(d)
			}
			if got := backup(a); got != c.backup {
				t.Errorf("the backup is %q, want %q\n%s", got, c.backup, strings.Join(a.Lines, "\n"))
			}
			var codes []string
			for _, f := range j.Findings {
				codes = append(codes, string(f.Severity)+" "+f.Code)
			}
			slices.Sort(codes)
			if d := cmp.Diff(c.codes, codes); d != "" {
				t.Errorf("%s%+v", d, j.Findings)
			}
			t.Logf("%s", strings.Join(a.Lines, "\n"))
		})
	}
}

// TestAmazon: the chain goes on to Starfield, which is the older one; beside Amazon Root CA 1 the small EC root of the same operator.
func TestAmazon(t *testing.T) {
	t.Parallel()
	amazon := func(cn string, bits int, curve elliptic.Curve, end time.Time) *peers.Cert {
		return peers.SelfSigned(t, peers.Spec{CN: cn, Org: "Amazon", CA: true, RSA: bits, Curve: curve, Begin: on(2015, 5, 26), End: end})
	}
	starfield := peers.SelfSigned(t, peers.Spec{
		CN: "Starfield Services Root", Org: "Starfield", CA: true, RSA: 2048, Begin: on(2009, 9, 1), End: on(2037, 12, 31),
	})
	one := amazon("Amazon Root CA 1", 2048, nil, on(2038, 1, 17))
	two := amazon("Amazon Root CA 2", 2048, nil, on(2040, 5, 26))
	three := amazon("Amazon Root CA 3", 0, elliptic.P256(), on(2040, 5, 26))
	four := amazon("Amazon Root CA 4", 0, elliptic.P384(), on(2040, 5, 26))
	cross := starfield.Issue(t, peers.Spec{CN: "Amazon Root CA 1", Org: "Amazon", CA: true, Key: one.Key, Begin: on(2015, 5, 25), End: on(2037, 12, 31)})
	m01 := one.Issue(t, peers.Spec{CN: "Amazon RSA 2048 M01", Org: "Amazon", CA: true, Begin: on(2022, 8, 23), End: on(2030, 8, 23)})
	leaf := m01.Issue(t, peers.Spec{Begin: on(2026, 11, 1), End: on(2027, 11, 1)})
	list := public(starfield, two, one, four, three)
	_, a := judge(t, chain.Input{Sent: certs(leaf, m01, cross), Public: list}, 0)
	if d := cmp.Diff([]string{
		"Amazon Root CA 1 bundle bundle", "Starfield Services Root bundle bundle", "Amazon RSA 2048 M01 server cross-sign chain.not-a-root",
		"Amazon Root CA 1 server cross-sign chain.not-a-root",
	}, told(a)); d != "" {
		t.Error(d)
	}
	if got := backup(a); got != "Amazon Root CA 3 bundle" {
		t.Error(got)
	}
	// The cross-sign is a day older than the root, and so is the key.
	if got := date(a.Anchors[0].PolicyEnd); got != "2030-05-25" {
		t.Errorf("Amazon Root CA 1 is dropped on %s", got)
	}
	if got := date(a.Anchors[1].PolicyEnd); got != "2027-04-15" {
		t.Errorf("Starfield's is dropped on %s", got)
	}
	// The slot has room for the anchor, and not for both.
	_, a = judge(t, chain.Input{Sent: certs(leaf, m01, cross), Public: list}, a.Anchors[0].PEMBytes+len(three.PEM)-1)
	if a.Backup != nil || !strings.Contains(a.Lines[1], "no room") {
		t.Errorf("%q", a.Lines)
	}
}

// TestAPrivateAuthority has nothing to compare with: its root is the anchor, and nothing is made up beside it.
func TestAPrivateAuthority(t *testing.T) {
	t.Parallel()
	root := peers.SelfSigned(t, peers.Spec{CN: "Root", Org: "Amazon", CA: true, Begin: on(2026, 1, 1), End: on(2056, 1, 1)})
	namesake := peers.SelfSigned(t, peers.Spec{CN: "Amazon Root CA 1", Org: "Amazon", CA: true, Begin: on(2015, 1, 1), End: on(2040, 1, 1)})
	leaf := root.Issue(t, peers.Spec{Begin: on(2026, 11, 1), End: on(2027, 11, 1)})
	j, a := judge(t, chain.Input{Sent: certs(leaf, root), Public: public(namesake)}, 0)
	if j.Anchor.Trust != chain.TrustFirstUse || a.Backup != nil || !strings.Contains(a.Lines[1], "ask the server's owner") {
		t.Errorf("%s, %q", j.Anchor.Trust, a.Lines)
	}
	if !a.Anchors[0].PolicyEnd.IsZero() {
		t.Error("a programme is told of a root that is in none")
	}
	// That the roots given are others is another thing than that none was found.
	if _, a = judge(t, chain.Input{Sent: certs(leaf, root), Files: certs(namesake)}, 0); !strings.Contains(a.Lines[0], "none of the roots given") {
		t.Errorf("%q", a.Lines)
	}
	// A server that is its own authority gets no anchor.
	self := peers.SelfSigned(t, peers.Spec{Begin: on(2026, 11, 1), End: on(2036, 11, 1)})
	_, a = judge(t, chain.Input{Sent: certs(self)}, 0)
	if len(a.Anchors) != 1 || a.Anchors[0].Refused != chain.LeafAnchor || a.Backup != nil || !strings.Contains(a.Lines[0], "no root can be advised") {
		t.Errorf("%+v", a)
	}
	// A root that has ended is none either, and a renewed form of it with the same key is.
	old := peers.SelfSigned(t, peers.Spec{CN: "Root", Org: "Amazon", CA: true, Key: root.Key, Begin: on(2016, 1, 1), End: on(2026, 1, 1)})
	_, a = judge(t, chain.Input{Sent: certs(leaf, old)}, 0)
	if a.Anchors[0].Refused != chain.Expired {
		t.Errorf("%+v", told(a))
	}
	j, a = judge(t, chain.Input{Sent: certs(leaf, old, root)}, 0)
	if !j.Anchor.X509.Equal(root.X509) || a.Backup != nil {
		t.Errorf("%+v, %q", told(a), a.Lines)
	}
}

// TestAStrangersKeyIsNotVouchedFor: a root that some unbelieved CA signed, and one that a believed CA may not sign for all names.
func TestAStrangersKeyIsNotVouchedFor(t *testing.T) {
	t.Parallel()
	w := letsEncrypt(t, nil)
	leaf := w.leaf(t, w.ye1)
	_, a := judge(t, chain.Input{Sent: certs(leaf, w.ye1, w.yeByX2, w.x2), Fetch: known(w.ye), Public: public(w.dst)}, 0)
	if a.Anchors[0].Trust != chain.TrustFirstUse || a.Backup != nil {
		t.Errorf("%v, %s", told(a), backup(a))
	}
	narrow := w.x2.Issue(t, peers.Spec{
		CN: "ISRG Root YE", Org: "Internet Security Research Group", CA: true, Key: w.ye.Key, Begin: on(2025, 9, 3), End: on(2032, 9, 2),
		Only: []string{"localhost"},
	})
	_, a = judge(t, chain.Input{Sent: certs(leaf, w.ye1, narrow), Fetch: known(w.ye), Public: public(w.x2)}, 0)
	if backup(a) != "" {
		t.Errorf("%v, %s", told(a), backup(a))
	}
}

// TestAStrangersChainEnds: forty CAs of one name and key that sign each other are tried, and no more than the bound of them.
func TestAStrangersChainEnds(t *testing.T) {
	t.Parallel()
	a, b := peers.Root(t, "A"), peers.Root(t, "B")
	var sent []*x509.Certificate
	for i := range int64(20) {
		sent = append(sent, a.Issue(t, peers.Spec{CN: "B", CA: true, Key: b.Key, Serial: big.NewInt(i + 1)}).X509,
			b.Issue(t, peers.Spec{CN: "A", CA: true, Key: a.Key, Serial: big.NewInt(i + 100)}).X509)
	}
	leaf := b.Server(t).X509
	s := find(chain.Input{Sent: append([]*x509.Certificate{leaf}, sent...), Now: time.Now()}, nil)
	if s.steps > maxSteps || len(s.paths) > maxSteps {
		t.Errorf("%d steps, %d paths", s.steps, len(s.paths))
	}
}

// TestAForkIsTold: the server sends a CA's two certificates, and the first leads away from the root that is known.
func TestAForkIsTold(t *testing.T) {
	t.Parallel()
	known, foreign := peers.Root(t, "Known"), peers.Root(t, "Foreign")
	middle := known.Intermediate(t, "Middle")
	astray := foreign.Issue(t, peers.Spec{CN: "Middle", CA: true, Key: middle.Key, End: time.Now().AddDate(5, 0, 0)})
	leaf := middle.Server(t)
	fork := func(sent ...*peers.Cert) bool {
		j, _ := judge(t, chain.Input{Sent: certs(sent...), Now: time.Now(), Files: certs(known)}, 0)
		return slices.ContainsFunc(j.Findings, func(f cred.Finding) bool { return f.Code == Fork && f.Severity == cred.Warning })
	}
	if !fork(leaf, astray, middle) || fork(leaf, middle, astray) {
		t.Error("the order of two certificates of one CA is not told, or told where it does no harm")
	}
}
