package cred_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"example.org/sectag/cred"
)

func makeCert(t testing.TB, name string) ([]byte, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der, key
}

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// TestCertificatesComeOutMinimal: however a file was edited on its way, the slot holds the same bytes, and so the same digest.
func TestCertificatesComeOutMinimal(t *testing.T) {
	der, key := makeCert(t, "a")
	clean := block("CERTIFICATE", der)
	sec1, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{
		"as it is":           clean,
		"CRLF":               strings.ReplaceAll(clean, "\n", "\r\n"),
		"CR alone":           strings.ReplaceAll(clean, "\n", "\r"),
		"spaces at line end": strings.ReplaceAll(clean, "\n", "  \n"),
		"indented":           "  " + strings.ReplaceAll(clean, "\n", "\n\t"),
		"byte order mark":    "\ufeff" + clean,
		"empty lines":        strings.ReplaceAll(clean, "\n", "\n\n"),
		"no last line end":   strings.TrimSuffix(clean, "\n"),
		"text around it":     "Certificate:\n    Data: something\n" + clean + "bye\n",
		"a key beside it":    block("EC PRIVATE KEY", sec1) + clean,
		"one long line":      "-----BEGIN CERTIFICATE-----\n" + strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(clean, "-----BEGIN CERTIFICATE-----\n"), "-----END CERTIFICATE-----\n"), "\n", "") + "\n-----END CERTIFICATE-----\n",
	} {
		for _, k := range []cred.Kind{cred.RootCA, cred.ClientCert} {
			got, err := cred.Content(k, []byte(file))
			if err != nil || string(got) != clean {
				t.Errorf("%s as %s: %v\n%q", name, k, err, got)
			}
		}
	}
}

func TestSeveralCertificates(t *testing.T) {
	a, _ := makeCert(t, "a")
	b, _ := makeCert(t, "b")
	two := block("CERTIFICATE", a) + "\r\n\r\n" + block("CERTIFICATE", b)
	got, err := cred.Content(cred.RootCA, []byte(two))
	if err != nil || string(got) != block("CERTIFICATE", a)+block("CERTIFICATE", b) {
		t.Errorf("%v\n%s", err, got)
	}
	if _, err := cred.Content(cred.ClientCert, []byte(two)); err == nil {
		t.Error("a certificate that did not sign the unit's stands behind it")
	}
}

