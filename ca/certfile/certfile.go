// Package certfile reads certificates as people keep them in files (PEM or DER, with CRLF, spaces, text and other blocks
// around) and names them so that a foreign name cannot play with a terminal. It knows what a root is, and nothing of keys.
package certfile

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"example.org/sectag/cred"
)

// MaxFile bounds what is read of a file that should hold certificates or a key: 1 MiB is four thousand certificates.
const MaxFile = 1 << 20

// Read reads a file that a person named; what says what they take it for ("certificate"). Every fault is config.file.
func Read(name, what string) ([]byte, error) {
	const hint = "give the path of an existing file"
	info, err := os.Stat(name)
	switch {
	case err != nil && os.IsNotExist(err):
		return nil, cred.Because(err, "config.file", fmt.Sprintf("there is no %s at %s", what, name), hint)
	case err != nil:
		return nil, unreadable(err, name, what)
	case !info.Mode().IsRegular():
		return nil, cred.Failed("config.file", fmt.Sprintf("%s is no file, a %s was wanted", name, what), hint)
	case info.Size() > MaxFile:
		return nil, cred.Failed("config.file", fmt.Sprintf("%s is too large for a %s: %d bytes", name, what, info.Size()), hint)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, unreadable(err, name, what)
	}
	return data, nil
}

func unreadable(err error, name, what string) error {
	return cred.Because(err, "config.file", fmt.Sprintf("the %s %s cannot be read", what, name),
		"look whether the file belongs to you and may be read: ls -l "+name)
}

// Certs reads every certificate of a file, PEM or DER. There is at least one: else the fault is config.file.
func Certs(name string) ([]*x509.Certificate, error) {
	data, err := Read(name, "certificate")
	if err != nil {
		return nil, err
	}
	certs, err := Parse(data)
	if err != nil {
		return nil, cred.Because(err, "config.file", fmt.Sprintf("%s: %s", name, err), "look at it with openssl x509 -text -in "+name)
	}
	if len(certs) == 0 {
		return nil, cred.Failed("config.file", name+" holds no certificate",
			"give the file that begins with -----BEGIN CERTIFICATE-----, not the key")
	}
	return certs, nil
}

// Parse reads PEM blocks or DER. A file with neither has no certificates and is no error; one that cannot be read is.
func Parse(data []byte) ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	blocks := cred.Blocks(data)
	for _, b := range blocks {
		if b.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(b.Bytes)
		if err != nil {
			return out, fmt.Errorf("certificate %d cannot be read: %w", len(out)+1, err)
		}
		out = append(out, c)
	}
	if len(blocks) == 0 {
		if c, err := x509.ParseCertificates(data); err == nil {
			return c, nil
		}
	}
	return out, nil
}

// Root reads the one root of a file, whether it has ended or not. Other certificates in the file are passed by. Faults:
// config.file (no file, no certificate, two roots), ca.not-a-ca.
func Root(certFile string) (*x509.Certificate, error) {
	certs, err := Certs(certFile)
	if err != nil {
		return nil, err
	}
	var roots []*x509.Certificate
	var why error
	for _, c := range certs {
		err := RootFault(c)
		switch {
		case err == nil && !slices.ContainsFunc(roots, c.Equal):
			roots = append(roots, c)
		case why == nil:
			why = err
		}
	}
	switch {
	case len(roots) == 0:
		return nil, why
	case len(roots) > 1:
		return nil, cred.Failed("config.file", fmt.Sprintf("%s holds %d roots", certFile, len(roots)),
			"give a file with the one root that is to sign")
	}
	return roots[0], nil
}

// RootFault says why a certificate is no root to sign with, as ca.not-a-ca; nil if it is one. A root without keyUsage is one,
// for OpenSSL makes such roots by default and servers take them.
func RootFault(c *x509.Certificate) error {
	name := Subject(c)
	no := func(text, hint string) error { return cred.Failed("ca.not-a-ca", text, hint) }
	const own = "give the certificate of your root, made by sectag ca init or with basicConstraints=critical,CA:TRUE"
	switch {
	case c.Version < 3:
		return no(fmt.Sprintf("%s is an X.509 version %d certificate, which cannot say that it is an authority", name, c.Version), own)
	case !IsCA(c):
		return no(name+" is a unit's or a server's certificate, not an authority's", own)
	case !bytes.Equal(c.RawSubject, c.RawIssuer):
		return no(fmt.Sprintf("%s is no root: %s signed it", name, Issuer(c)),
			"give the root's certificate; for an intermediate, a file that begins with it and has its root behind it")
	case c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageCertSign == 0:
		return no(name+" may not sign certificates: its keyUsage has no keyCertSign", own)
	case OtherPurpose(c):
		return no(name+" is for another use than a client's: its extendedKeyUsage has no clientAuth, so servers refuse all its units",
			"give a root without extendedKeyUsage, made by sectag ca init")
	}
	if err := c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature); err != nil {
		if bad := new(x509.InsecureAlgorithmError); errors.As(err, bad) {
			return no(fmt.Sprintf("%s is signed with %s, which nobody may trust any more", name, c.SignatureAlgorithm), own)
		}
		if errors.Is(err, x509.ErrUnsupportedAlgorithm) {
			return no(name+" has a key of a kind that sectag cannot check", "give a root with an EC or RSA key, made by sectag ca init")
		}
		return no(name+" bears its own name as issuer but another key signed it", own)
	}
	return nil
}

// IsCA tells whether a certificate says that it is a CA (basicConstraints).
func IsCA(c *x509.Certificate) bool { return c.BasicConstraintsValid && c.IsCA }

// OtherPurpose tells whether a certificate says what it is for, and TLS clients are not among it.
func OtherPurpose(c *x509.Certificate) bool {
	return len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) > 0 &&
		!slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageClientAuth) && !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny)
}

// Days counts whole days from one time to another, however far apart: a time.Duration ends after 292 years, a certificate
// without an end is of the year 9999. Negative where the second is the earlier.
func Days(from, to time.Time) int { return int((to.Unix() - from.Unix()) / (24 * 60 * 60)) }

// Subject names a certificate in a sentence.
func Subject(c *x509.Certificate) string { return named(c.Subject.String(), c) }

// Issuer names a certificate's issuer in a sentence.
func Issuer(c *x509.Certificate) string { return named(c.Issuer.String(), c) }

func named(s string, c *x509.Certificate) string {
	if s == "" {
		return "the certificate with serial " + Serial(c)
	}
	return Printable(s)
}

// Printable takes out of a foreign name what could move a terminal's cursor or break a line.
func Printable(s string) string { return cred.Line(s) }

// Serial writes a serial as lower-case hex, two characters a byte.
func Serial(c *x509.Certificate) string { return hex.EncodeToString(c.SerialNumber.Bytes()) }

// Second is the layout of an instant in a sentence.
const Second = "2006-01-02 15:04:05 MST"

// Day is the layout of a date in a sentence.
const Day = "2006-01-02"
