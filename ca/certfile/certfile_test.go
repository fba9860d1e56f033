package certfile

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"math/big"
	"testing"

	"example.org/sectag/cred"
)

func TestPrintable(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"CN=Müller & Søn": "CN=Müller & Søn", "a\x1b[2Jb": "a?[2Jb", "a\r\nb": "a??b", "a\u202eb": "a?b", "a\xffb": "a\ufffdb", "": "",
	} {
		if got := Printable(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	c := &x509.Certificate{SerialNumber: big.NewInt(0x0a0b)}
	if got := Subject(c); got != "the certificate with serial 0a0b" {
		t.Errorf("a certificate without a subject is called %q", got)
	}
	if got := cred.KeyName(&ecdsa.PublicKey{Curve: elliptic.P256()}); got != "EC P-256" {
		t.Errorf("%q", got)
	}
	if got := cred.KeyName(nil); got != "unknown" {
		t.Errorf("%q", got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"))
	f.Add([]byte{0x30, 0x82, 0x01, 0x00})
	f.Fuzz(func(t *testing.T, data []byte) {
		certs, _ := Parse(data)
		for _, c := range certs {
			if c == nil || Subject(c) != Printable(Subject(c)) || cred.KeyName(c.PublicKey) == "" {
				t.Fatal("a certificate that cannot be named")
			}
			_ = RootFault(c)
		}
	})
}
