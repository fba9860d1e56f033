//go:build !windows

// The library behind zlint is not made for Windows.

package ca

import (
	"strings"
	"testing"

	zx509 "github.com/zmap/zcrypto/x509"
	zlint "github.com/zmap/zlint/v3"
	zl "github.com/zmap/zlint/v3/lint"

	"example.org/sectag/ca/internal/ossl"
	"example.org/sectag/ca/lint"
)

// departures are what zlint says of our certificates by the RFCs and what is done so on purpose.
var departures = map[string]string{
	"w_ext_subject_key_identifier_missing_sub_cert": "the update of RFC 7925 forbids it in a unit's certificate, where RFC 5280 says SHOULD",
}

// TestOthersLintWhatWeIssue has zlint judge every kind of certificate by RFC 5280 and RFC 5480, and OpenSSL verify the units.
func TestOthersLintWhatWeIssue(t *testing.T) {
	t.Parallel()
	registry, err := zl.GlobalRegistry().Filter(zl.FilterOptions{IncludeSources: zl.SourceList{zl.RFC5280, zl.RFC5480}})
	if err != nil {
		t.Fatal(err)
	}
	judge := func(name string, der []byte) (told []string) {
		t.Helper()
		c, err := zx509.ParseCertificate(der)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		asked := 0
		for code, r := range zlint.LintCertificateEx(c, registry).Results {
			if r.Status == zl.Pass {
				asked++
			}
			if r.Status >= zl.Notice && departures[code] == "" {
				t.Errorf("%s: %s: %s %s", name, code, r.Status, r.Details)
			}
			if r.Status >= zl.Notice {
				told = append(told, code)
			}
		}
		if asked < 20 {
			t.Errorf("%s: %d lints only", name, asked)
		}
		return told
	}
	top := quick(t, InitOptions{Subject: "CN=Acme Root,O=Acme,C=NL", Clock: Clock{Now: now()}, Dir: t.TempDir()})
	r, err := Load(top.Cert, now())
	if err != nil {
		t.Fatal(err)
	}
	judge("root", r.Cert.Raw)
	over, err := r.Unlock(top.Key, []byte(pass))
	if err != nil {
		t.Fatal(err)
	}
	mid := quick(t, InitOptions{Subject: "CN=Acme 2026,O=Acme,C=NL", Under: over, Clock: Clock{Now: now()}, Dir: t.TempDir()})
	if r, err = Load(mid.Cert, now()); err != nil {
		t.Fatal(err)
	}
	judge("intermediate", r.Cert.Raw)
	a, err := r.Unlock(mid.Key, []byte(pass))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	ossl.Write(t, dir, "root.pem", over.PEM)
	ossl.Write(t, dir, "mid.pem", a.PEM)
	for _, p := range lint.Profiles() {
		name := "urn:imei:352656100367872"
		if p == lint.NRFCloud {
			name = "nrf-352656100367872"
		}
		c := issue(t, a, Request{Name: name, Profile: p, Device: "352656100367872", Days: 3000, Clock: Clock{Now: now()}})
		if told := judge(string(p), c.DER); len(told) != 1 {
			t.Errorf("%s: zlint no longer sees the missing key identifier: %v", p, told)
		}
		if c.Profile != p.Record() || len(c.Lint) != 0 || !strings.Contains(c.Subject, "CN="+name) {
			t.Errorf("%s: %+v", p, c)
		}
		ossl.Write(t, dir, "unit.pem", []byte(c.PEM))
		ossl.Run(t, dir, "verify", "-purpose", "sslclient", "-x509_strict", "-CAfile", "root.pem", "-untrusted", "mid.pem", "unit.pem")
		twin, key, err := a.Twin(TwinRequest{Of: c.DER, Profile: p, Clock: Clock{Now: now()}})
		if err != nil {
			t.Fatalf("%s: %v", p, err)
		}
		key.Clear()
		if judge("twin of "+string(p), twin.DER); twin.Subject != c.Subject {
			t.Errorf("the twin is named %s, its unit %s", twin.Subject, c.Subject)
		}
	}
}

// TestAProfileIsHeld: a name, or a missing serial number, that the profile does not take is refused before anything is signed; so is what
// the profile is strict about, after it.
func TestAProfileIsHeld(t *testing.T) {
	t.Parallel()
	a := unlocked(t, InitOptions{})
	for _, q := range []Request{
		{Name: "urn:imei:352656100367872", Profile: lint.NRFCloud},
		{Name: "a/b", Profile: lint.Azure},
		{Name: "a.b", Profile: lint.AWS, Device: "352656100367872"},
		{Name: "urn:imei:352656100367872", Profile: lint.RFC7925},
	} {
		q.Public, q.Days, q.Clock.Now = newKey(t).Public(), 30, today()
		if _, err := a.Issue(q); code(err) != "config.value" || hint(err) == "" {
			t.Errorf("%s: %v", q.Profile, err)
		}
	}
	c := issue(t, a, Request{Name: "nrf-352656100367872", Profile: lint.LwM2M, Days: 30})
	if found := Judge(c.DER, a.Root, lint.RFC7925); codes(found) != "error ca.lint-subject" {
		t.Errorf("judged by another profile: %v", found)
	}
}
