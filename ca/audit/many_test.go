package audit

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"testing"
	"time"

	"example.org/sectag/cred"
)

// many is a root and so many units of it, as PEM.
func many(tb testing.TB, n int) (root []byte, units [][]byte) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	serial := new(big.Int).Lsh(big.NewInt(1), 120)
	begin := time.Now().Add(-time.Hour)
	top := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Root"}, NotBefore: begin, NotAfter: begin.AddDate(20, 0, 0),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign,
	}
	sign := func(tmpl, by *x509.Certificate, pub *ecdsa.PublicKey) []byte {
		der, err := x509.CreateCertificate(rand.Reader, tmpl, by, pub, key)
		if err != nil {
			tb.Fatal(err)
		}
		return der
	}
	der := sign(top, top, &key.PublicKey)
	if top, err = x509.ParseCertificate(der); err != nil {
		tb.Fatal(err)
	}
	for i := range n {
		own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			tb.Fatal(err)
		}
		serial = new(big.Int).Add(serial, big.NewInt(1))
		units = append(units, cred.CertPEM(sign(&x509.Certificate{
			SerialNumber: serial, Subject: pkix.Name{CommonName: fmt.Sprintf("urn:imei:%015d", i+1)}, NotBefore: begin, NotAfter: begin.AddDate(10, 0, 0),
			BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		}, top, &own.PublicKey)))
	}
	return cred.CertPEM(der), units
}
