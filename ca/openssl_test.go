package ca

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/sectag/ca/internal/ossl"
	"example.org/sectag/cred"
)

// now is the real time: OpenSSL asks its own clock.
func now() time.Time { return time.Now() }

// TestOpenSSLAcceptsWhatWeIssue has the strictest of its modes judge certificates of several lives, at today and at the last
// day of each, and shows that the same judge refuses what it must.
func TestOpenSSLAcceptsWhatWeIssue(t *testing.T) {
	t.Parallel()
	made := quick(t, InitOptions{Days: 3650, Subject: "CN=Acme Devices,O=Acme,C=NL", Clock: Clock{Now: now()}})
	dir := filepath.Dir(made.Cert)
	r, err := Load(made.Cert, now())
	if err != nil {
		t.Fatal(err)
	}
	a, err := r.Unlock(made.Key, []byte(pass))
	if err != nil {
		t.Fatal(err)
	}
	strict := []string{"verify", "-purpose", "sslclient", "-x509_strict", "-CAfile", "root.crt"}
	args := strict
	for i, q := range []Request{{Days: 1}, {Days: 30, Name: "nrf-352656100367872"}, {Days: 3600}, {UntilIssuer: true}} {
		q.Clock.Now = now()
		c := issue(t, a, q)
		name := fmt.Sprintf("%d.crt", i)
		ossl.Write(t, dir, name, []byte(c.PEM))
		args = append(args, name)
		at := fmt.Sprint(c.NotAfter.Add(-oneDay).Unix())
		ossl.Run(t, dir, append(strict, "-attime", at, name)...)
		past := fmt.Sprint(c.NotAfter.Add(time.Second).Unix())
		if out, ok := ossl.Try(t, dir, append(strict, "-attime", past, name)...); ok {
			t.Errorf("accepted after its end: %s", out)
		}
	}
	if out := ossl.Run(t, dir, args...); strings.Count(out, ": OK") != 4 {
		t.Error(out)
	}
	ossl.Run(t, dir, "verify", "-x509_strict", "-check_ss_sig", "-CAfile", "root.crt", "root.crt")

	// An impostor: our unit's key signs for another IMEI, as any unit of the recipe's can.
	key := newKey(t)
	unit := issue(t, a, Request{Days: 30, Public: key.Public(), Clock: Clock{Now: now()}})
	ossl.Write(t, dir, "unit.crt", []byte(unit.PEM))
	ossl.Write(t, dir, "unit.key", key.PEM())
	ossl.NewKey(t, dir, "impostor.key")
	ossl.Run(t, dir, "req", "-new", "-key", "impostor.key", "-subj", "/CN=urn:imei:111111111111111", "-out", "impostor.csr")
	ossl.Run(t, dir, "x509", "-req", "-in", "impostor.csr", "-CA", "unit.crt", "-CAkey", "unit.key", "-CAcreateserial", "-days", "20", "-out", "impostor.crt")
	for _, mode := range [][]string{{}, {"-x509_strict"}} {
		out, ok := ossl.Try(t, dir, append(append([]string{"verify", "-purpose", "sslclient"}, mode...),
			"-CAfile", "root.crt", "-untrusted", "unit.crt", "impostor.crt")...)
		if ok || !strings.Contains(out, "error 79") { // invalid CA certificate
			t.Errorf("openssl lets an impostor of our unit in, or refuses for another reason: %s", out)
		}
	}
	found, err := Audit([]string{made.Cert, filepath.Join(dir, "unit.crt"), filepath.Join(dir, "impostor.crt")}, "", now())
	if err != nil || !strings.Contains(codes(found), "error ca.not-issued-by") {
		t.Errorf("the audit lets it pass: %s, %v", codes(found), err)
	}
}

