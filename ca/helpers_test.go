package ca

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.org/sectag/cred"
)

const pass = "correct horse battery staple"

// today is a moment with a fraction of a second, in another zone than UTC: both must not show.
func today() time.Time {
	return time.Date(2026, 11, 22, 10, 30, 15, 123456789, time.FixedZone("CET", 3600))
}

func code(err error) string {
	var f *cred.Fault
	switch {
	case err == nil:
		return ""
	case errors.As(err, &f):
		return f.Code
	}
	return "no fault: " + err.Error()
}

func hint(err error) string { return cred.AsFault(err).Hint }

func codes(fs []cred.Finding) string {
	var out []string
	for _, f := range fs {
		out = append(out, string(f.Severity)+" "+f.Code)
	}
	return strings.Join(out, ", ")
}

// quick makes a root fast, with one iteration.
func quick(t testing.TB, o InitOptions) Created {
	t.Helper()
	o.iterations = 1
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	if o.Clock.Now.IsZero() {
		o.Clock.Now = today()
	}
	if o.Passphrase == nil && !o.Plaintext {
		o.Passphrase = []byte(pass)
	}
	c, err := Init(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func unlocked(t testing.TB, o InitOptions) *Authority {
	t.Helper()
	c := quick(t, o)
	r, err := Load(c.Cert, today())
	if err != nil {
		t.Fatal(err)
	}
	a, err := r.Unlock(c.Key, []byte(pass))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func newKey(t testing.TB) *Key {
	t.Helper()
	k, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func issue(t testing.TB, a *Authority, q Request) Certificate {
	t.Helper()
	if q.Public == nil {
		q.Public = newKey(t).Public()
	}
	if q.Name == "" {
		q.Name = "urn:imei:352656100367872"
	}
	if q.Clock.Now.IsZero() {
		q.Clock.Now = today()
	}
	c, err := a.Issue(q)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// foreign makes a certificate that this room would not: signed by parent's key, or by its own when parent is nil.
func foreign(t testing.TB, tmpl, parent *x509.Certificate, signer crypto.Signer) (*x509.Certificate, crypto.Signer) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if tmpl.SerialNumber == nil {
		tmpl.SerialNumber = big.NewInt(1 << 62)
	}
	if tmpl.NotBefore.IsZero() {
		tmpl.NotBefore, tmpl.NotAfter = today().Add(-time.Hour), today().Add(1000*oneDay)
	}
	if parent == nil {
		parent, signer = tmpl, key
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c, key
}

func caTemplate(cn string) *x509.Certificate {
	return &x509.Certificate{
		Subject: pkix.Name{CommonName: cn}, BasicConstraintsValid: true, IsCA: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
}

func save(t testing.TB, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func critical(c *x509.Certificate, oid asn1.ObjectIdentifier) bool {
	return slices.ContainsFunc(c.Extensions, func(x pkix.Extension) bool { return x.Id.Equal(oid) && x.Critical })
}
