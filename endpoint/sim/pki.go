package sim

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/internal/atomicfile"
)

// RootFile is the root of the server's own certificate: what a unit has to be given as its trust anchor.
func RootFile(dir string) string { return filepath.Join(dir, "server-root.pem") }

const (
	rootYears         = 30
	intermediateYears = 15
	serverDays        = 397
	renewWithin       = 30 * 24 * time.Hour
)

// pki is what the server shows of itself.
type pki struct {
	root, intermediate *x509.Certificate
	server             tls.Certificate // server and intermediate, as they are sent
}

// loadPKI takes the folder's certificates, or makes those that are missing, about to end, or made for other names or another
// "CA Issuers" address. A root that is there is never replaced: units may carry it.
func loadPKI(c Config, aia string) (pki, error) {
	at := func(name string) string { return filepath.Join(c.Dir, name) }
	now := c.Now()
	if _, err := os.Stat(RootFile(c.Dir)); errors.Is(err, fs.ErrNotExist) {
		if _, _, err := issue(c.Dir, "server-root", authority("sectag local root", now, rootYears), nil, nil); err != nil {
			return pki{}, broken(c.Dir, err)
		}
	}
	root, rootKey, err := loadPair(RootFile(c.Dir), at("server-root.key"))
	if err != nil {
		return pki{}, broken(c.Dir, err)
	}
	between, betweenKey, err := loadPair(at("server-ca.pem"), at("server-ca.key"))
	if err != nil || between.CheckSignatureFrom(root) != nil || now.Add(renewWithin).After(between.NotAfter) || !sameAIA(between, aia, rootPath) {
		t := authority("sectag local intermediate", now, intermediateYears)
		t.IssuingCertificateURL = address(aia, rootPath)
		if between, betweenKey, err = issue(c.Dir, "server-ca", t, root, rootKey); err != nil {
			return pki{}, broken(c.Dir, err)
		}
	}
	leaf, leafKey, err := loadPair(at("server.pem"), at("server.key"))
	if err != nil || leaf.CheckSignatureFrom(between) != nil || now.Add(renewWithin).After(leaf.NotAfter) ||
		!sameAIA(leaf, aia, intermediatePath) || !sameNames(leaf, c.Names) {
		t := leafTemplate(c.Names, now)
		t.IssuingCertificateURL = address(aia, intermediatePath)
		if leaf, leafKey, err = issue(c.Dir, "server", t, between, betweenKey); err != nil {
			return pki{}, broken(c.Dir, err)
		}
	}
	return pki{root: root, intermediate: between, server: tls.Certificate{
		Certificate: [][]byte{leaf.Raw, between.Raw}, PrivateKey: leafKey, Leaf: leaf,
	}}, nil
}

func broken(dir string, err error) error {
	return cred.Because(err, "config.file", fmt.Sprintf("the local server's folder %s cannot be used: %v", dir, err),
		"name another with --dir, or remove its server-* files to have them made anew")
}

// loadPair reads a certificate and its key and makes sure that they belong together.
func loadPair(certFile, keyFile string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	certText, err := os.ReadFile(certFile)
	if err != nil {
		return nil, nil, fmt.Errorf("reading a certificate: %w", err)
	}
	keyText, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, nil, fmt.Errorf("reading a key: %w", err)
	}
	certs, keys := cred.Blocks(certText), cred.Blocks(keyText)
	if len(certs) == 0 || len(keys) == 0 {
		return nil, nil, fmt.Errorf("%s or its key is empty", filepath.Base(certFile))
	}
	cert, err := x509.ParseCertificate(certs[0].Bytes)
	if err != nil {
		return nil, nil, fmt.Errorf("%s cannot be read", filepath.Base(certFile))
	}
	key, err := x509.ParsePKCS8PrivateKey(keys[0].Bytes)
	signer, ok := key.(*ecdsa.PrivateKey)
	if err != nil || !ok || !signer.PublicKey.Equal(cert.PublicKey) {
		return nil, nil, fmt.Errorf("the key of %s is not its own", filepath.Base(certFile))
	}
	return cert, signer, nil
}

// issue makes a key and a certificate, signs it with the issuer (or itself), and writes both; the certificate last, so that a
// certificate that is there has its key.
func issue(dir, name string, t, issuer *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("making a key: %w", err)
	}
	if issuer == nil {
		issuer, signer = t, key
	}
	t.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, nil, fmt.Errorf("drawing a serial: %w", err)
	}
	der, err := x509.CreateCertificate(rand.Reader, t, issuer, key.Public(), signer)
	if err != nil {
		return nil, nil, fmt.Errorf("making a certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, fmt.Errorf("reading our own certificate: %w", err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, fmt.Errorf("writing a key: %w", err)
	}
	keyText := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
	if err := atomicfile.Write(filepath.Join(dir, name+".key"), keyText, 0o600); err != nil {
		return nil, nil, err
	}
	return cert, key, atomicfile.Write(filepath.Join(dir, name+".pem"), cred.CertPEM(der), 0o644)
}

func authority(name string, now time.Time, years int) *x509.Certificate {
	return &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-10 * time.Minute), NotAfter: now.AddDate(years, 0, 0),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
}

func leafTemplate(names []string, now time.Time) *x509.Certificate {
	t := &x509.Certificate{
		Subject: pkix.Name{CommonName: names[0]}, NotBefore: now.Add(-10 * time.Minute), NotAfter: now.AddDate(0, 0, serverDays),
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, n)
		}
	}
	return t
}

func sameNames(c *x509.Certificate, names []string) bool {
	want := leafTemplate(names, time.Time{})
	return slices.Equal(c.DNSNames, want.DNSNames) && slices.EqualFunc(c.IPAddresses, want.IPAddresses, net.IP.Equal)
}

func sameAIA(c *x509.Certificate, base, path string) bool {
	return slices.Equal(c.IssuingCertificateURL, address(base, path))
}

func address(base, path string) []string {
	if base == "" {
		return nil
	}
	return []string{base + path}
}
