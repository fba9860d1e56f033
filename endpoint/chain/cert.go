package chain

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"example.org/sectag/cred"
)

// Cert is a certificate as a document shows it.
type Cert struct {
	Subject   string      `json:"subject"`
	Issuer    string      `json:"issuer"`
	NotBefore time.Time   `json:"not_before"`
	NotAfter  time.Time   `json:"not_after"`
	Key       string      `json:"key"`       // "EC P-256", "RSA 2048"…
	Signature string      `json:"signature"` // "ECDSA-SHA256"…
	SHA256    cred.Digest `json:"sha256"`    // of the minimal PEM, as sha256sum of a file with it and the modem's list show it
	PEMBytes  int         `json:"pem_bytes"` // of the minimal PEM
}

// Describe is c as a document shows it. Names are cleaned of what a terminal would obey.
func Describe(c *x509.Certificate) Cert {
	return Cert{
		Subject: Name(c.Subject.String()), Issuer: Name(c.Issuer.String()),
		NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(),
		Key: cred.KeyName(c.PublicKey), Signature: c.SignatureAlgorithm.String(),
		SHA256: cred.Sum(cred.CertPEM(c.Raw)), PEMBytes: len(cred.CertPEM(c.Raw)),
	}
}

// Name makes a stranger's text fit for one line of a terminal: unprintable characters are replaced, length is bounded.
func Name(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, s)
	if r := []rune(s); len(r) > 200 {
		s = string(r[:199]) + "…"
	}
	return s
}

// Issues tells whether parent is named as child's issuer, may issue, and signed child. The error says which of these fails.
func Issues(parent, child *x509.Certificate) error {
	if string(parent.RawSubject) != string(child.RawIssuer) {
		return fmt.Errorf("%s is not the issuer that %s names", Name(parent.Subject.String()), Name(child.Subject.String()))
	}
	err := child.CheckSignatureFrom(parent)
	var not x509.ConstraintViolationError
	if errors.As(err, &not) {
		return fmt.Errorf("%s signed %s and is no authority: its own certificate does not allow that (CA:FALSE, or no keyCertSign)",
			Name(parent.Subject.String()), Name(child.Subject.String()))
	}
	if err != nil {
		return fmt.Errorf("the signature of %s by %s: %w", Name(child.Subject.String()), Name(parent.Subject.String()), err)
	}
	return nil
}

// SelfSigned tells whether c is signed with its own key. A root's own signature proves nothing, so an outdated algorithm
// (SHA-1 on the roots of the 2000s) is no objection to it.
func SelfSigned(c *x509.Certificate) bool {
	if string(c.RawSubject) != string(c.RawIssuer) {
		return false
	}
	err := c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature)
	var outdated x509.InsecureAlgorithmError
	return err == nil || errors.As(err, &outdated)
}

// ParsePEM reads every certificate of a PEM file.
func ParsePEM(file []byte) ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	for _, b := range cred.Blocks(file) {
		if b.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(b.Bytes)
		if err != nil {
			return nil, fmt.Errorf("read certificate %d: %w", len(out)+1, err)
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, errors.New("no PEM certificate in it")
	}
	return out, nil
}
