package sim

import (
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"example.org/sectag/cred"
)

// Alerts with which a client is refused (RFC 5246, section 7.2.2).
const (
	fatal                  = 2
	handshakeFailure       = 40
	noCertificate          = 41
	badCertificate         = 42
	unsupportedCertificate = 43
	certificateExpired     = 45
	unknownCA              = 48
)

// ClientCAFile is where a server looks for the authorities that may sign units, unless it is told otherwise.
func ClientCAFile(dir string) string { return filepath.Join(dir, "client-ca.pem") }

// judgeClient checks a client's chain against the authorities that the file names now. It returns the common name, or the
// alert and the reason to refuse with. A file that is missing or holds nothing trusts nobody.
func judgeClient(file string, raw [][]byte, now time.Time) (name string, alert uint32, err error) {
	if len(raw) == 0 {
		return "", handshakeFailure, errors.New("the client sent no certificate")
	}
	leaf, err := x509.ParseCertificate(raw[0])
	if err != nil {
		return "", badCertificate, fmt.Errorf("the client's certificate cannot be read: %w", err)
	}
	between := x509.NewCertPool()
	for _, der := range raw[1:] {
		if c, err := x509.ParseCertificate(der); err == nil {
			between.AddCert(c)
		}
	}
	_, err = leaf.Verify(x509.VerifyOptions{
		Roots: clientCAs(file), Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return leaf.Subject.CommonName, alertFor(err, leaf, now), fmt.Errorf("the certificate of %q: %w", leaf.Subject.CommonName, err)
	}
	return leaf.Subject.CommonName, 0, nil
}

func clientCAs(file string) *x509.CertPool {
	pool := x509.NewCertPool()
	text, err := os.ReadFile(file)
	if err != nil {
		return pool
	}
	for _, b := range cred.Blocks(text) {
		if c, err := x509.ParseCertificate(b.Bytes); b.Type == "CERTIFICATE" && err == nil {
			pool.AddCert(c)
		}
	}
	return pool
}

// alertFor chooses as OpenSSL does.
func alertFor(err error, leaf *x509.Certificate, now time.Time) uint32 {
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &unknown):
		return unknownCA
	case !errors.As(err, &invalid):
		return badCertificate
	case invalid.Reason == x509.Expired && now.After(leaf.NotAfter):
		return certificateExpired
	case invalid.Reason == x509.IncompatibleUsage:
		return unsupportedCertificate
	}
	return badCertificate
}
