package peers

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Cert is a certificate with its key, in memory and as files in the test's own folder.
type Cert struct {
	X509    *x509.Certificate
	Key     crypto.Signer
	Issuers []*Cert // from the direct issuer up to the root; empty for a root

	PEM, KeyPEM []byte // one block each, the key as PKCS#8
	CertFile    string // PEM
	KeyFile     string // PEM, 0600
	ChainFile   string // this certificate, then its issuers without the root: what a well kept server sends
	IssuersFile string // its issuers without the root: for s_server's -cert_chain, which goes behind -cert; may be empty
}

// Spec says what a certificate is to be. The zero value is a P-256 server certificate for localhost, 127.0.0.1 and ::1 that
// began an hour ago and lives 90 days.
type Spec struct {
	CN         string   // subject common name; "localhost" if empty
	Org        string   // organisation; none if empty
	DNS        []string // dNSName entries; {"localhost"} if nil and NoSAN is false
	NoSAN      bool     // no subjectAltName at all
	Client     bool     // extendedKeyUsage clientAuth instead of serverAuth, no subjectAltName
	CA         bool     // a CA certificate
	NoSubCA    bool     // with a path length of zero
	Only       []string // a CA for these names only
	Begin, End time.Time
	RSA        int                     // bits; 0 is EC
	Curve      elliptic.Curve          // nil is P-256
	AIA        []string                // CA Issuers addresses
	EKU        []x509.ExtKeyUsage      // instead of the usual one
	Usage      x509.KeyUsage           // instead of the usual one
	Signature  x509.SignatureAlgorithm // instead of the signer's usual one
	Pad        int                     // bytes of a private extension, to make the certificate long
	Serial     *big.Int                // nil is random
	Key        crypto.Signer           // nil is a new one
}

// Root makes a self-signed CA of twenty years.
func Root(t testing.TB, name string) *Cert {
	t.Helper()
	return make1(t, nil, Spec{CN: name, CA: true, End: time.Now().AddDate(20, 0, 0)})
}

// SelfSigned makes a certificate that is its own issuer.
func SelfSigned(t testing.TB, s Spec) *Cert {
	t.Helper()
	return make1(t, nil, s)
}

// Issue makes a certificate signed by c.
func (c *Cert) Issue(t testing.TB, s Spec) *Cert {
	t.Helper()
	return make1(t, c, s)
}

// Intermediate makes a CA of ten years under c.
func (c *Cert) Intermediate(t testing.TB, name string, aia ...string) *Cert {
	t.Helper()
	return make1(t, c, Spec{CN: name, CA: true, End: time.Now().AddDate(10, 0, 0), AIA: aia})
}

// Server makes a server certificate for localhost under c.
func (c *Cert) Server(t testing.TB) *Cert {
	t.Helper()
	return make1(t, c, Spec{})
}

// Unit makes a device certificate under c with the common name.
func (c *Cert) Unit(t testing.TB, name string) *Cert {
	t.Helper()
	return make1(t, c, Spec{CN: name, Client: true})
}

// Chain is the certificate and its issuers without the root, DER.
func (c *Cert) Chain() [][]byte {
	out := [][]byte{c.X509.Raw}
	for _, i := range c.Issuers {
		if len(i.Issuers) > 0 {
			out = append(out, i.X509.Raw)
		}
	}
	return out
}

func make1(t testing.TB, parent *Cert, s Spec) *Cert {
	t.Helper()
	c := &Cert{Key: s.Key}
	if c.Key == nil {
		c.Key = newKey(t, s)
	}
	tmpl := template(t, s)
	signer, issuer := c.Key, tmpl
	if parent != nil {
		signer, issuer = parent.Key, parent.X509
		c.Issuers = append([]*Cert{parent}, parent.Issuers...)
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, issuer, c.Key.Public(), signer)
	if err != nil {
		t.Fatalf("test PKI: %v", err)
	}
	if c.X509, err = x509.ParseCertificate(der); err != nil {
		t.Fatalf("test PKI: %v", err)
	}
	c.write(t)
	return c
}

func newKey(t testing.TB, s Spec) crypto.Signer {
	t.Helper()
	if s.RSA > 0 {
		k, err := rsa.GenerateKey(rand.Reader, s.RSA)
		if err != nil {
			t.Fatalf("test PKI: %v", err)
		}
		return k
	}
	curve := s.Curve
	if curve == nil {
		curve = elliptic.P256()
	}
	k, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatalf("test PKI: %v", err)
	}
	return k
}

func template(t testing.TB, s Spec) *x509.Certificate {
	t.Helper()
	if s.CN == "" {
		s.CN = "localhost"
	}
	if s.Begin.IsZero() {
		s.Begin = time.Now().Add(-time.Hour)
	}
	if s.End.IsZero() {
		s.End = time.Now().AddDate(0, 0, 90)
	}
	if s.Serial == nil {
		b := make([]byte, 16)
		if _, err := rand.Read(b); err != nil {
			t.Fatalf("test PKI: %v", err)
		}
		b[0] &= 0x7f
		s.Serial = new(big.Int).SetBytes(b)
	}
	tmpl := &x509.Certificate{
		SerialNumber: s.Serial, Subject: pkix.Name{CommonName: s.CN},
		NotBefore: s.Begin, NotAfter: s.End,
		BasicConstraintsValid: true, IsCA: s.CA, MaxPathLenZero: s.NoSubCA,
		KeyUsage: x509.KeyUsageDigitalSignature, IssuingCertificateURL: s.AIA,
	}
	if s.Org != "" {
		tmpl.Subject.Organization = []string{s.Org}
	}
	switch {
	case s.CA:
		tmpl.PermittedDNSDomains, tmpl.PermittedDNSDomainsCritical = s.Only, len(s.Only) > 0
		tmpl.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	case s.Client:
		tmpl.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	default:
		tmpl.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		if s.RSA > 0 {
			tmpl.KeyUsage |= x509.KeyUsageKeyEncipherment
		}
		names(tmpl, s)
	}
	if s.EKU != nil {
		tmpl.ExtKeyUsage = s.EKU
	}
	if s.Usage != 0 {
		tmpl.KeyUsage = s.Usage
	}
	tmpl.SignatureAlgorithm = s.Signature
	if s.Pad > 0 {
		tmpl.ExtraExtensions = []pkix.Extension{{Id: []int{1, 3, 6, 1, 4, 1, 55555, 1}, Value: make([]byte, s.Pad)}}
	}
	return tmpl
}

func names(tmpl *x509.Certificate, s Spec) {
	if s.NoSAN {
		return
	}
	tmpl.DNSNames = s.DNS
	if s.DNS == nil {
		tmpl.DNSNames = []string{"localhost"}
		tmpl.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	}
}

func (c *Cert) write(t testing.TB) {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(c.Key)
	if err != nil {
		t.Fatalf("test PKI: %v", err)
	}
	c.PEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.X509.Raw})
	c.KeyPEM = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
	dir := t.TempDir()
	c.CertFile, c.KeyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	c.ChainFile = filepath.Join(dir, "chain.pem")
	c.IssuersFile = filepath.Join(dir, "issuers.pem")
	var chain []byte
	for _, der := range c.Chain() {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	for name, data := range map[string][]byte{c.CertFile: c.PEM, c.KeyFile: c.KeyPEM, c.ChainFile: chain, c.IssuersFile: chain[len(c.PEM):]} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatalf("test PKI: %v", err)
		}
	}
}
