package cross_test

import (
	"crypto/x509"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/sectag/ca"
	"example.org/sectag/ca/chain"
	"example.org/sectag/ca/cross"
	"example.org/sectag/ca/internal/ossl"
	"example.org/sectag/ca/internal/trial"
	"example.org/sectag/cred"
)

// A server that knows only the old root takes units of the new one over the bridge, with and without an intermediate, and none without it;
// one that knows only the new root needs no bridge and is not led astray by it.
func TestOpenSSLCrossesTheBridge(t *testing.T) {
	t.Parallel()
	old, next := trial.Authority(t, ca.InitOptions{Subject: "CN=Acme Root 2016", Days: 1000}), trial.Authority(t, ca.InitOptions{Subject: "CN=Acme Root 2026"})
	sub := trial.Authority(t, ca.InitOptions{Under: next, Subject: "CN=Acme 2026"})
	der, err := cross.Sign(old, next.Cert, ca.Clock{Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string][]byte{
		"old.crt": old.PEM, "next.crt": next.PEM, "cross.crt": cred.CertPEM(der), "way.pem": append(sub.Chain.Between().PEM(), cred.CertPEM(der)...),
		"sub.crt": sub.PEM, "unit.crt": []byte(trial.Unit(t, next).PEM), "subunit.crt": []byte(trial.Unit(t, sub).PEM),
	} {
		ossl.Write(t, dir, name, text)
	}
	strict := func(root string, args ...string) []string {
		return append([]string{"verify", "-purpose", "sslclient", "-x509_strict", "-CAfile", root}, args...)
	}
	ossl.Run(t, dir, strict("old.crt", "-untrusted", "cross.crt", "unit.crt")...)
	ossl.Run(t, dir, strict("old.crt", "-untrusted", "way.pem", "subunit.crt")...)
	ossl.Run(t, dir, strict("next.crt", "-untrusted", "cross.crt", "unit.crt")...)
	ossl.Run(t, dir, strict("next.crt", "-untrusted", "way.pem", "subunit.crt")...)
	ossl.Write(t, dir, "both.pem", append(append([]byte{}, old.PEM...), cred.CertPEM(der)...))
	ossl.Run(t, dir, strict("both.pem", "unit.crt")...)
	for _, args := range [][]string{{"unit.crt"}, {"-untrusted", "sub.crt", "subunit.crt"}} {
		if out, ok := ossl.Try(t, dir, strict("old.crt", args...)...); ok {
			t.Errorf("accepted without the bridge: %s", out)
		}
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if string(c.SubjectKeyId) != string(next.Cert.SubjectKeyId) || string(c.AuthorityKeyId) != string(old.Cert.SubjectKeyId) ||
		!c.NotAfter.Equal(old.Cert.NotAfter) || c.MaxPathLen != 1 {
		t.Errorf("%s: identifiers, end %s or pathlen %d", c.Subject, c.NotAfter, c.MaxPathLen)
	}
	ours(t, dir, old.File, next.File)
}

// ours: our own verify and audit say what OpenSSL says.
func ours(t *testing.T, dir, old, next string) {
	t.Helper()
	file := func(name string) string { return filepath.Join(dir, name) }
	for name, q := range map[string]struct {
		root  string
		files []string
		want  string
	}{
		"over the bridge":        {old, []string{file("cross.crt"), file("unit.crt")}, "ca.chains"},
		"and an intermediate":    {old, []string{file("way.pem"), file("subunit.crt")}, "ca.chains"},
		"without the bridge":     {old, []string{file("unit.crt")}, "ca.not-issued-by"},
		"to the new root itself": {next, []string{file("cross.crt"), file("unit.crt")}, "ca.chains"},
	} {
		found, err := ca.Verify(q.root, q.files, time.Now())
		if err != nil || len(found) != 1 || found[0].Code != q.want {
			t.Errorf("%s: %v, %v", name, found, err)
		}
	}
	found, err := ca.Audit([]string{dir}, "", time.Now())
	if err != nil || cred.Judge(found) != cred.Pass {
		t.Errorf("audit: %v, %v", found, err)
	}
	c, err := chain.Read(file("sub.crt"), file("cross.crt"), old)
	if err != nil || len(c) != 3 || c.Root().Subject.CommonName != "Acme Root 2016" {
		t.Errorf("the way to the old root: %d certificates, %v", len(c), err)
	}
}

func TestNoBridge(t *testing.T) {
	t.Parallel()
	old, next := trial.Authority(t, ca.InitOptions{Subject: "CN=Old"}), trial.Authority(t, ca.InitOptions{Subject: "CN=New"})
	sub := trial.Authority(t, ca.InitOptions{Under: old, Subject: "CN=Sub"})
	namesake := trial.Authority(t, ca.InitOptions{Subject: "CN=Old"})
	leaf, err := x509.ParseCertificate(cred.Blocks([]byte(trial.Unit(t, next).PEM))[0].Bytes)
	if err != nil {
		t.Fatal(err)
	}
	now := ca.Clock{Now: time.Now()}
	locked := trial.Authority(t, ca.InitOptions{Subject: "CN=Locked"})
	locked.Lock()
	for name, c := range map[string]struct {
		old   *ca.Authority
		next  *x509.Certificate
		clock ca.Clock
		want  string
	}{
		"to itself":            {old, old.Cert, now, "config.value"},
		"to a namesake":        {old, namesake.Cert, now, "config.value"},
		"from an intermediate": {sub, next.Cert, now, "ca.not-a-ca"},
		"to an intermediate":   {next, sub.Cert, now, "ca.not-a-ca"},
		"to a unit":            {old, leaf, now, "ca.not-a-ca"},
		"locked":               {locked, next.Cert, now, "ca.locked"},
		"an old clock":         {old, next.Cert, ca.Clock{Now: old.Cert.NotBefore.Add(-time.Hour)}, "ca.clock"},
		"the old one ended":    {old, next.Cert, ca.Clock{Now: old.Cert.NotAfter.Add(-time.Second), NewestRecord: old.Cert.NotAfter}, "ca.clock"},
	} {
		_, err := cross.Sign(c.old, c.next, c.clock)
		f := cred.AsFault(err)
		if f == nil || f.Code != c.want || strings.TrimSpace(f.Hint) == "" {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}