func TestOpenSSLOpensTheRootsKeyWithThePassphraseAndNotWithout(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := Init(InitOptions{Dir: dir, Passphrase: []byte(pass), Clock: Clock{Now: now()}}); err != nil {
		t.Fatal(err)
	}
	ossl.Write(t, dir, "right", []byte(pass+"\nnot this line\n"))
	ossl.Write(t, dir, "wrong", []byte(pass+".\n"))
	fromKey := ossl.Run(t, dir, "pkey", "-in", "root.key", "-passin", "file:right", "-pubout")
	if fromCert := ossl.Run(t, dir, "x509", "-in", "root.crt", "-noout", "-pubkey"); fromKey != fromCert {
		t.Error("the key is not the certificate's")
	}
	if _, ok := ossl.Try(t, dir, "pkey", "-in", "root.key", "-passin", "file:wrong", "-noout"); ok {
		t.Error("opened with a wrong passphrase")
	}
	if _, ok := ossl.Try(t, dir, "pkey", "-in", "root.key", "-noout"); ok {
		t.Error("opened without a passphrase")
	}
	dump := ossl.Run(t, dir, "asn1parse", "-in", "root.key")
	for _, want := range []string{"PBES2", "PBKDF2", "hmacWithSHA256", "aes-256-cbc", "0927C0"} { // 0927C0 is 600 000
		if !strings.Contains(dump, want) {
			t.Errorf("the envelope says no %s:\n%s", want, dump)
		}
	}
}

// TestTheRecipesRootCanBeUsed takes the how-to's own root, in clear and encrypted by OpenSSL, and issues under it.
func TestTheRecipesRootCanBeUsed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ossl.Recipe(t, dir, "000000000000000")
	ossl.Write(t, dir, "pass", []byte(pass+"\n"))
	ossl.Run(t, dir, "pkcs8", "-topk8", "-in", "myDevicesRootCA.key", "-out", "enc.key", "-passout", "file:pass")
	ossl.Run(t, dir, "ec", "-in", "myDevicesRootCA.key", "-out", "sec1.key")
	r, err := Load(filepath.Join(dir, "myDevicesRootCA.crt"), now())
	if err != nil {
		t.Fatal(err)
	}
	for file, class := range map[string]Protection{"myDevicesRootCA.key": KeyClear, "enc.key": KeyEncrypted, "sec1.key": KeyClear} {
		a, err := r.Unlock(filepath.Join(dir, file), []byte(pass))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if a.Protection != class {
			t.Errorf("%s: %s", file, a.Protection)
		}
		c := issue(t, a, Request{UntilIssuer: true, Clock: Clock{Now: now()}})
		ossl.Write(t, dir, "unit.crt", []byte(c.PEM))
		ossl.Run(t, dir, "verify", "-purpose", "sslclient", "-x509_strict", "-CAfile", "myDevicesRootCA.crt", "unit.crt")
		found, err := Verify(r.File, []string{filepath.Join(dir, "unit.crt")}, now())
		if err != nil || codes(found) != "info ca.chains" {
			t.Errorf("%s: verify says %s, %v", file, codes(found), err)
		}
		if found, err := Audit([]string{r.File, filepath.Join(dir, "unit.crt")}, "", now()); err != nil || cred.Judge(found) != cred.Pass {
			t.Errorf("%s: audit says %s, %v", file, codes(found), err)
		}
	}
	if _, err := Load(filepath.Join(dir, "myDevice.crt"), now()); code(err) != "ca.not-a-ca" {
		t.Errorf("the recipe's device passes for a root: %v", err)
	}
	if _, err := r.Unlock(filepath.Join(dir, "myDevice.key"), nil); code(err) != "ca.key-mismatch" {
		t.Errorf("the device's key: %v", err)
	}
}

// A root with another kind of key, as a firm may bring.
func TestRootsWithOtherKeys(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"RSA":     {"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"},
		"P-384":   {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp384r1"},
		"Ed25519": {"-algorithm", "ED25519"},
	} {
		dir := t.TempDir()
		ossl.Run(t, dir, append([]string{"genpkey", "-out", "root.key"}, args...)...)
		ossl.Run(t, dir, "req", "-x509", "-new", "-days", "3650", "-key", "root.key", "-out", "root.crt", "-subj", "/CN=Root "+name,
			"-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
		r, err := Load(filepath.Join(dir, "root.crt"), now())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		a, err := r.Unlock(filepath.Join(dir, "root.key"), nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		c := issue(t, a, Request{UntilIssuer: true, Clock: Clock{Now: now()}})
		ossl.Write(t, dir, "unit.crt", []byte(c.PEM))
		ossl.Run(t, dir, "verify", "-purpose", "sslclient", "-x509_strict", "-CAfile", "root.crt", "unit.crt")
		a.Lock()
	}
}
