package chain_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"example.org/sectag/ca/chain"
	"example.org/sectag/cred"
)

var begin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

type pair struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// made is an authority of a name, signed by another, or by itself where that is nil; pathlen -1 says nothing.
func made(t testing.TB, name string, by *pair, pathlen int, days int) *pair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1 << 60), Subject: pkix.Name{CommonName: name}, NotBefore: begin, NotAfter: begin.Add(time.Duration(days) * 24 * time.Hour),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign, MaxPathLen: pathlen, MaxPathLenZero: pathlen == 0,
	}
	p := &pair{key: key}
	if by == nil {
		by = &pair{c, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, by.cert, key.Public(), by.key)
	if err != nil {
		t.Fatal(err)
	}
	if p.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return p
}

func file(t testing.TB, ps ...*pair) string {
	t.Helper()
	var text []byte
	for _, p := range ps {
		text = append(text, cred.CertPEM(p.cert.Raw)...)
	}
	name := filepath.Join(t.TempDir(), "f.pem")
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func names(c chain.Chain) (out []string) {
	for _, x := range c {
		out = append(out, x.Subject.CommonName)
	}
	return out
}

func TestRead(t *testing.T) {
	t.Parallel()
	root, other := made(t, "root", nil, -1, 100), made(t, "other", nil, -1, 100)
	mid := made(t, "mid", root, 1, 90)
	low := made(t, "low", mid, 0, 80)
	deep := made(t, "deep", low, 0, 80)
	bridge := &pair{cert: made(t, "root", other, -1, 70).cert}
	bridged := made(t, "x", nil, -1, 1) // no way leads from it to others
	impostor := made(t, "root", nil, -1, 100)
	tight := made(t, "tight", nil, 0, 100)
	squeezed := made(t, "squeezed", tight, 0, 90)
	for name, c := range map[string]struct {
		file []*pair
		more []*pair
		want []string
		code string
	}{
		"a root":                {file: []*pair{root}, want: []string{"root"}},
		"one below":             {file: []*pair{mid, root}, want: []string{"mid", "root"}},
		"two, out of order":     {file: []*pair{low, root, bridged, mid}, want: []string{"low", "mid", "root"}},
		"the root elsewhere":    {file: []*pair{low, mid}, more: []*pair{root}, want: []string{"low", "mid", "root"}},
		"the root comes first":  {file: []*pair{root, mid}, want: []string{"root"}},
		"no root":               {file: []*pair{low, mid}, code: "ca.no-root"},
		"a gap":                 {file: []*pair{low, root}, code: "ca.no-root"},
		"a namesake of it":      {file: []*pair{mid, impostor}, code: "ca.no-root"},
		"the namesake is ahead": {file: []*pair{mid, impostor, root}, want: []string{"mid", "root"}},
		"below pathlen 0":       {file: []*pair{deep, low, mid, root}, code: "ca.pathlen"},
		"a root of pathlen 0":   {file: []*pair{squeezed, tight}, code: "ca.pathlen"},
		"signed by another":     {file: []*pair{mid, bridge, other}, code: "ca.no-root"}, // the bridge's key is not the root's
	} {
		var more []string
		if c.more != nil {
			more = []string{file(t, c.more...)}
		}
		got, err := chain.Read(file(t, c.file...), more...)
		f := cred.AsFault(err)
		if (f == nil) != (c.code == "") || f != nil && (f.Code != c.code || f.Hint == "") {
			t.Errorf("%s: %v, want %q", name, err, c.code)
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %v, want %v", name, names(got), c.want)
			continue
		}
		for i, n := range names(got) {
			if n != c.want[i] {
				t.Errorf("%s: %v, want %v", name, names(got), c.want)
			}
		}
	}
}

// A ring of authorities that signed each other ends the climb.
func TestARingHasNoRoot(t *testing.T) {
	t.Parallel()
	a := made(t, "a", nil, -1, 100)
	b := made(t, "b", a, -1, 100)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(1 << 61), Subject: a.cert.Subject, NotBefore: begin, NotAfter: begin.Add(time.Hour), BasicConstraintsValid: true,
		IsCA: true, KeyUsage: x509.KeyUsageCertSign,
	}, b.cert, a.key.Public(), b.key)
	if err != nil {
		t.Fatal(err)
	}
	back, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := chain.Climb(b.cert, []*x509.Certificate{back, b.cert}); err == nil || cred.AsFault(err).Code != "ca.no-root" {
		t.Errorf("%v, %v", names(c), err)
	}
}

func TestEnds(t *testing.T) {
	t.Parallel()
	root := made(t, "root", nil, -1, 50)
	c := chain.Chain{made(t, "mid", root, 0, 90).cert, root.cert}
	if !c.End().Equal(root.cert.NotAfter) || c.Ended(root.cert.NotAfter) != nil || c.Ended(root.cert.NotAfter.Add(time.Second)) != root.cert {
		t.Errorf("the end is %s", c.End())
	}
	if got := string(c.PEM()); got != string(cred.CertPEM(c[0].Raw))+string(cred.CertPEM(c[1].Raw)) {
		t.Errorf("PEM: %s", got)
	}
	if between := c.Between(); len(between) != 1 || len(chain.Chain{root.cert}.Between().PEM()) != 0 || c.Sums()[1] != cred.Sum(cred.CertPEM(root.cert.Raw)) {
		t.Errorf("between: %v", names(between))
	}
}