// Behind a unit's certificate may stand what signed it, in order, and nothing else.
func TestIntermediatesBehindAUnitsCertificate(t *testing.T) {
	sign := func(name string, serial int64, by *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		tmpl := &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour),
			IsCA: name != "unit", BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		}
		if by == nil {
			by, signer = tmpl, key
		}
		der, err := x509.CreateCertificate(rand.Reader, tmpl, by, key.Public(), signer)
		if err != nil {
			t.Fatal(err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return c, key
	}
	root, rootKey := sign("root", 1, nil, nil)
	between, betweenKey := sign("between", 2, root, rootKey)
	unit, unitKey := sign("unit", 3, between, betweenKey)
	impostor, _ := sign("impostor", 4, unit, unitKey) // a unit signs nothing
	file := func(cs ...*x509.Certificate) (out []byte) {
		for _, c := range cs {
			out = append(out, block("CERTIFICATE", c.Raw)...)
		}
		return out
	}
	for name, c := range map[string]struct {
		file []byte
		ok   bool
	}{
		"alone":           {file(unit), true},
		"an intermediate": {file(unit, between), true},
		"and the root":    {file(unit, between, root), true},
		"a gap":           {file(unit, root), false},
		"out of order":    {file(between, unit), false},
		"the unit twice":  {file(unit, unit), false},
		"by a unit":       {file(impostor, unit), false},
	} {
		got, err := cred.Content(cred.ClientCert, c.file)
		if (err == nil) != c.ok || c.ok && !bytes.Equal(got, c.file) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestKeysComeOutAsPKCS8: SEC1 and PKCS#1 keys are converted, encrypted ones refused, and no refusal quotes the key.
func TestKeysComeOutAsPKCS8(t *testing.T) {
	der, key := makeCert(t, "a")
	want, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	sec1, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	params := block("EC PARAMETERS", []byte{6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7})
	for name, file := range map[string]string{
		"PKCS#8": block("PRIVATE KEY", want), "SEC1": block("EC PRIVATE KEY", sec1), "SEC1 after parameters, as openssl ecparam writes it": params + block("EC PRIVATE KEY", sec1),
		"CRLF, with its certificate": strings.ReplaceAll(block("CERTIFICATE", der)+block("PRIVATE KEY", want), "\n", "\r\n"),
	} {
		got, err := cred.Content(cred.ClientKey, []byte(file))
		if err != nil || string(got) != block("PRIVATE KEY", want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := cred.Content(cred.ClientKey, []byte(block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(r)))); err != nil || !bytes.HasPrefix(got, []byte("-----BEGIN PRIVATE KEY-----\n")) {
		t.Errorf("PKCS#1: %v", err)
	}
	for name, file := range map[string]string{
		"none": "", "a certificate": block("CERTIFICATE", der), "two": block("PRIVATE KEY", want) + block("EC PRIVATE KEY", sec1),
		"encrypted": block("ENCRYPTED PRIVATE KEY", want), "broken": block("PRIVATE KEY", want[:40]), "broken SEC1": block("EC PRIVATE KEY", sec1[:30]),
	} {
		got, err := cred.Content(cred.ClientKey, []byte(file))
		if err == nil {
			t.Errorf("%s was taken: %d bytes", name, len(got))
		} else if leaks(err.Error(), file) {
			t.Errorf("%s: the refusal quotes the file: %v", name, err)
		}
	}
}

// leaks tells whether a text holds twelve characters of what a file holds between its PEM lines.
func leaks(text, file string) bool {
	for _, l := range strings.Split(file, "\n") {
		if strings.HasPrefix(l, "-----") {
			continue
		}
		for i := 0; i+12 <= len(l); i++ {
			if strings.Contains(text, l[i:i+12]) {
				return true
			}
		}
	}
	return false
}

func TestPSK(t *testing.T) {
	for in, want := range map[string]string{"00ff": "00ff", "00FF\n": "00FF", "aB\r\n": "aB"} {
		if got, err := cred.Content(cred.PSK, []byte(in)); err != nil || string(got) != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "0", "0g", "00 ff", "00\n\n", "0x00", "secretsecret!!"} {
		if got, err := cred.Content(cred.PSK, []byte(in)); err == nil {
			t.Errorf("%q was taken as %q", in, got)
		} else if in == "secretsecret!!" && leaks(err.Error(), in) {
			t.Errorf("the refusal quotes the PSK: %v", err)
		}
	}
	for in, want := range map[string]string{"urn:imei:352656100367872\n": "urn:imei:352656100367872"} {
		if got, err := cred.Content(cred.PSKID, []byte(in)); err != nil || string(got) != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "a b", `a"b`, "é", "a\n\n", strings.Repeat("a", 129)} {
		if got, err := cred.Content(cred.PSKID, []byte(in)); err == nil {
			t.Errorf("%q was taken as %q", in, got)
		}
	}
	if _, err := cred.Content(cred.ATKey, []byte("x")); err == nil {
		t.Error("type 5 is not written by sectag")
	}
}

// FuzzContent: whatever a file holds, what comes out is either refused or stays the same when it is read again.
func FuzzContent(f *testing.F) {
	der, key := makeCert(f, "seed")
	f.Add(uint8(0), []byte(block("CERTIFICATE", der)))
	sec1, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint8(2), []byte(block("EC PRIVATE KEY", sec1)))
	f.Add(uint8(3), []byte("00ff\n"))
	f.Add(uint8(4), []byte("id"))
	f.Fuzz(func(t *testing.T, k uint8, file []byte) {
		once, err := cred.Content(cred.Kind(k), file)
		if err != nil {
			return
		}
		twice, err := cred.Content(cred.Kind(k), once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Errorf("%q became %q, %v", once, twice, err)
		}
	})
}

func FuzzParsers(f *testing.F) {
	for _, s := range []string{"352656100367872", "42", "coaps://a:1", "urn:imei:{imei}", "client-key", "[::1]", "4294967294"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if i, err := cred.ParseIMEI(s); err == nil && i.String() != s {
			t.Errorf("IMEI %q is written %q", s, i)
		}
		if e, err := cred.ParseEndpoint(s); err == nil {
			if again, err := cred.ParseEndpoint(e.String()); err != nil || again != e {
				t.Errorf("endpoint %q: %q, %v", s, e, err)
			}
		}
		if n, err := cred.ParseSecTag(s); err == nil && n.Reserved() {
			t.Errorf("%q is reserved", s)
		}
		_, _ = cred.ParseTemplate(s)
		_, _ = cred.ParseKind(s)
		_, _ = cred.ParseDigest(s)
	})
}
