package ca

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"

	"example.org/sectag/ca/certfile"
	"example.org/sectag/ca/lint"
	"example.org/sectag/cred"
)

// CSR is a request for a certificate: a public key, and the proof that who asks holds its private half. What it asks for beside
// that is told and not followed: the name comes from the id template, the usage from the profile of Issue.
type CSR struct {
	DER    []byte           // as it came
	SHA256 cred.Digest      // of DER: what a modem signs in its answer to %KEYGEN
	Public *ecdsa.PublicKey // EC P-256: Request.Public
	SPKI   cred.Digest      // of the DER SubjectPublicKeyInfo, to be compared with Certificate.SPKI
	Name   string           // the subject's common name, made printable; empty when it has none
	Usage  x509.KeyUsage    // that it asks for; 0 when it does not say
}

// maxCSR is more than any request for an EC key: a modem's has 270 bytes.
const maxCSR = 8192

// What is read of a request: the CN of its subject, and what it asks its certificate to say (RFC 5280, section 4.2.1).
var (
	oidCommonName  = asn1.ObjectIdentifier{2, 5, 4, 3}
	oidKeyUsage    = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidConstraints = asn1.ObjectIdentifier{2, 5, 29, 19}
)

// ecdsa-with-SHA256 as RFC 5758 wants it, and as modems write it, with a NULL that is forbidden there.
var (
	oidECDSA     = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
	derECDSA     = []byte{0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02}
	derECDSANull = []byte{0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02, 0x05, 0x00}
)

// ParseCSR reads a PKCS#10 request in DER and verifies its signature. A NULL behind ecdsa-with-SHA256, which modems write, is let
// through, and nothing else that DER forbids. Fault: ca.csr.
func ParseCSR(der []byte) (CSR, error) {
	if len(der) > maxCSR {
		return CSR{}, refuseCSR(fmt.Sprintf("it has %d bytes, %d are enough", len(der), maxCSR), nil)
	}
	if why := csrShape(der); why != "" {
		if c, err := x509.ParseCertificateRequest(der); err == nil && !lint.P256(c.PublicKey) {
			return CSR{}, otherKey(c.PublicKey)
		}
		return CSR{}, refuseCSR(why, nil)
	}
	c, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return CSR{}, refuseCSR("it cannot be read", err)
	}
	if !lint.P256(c.PublicKey) {
		return CSR{}, otherKey(c.PublicKey)
	}
	key := c.PublicKey.(*ecdsa.PublicKey)
	spki, err := x509.MarshalPKIXPublicKey(key)
	if err != nil || !bytes.Equal(spki, c.RawSubjectPublicKeyInfo) {
		return CSR{}, refuseCSR("its key is not written as others write it", err)
	}
	if err := c.CheckSignature(); err != nil {
		return CSR{}, refuseCSR("it is not signed with its own key, so who asks need not hold that key", err)
	}
	usage, err := csrUsage(c)
	if err != nil {
		return CSR{}, err
	}
	return CSR{
		DER: bytes.Clone(der), SHA256: cred.Sum(der), Public: key, SPKI: cred.Sum(spki),
		Name: certfile.Printable(c.Subject.CommonName), Usage: usage,
	}, nil
}

// Named tells whether the request's subject is this one common name and nothing beside it. Whoever asked for a key under a name that
// nobody had before knows by it that the request is the answer, and no older one.
func (r CSR) Named(name string) bool {
	c, err := x509.ParseCertificateRequest(r.DER)
	if err != nil || name == "" {
		return false
	}
	var subject pkix.RDNSequence
	if rest, err := asn1.Unmarshal(c.RawSubject, &subject); err != nil || len(rest) > 0 || len(subject) != 1 || len(subject[0]) != 1 {
		return false
	}
	text, isText := subject[0][0].Value.(string)
	return isText && text == name && subject[0][0].Type.Equal(oidCommonName)
}

// csrShape looks at what Go's reader passes over: the version, the parameters of the algorithm, and whatever stands where nothing
// should. It takes the request apart and puts it together again, with the algorithm in either form: one must give the same bytes.
func csrShape(der []byte) (why string) {
	var r struct {
		Info      asn1.RawValue
		Algorithm struct{ ID asn1.ObjectIdentifier }
		Signature asn1.BitString
	}
	if rest, err := asn1.Unmarshal(der, &r); err != nil || len(rest) > 0 {
		return "it is no certificate request in DER"
	}
	if !r.Algorithm.ID.Equal(oidECDSA) {
		return "it is not signed with ECDSA and SHA-256"
	}
	var version int
	if _, err := asn1.Unmarshal(r.Info.Bytes, &version); err != nil || version != 0 {
		return "it is not of version 1"
	}
	for _, algorithm := range [][]byte{derECDSA, derECDSANull} {
		again, err := asn1.Marshal(struct {
			Info, Algorithm asn1.RawValue
			Signature       asn1.BitString
		}{asn1.RawValue{FullBytes: r.Info.FullBytes}, asn1.RawValue{FullBytes: algorithm}, r.Signature})
		if err == nil && bytes.Equal(again, der) {
			return ""
		}
	}
	return "its signature has parameters, or it has parts, that do not belong there"
}

// csrUsage reads what the key shall be used for, and refuses a request for an authority: no unit has use for one, and a signer
// that goes by requests would make one.
func csrUsage(c *x509.CertificateRequest) (x509.KeyUsage, error) {
	var usage x509.KeyUsage
	for _, x := range c.Extensions {
		switch {
		case x.Id.Equal(oidKeyUsage):
			var bits asn1.BitString
			if rest, err := asn1.Unmarshal(x.Value, &bits); err != nil || len(rest) > 0 || bits.BitLength > 9 {
				return 0, refuseCSR("the key usage that it asks for cannot be read", err)
			}
			for i := range bits.BitLength {
				usage |= x509.KeyUsage(bits.At(i) << i)
			}
		case x.Id.Equal(oidConstraints):
			var basic struct {
				IsCA bool `asn1:"optional"`
				Path int  `asn1:"optional,default:-1"`
			}
			if rest, err := asn1.Unmarshal(x.Value, &basic); err != nil || len(rest) > 0 {
				return 0, refuseCSR("the constraints that it asks for cannot be read", err)
			}
			if basic.IsCA {
				return 0, refuseCSR("it asks to be an authority", nil)
			}
		}
	}
	if usage&(x509.KeyUsageCertSign|x509.KeyUsageCRLSign) != 0 {
		return 0, refuseCSR("it asks to be an authority", nil)
	}
	return usage, nil
}

// otherKey refuses a request by its key. What signed it follows from that, and would say nothing to whoever can make another.
func otherKey(key any) error {
	return cred.Failed("ca.csr", "the certificate request is refused: its key is "+cred.KeyName(key)+", not EC P-256",
		"make a new key and request: openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -keyout unit.key -out unit.csr; a modem's own keys are EC P-256")
}

func refuseCSR(why string, err error) error {
	return cred.Because(err, "ca.csr", "the certificate request is refused: "+why,
		"have the unit make a new key and request; openssl req -verify -noout -inform DER -in FILE looks at one")
}

// Prove compares the certificate with the request: it is for the key whose holder signed the request. Records may say so ("csr") only
// after this. Fault: ca.key-mismatch.
func (r CSR) Prove(c Certificate) error {
	cert, err := x509.ParseCertificate(c.DER)
	if err != nil || cred.Sum(cert.RawSubjectPublicKeyInfo) != r.SPKI || c.SPKI != r.SPKI {
		return cred.Because(err, "ca.key-mismatch", "the certificate is for another key than the request",
			"issue the certificate for this request")
	}
	return nil
}
