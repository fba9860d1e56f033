package revoke_test

import (
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os/exec"
	"strings"
	"testing"
	"time"

	"example.org/sectag/ca"
	"example.org/sectag/ca/internal/ossl"
	"example.org/sectag/ca/internal/trial"
	"example.org/sectag/ca/revoke"
	"example.org/sectag/cred"
)

func sign(t testing.TB, a *ca.Authority, number int64, entries ...revoke.Entry) revoke.List {
	t.Helper()
	l, err := revoke.Sign(a, entries, big.NewInt(number), 30, ca.Clock{Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// OpenSSL verifies the list of a root and of an intermediate, refuses the unit that is on it, and passes the other.
func TestOpenSSLRefusesTheRevokedUnit(t *testing.T) {
	t.Parallel()
	root := trial.Authority(t, ca.InitOptions{Subject: "CN=Acme Root"})
	sub := trial.Authority(t, ca.InitOptions{Under: root, Subject: "CN=Acme 2026"})
	for name, a := range map[string]*ca.Authority{"root": root, "intermediate": sub} {
		dir := t.TempDir()
		bad, good := trial.Unit(t, a), trial.Unit(t, a)
		list := sign(t, a, 7, revoke.Entry{Serial: bad.Serial, Reason: "keyCompromise", Time: time.Now().Add(-time.Hour)})
		ossl.Write(t, dir, "crl.pem", list.PEM)
		ossl.Write(t, dir, "root.pem", root.PEM)
		ossl.Write(t, dir, "issuer.pem", a.PEM)
		ossl.Write(t, dir, "bad.pem", []byte(bad.PEM))
		ossl.Write(t, dir, "good.pem", []byte(good.PEM))
		if out := ossl.Run(t, dir, "crl", "-in", "crl.pem", "-verify", "-CAfile", "issuer.pem", "-noout"); !strings.Contains(out, "verify OK") {
			t.Errorf("%s: %s", name, out)
		}
		text := ossl.Run(t, dir, "crl", "-in", "crl.pem", "-noout", "-text")
		for _, want := range []string{"Version 2", "X509v3 CRL Number: \n                7", "Authority Key Identifier", "Key Compromise", strings.ToUpper(bad.Serial)} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the list has no %q:\n%s", name, want, text)
			}
		}
		check := []string{"verify", "-crl_check", "-CRLfile", "crl.pem", "-CAfile", "root.pem", "-untrusted", "issuer.pem"}
		if out, ok := ossl.Try(t, dir, append(check, "bad.pem")...); ok || !strings.Contains(out, "certificate revoked") {
			t.Errorf("%s: the revoked unit: %v\n%s", name, ok, out)
		}
		if out, ok := ossl.Try(t, dir, append(check, "good.pem")...); !ok {
			t.Errorf("%s: the other unit: %s", name, out)
		}
	}
}

// GnuTLS verifies the list too.
func TestGnuTLSVerifiesTheList(t *testing.T) {
	t.Parallel()
	tool, err := exec.LookPath("certtool")
	if err != nil {
		t.Fatalf("this test needs certtool (apt-get install gnutls-bin): %v", err)
	}
	a := trial.Authority(t, ca.InitOptions{Subject: "CN=Acme Root"})
	dir := t.TempDir()
	ossl.Write(t, dir, "crl.pem", sign(t, a, 1<<40, revoke.Entry{Serial: "7f3c", Reason: revoke.Unspecified, Time: time.Now()}).PEM)
	ossl.Write(t, dir, "root.pem", a.PEM)
	for _, by := range []string{"root.pem", "other.pem"} {
		if by == "other.pem" {
			ossl.Write(t, dir, by, trial.Authority(t, ca.InitOptions{Subject: "CN=Acme Root"}).PEM)
		}
		cmd := exec.CommandContext(t.Context(), tool, "--verify-crl", "--load-ca-certificate", by, "--infile", "crl.pem")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if verified := err == nil && strings.Contains(string(out), "Verified"); verified != (by == "root.pem") {
			t.Errorf("by %s: %v\n%s", by, err, out)
		}
	}
}

// What a list says of its entries, in order and once each, and how long it is the newest.
func TestWhatAListSays(t *testing.T) {
	a := trial.Authority(t, ca.InitOptions{Subject: "CN=Acme Root"})
	at := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	l := sign(
		t, a, 3, revoke.Entry{"0102", "superseded", at}, revoke.Entry{"ff", revoke.Unspecified, at.Add(time.Hour)}, revoke.Entry{"0102", "keyCompromise", at.Add(2 * time.Hour)},
	)
	b, _ := pem.Decode(l.PEM)
	got, err := x509.ParseRevocationList(b.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	e := got.RevokedCertificateEntries
	if len(e) != 2 || e[0].SerialNumber.Int64() != 0x102 || e[0].ReasonCode != 4 || !e[0].RevocationTime.Equal(at) || e[1].SerialNumber.Int64() != 255 || e[1].ReasonCode != 0 || len(e[1].Extensions) != 0 {
		t.Errorf("%+v", e)
	}
	if got.NextUpdate.Sub(got.ThisUpdate) != 30*24*time.Hour || !got.NextUpdate.Equal(l.NextUpdate) || got.Number.Int64() != 3 {
		t.Errorf("%v to %v, number %v", got.ThisUpdate, got.NextUpdate, got.Number)
	}
	b, _ = pem.Decode(sign(t, a, 4).PEM)
	if empty, err := x509.ParseRevocationList(b.Bytes); err != nil || len(empty.RevokedCertificateEntries) != 0 {
		t.Errorf("the empty list: %v, %v", empty, err)
	}
}

// What makes no list.
func TestNoList(t *testing.T) {
	a, now := trial.Authority(t, ca.InitOptions{Subject: "CN=Acme Root"}), ca.Clock{Now: time.Now()}
	old := a.Root
	cert := *a.Cert
	cert.KeyUsage = x509.KeyUsageCertSign
	old.Cert = &cert
	locked := trial.Authority(t, ca.InitOptions{Subject: "CN=Locked"})
	locked.Lock()
	for name, c := range map[string]struct {
		a     *ca.Authority
		days  int
		clock ca.Clock
		code  string
	}{
		"no days":                  {a, 0, now, "config.value"},
		"more than ten years":      {a, revoke.MaxDays + 1, now, "config.value"},
		"a clock set back":         {a, 30, ca.Clock{Now: time.Now().Add(-24 * time.Hour)}, "ca.clock"},
		"behind the newest record": {a, 30, ca.Clock{Now: time.Now(), NewestRecord: time.Now().Add(time.Hour)}, "ca.clock"},
		"a locked authority":       {locked, 30, now, "ca.locked"},
		"no right to lists":        {&ca.Authority{Root: old}, 30, now, "ca.no-crl"},
	} {
		if _, err := revoke.Sign(c.a, nil, big.NewInt(1), c.days, c.clock); err == nil || cred.AsFault(err).Code != c.code {
			t.Errorf("%s: %v, wanted %s", name, err, c.code)
		}
	}
}

func TestReasonsAndSerials(t *testing.T) {
	for in, want := range map[string]string{"keycompromise": "keyCompromise", "SUPERSEDED": "superseded", "certificateHold": "", "removeFromCRL": "", "lost": "", "": ""} {
		if r, err := revoke.ParseReason(in); string(r) != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", in, r, err)
		}
	}
	for in, want := range map[string]string{
		"7F3C": "7f3c", "7f:3c": "7f3c", "00ff": "ff", "0f3": "f3", "f": "0f", "": "", "0": "", "xyz": "", strings.Repeat("ab", 20): strings.Repeat("ab", 20), strings.Repeat("ab", 21): "",
	} {
		if s, err := revoke.ParseSerial(in); s != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", in, s, err)
		}
	}
}
