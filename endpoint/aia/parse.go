package aia

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"

	"example.org/sectag/cred"
)

// maxCerts is the most certificates that one answer may hold.
const maxCerts = 32

// Parse reads what stands behind a CA Issuers address: one certificate in DER (application/pkix-cert), a certs-only PKCS#7
// message (application/pkcs7-mime, .p7c), or either in PEM, which the RFC does not allow and servers send. What cannot be
// read among several is left out.
func Parse(body []byte) ([]*x509.Certificate, error) {
	if out := parseDER(body); len(out) > 0 {
		return out, nil
	}
	var out []*x509.Certificate
	for _, b := range cred.Blocks(body) {
		if len(out) >= maxCerts {
			break
		}
		switch b.Type {
		case "CERTIFICATE", "X509 CERTIFICATE", "PKCS7", "CMS":
			out = append(out, parseDER(b.Bytes)...)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("it holds no certificate in DER, PEM or PKCS#7")
	}
	return out, nil
}

func parseDER(der []byte) []*x509.Certificate {
	if c, err := x509.ParseCertificate(der); err == nil {
		return []*x509.Certificate{c}
	}
	out, err := parsePKCS7(der)
	if err != nil {
		return nil
	}
	return out
}

// parsePKCS7 reads the certificates of a SignedData without signers (RFC 5652, sections 3 and 5.1).
func parsePKCS7(der []byte) ([]*x509.Certificate, error) {
	var message struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue `asn1:"explicit,tag:0"`
	}
	if _, err := asn1.Unmarshal(der, &message); err != nil {
		return nil, fmt.Errorf("read a PKCS#7 message: %w", err)
	}
	if !message.Type.Equal(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}) {
		return nil, errors.New("the PKCS#7 message is no SignedData")
	}
	var signed struct {
		Version      int
		Algorithms   asn1.RawValue
		Content      asn1.RawValue
		Certificates asn1.RawValue `asn1:"optional,tag:0"`
		Lists        asn1.RawValue `asn1:"optional,tag:1"`
		Signers      asn1.RawValue
	}
	if _, err := asn1.Unmarshal(message.Content.Bytes, &signed); err != nil {
		return nil, fmt.Errorf("read a PKCS#7 message: %w", err)
	}
	var out []*x509.Certificate
	for rest := signed.Certificates.Bytes; len(rest) > 0 && len(out) < maxCerts; {
		var one asn1.RawValue
		var err error
		if rest, err = asn1.Unmarshal(rest, &one); err != nil {
			break
		}
		if c, err := x509.ParseCertificate(one.FullBytes); err == nil {
			out = append(out, c)
		}
	}
	return out, nil
}
