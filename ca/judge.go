package ca

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"

	"example.org/sectag/cred"
)

// The extensions of a unit's certificate (RFC 5280, section 4.2.1).
var (
	oidSubject     = asn1.ObjectIdentifier{2, 5, 29, 14}
	oidKeyUsage    = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidConstraints = asn1.ObjectIdentifier{2, 5, 29, 19}
	oidAuthority   = asn1.ObjectIdentifier{2, 5, 29, 35}
	oidExtended    = asn1.ObjectIdentifier{2, 5, 29, 37}
)

// Judge reads a unit's certificate that this authority signed and says in what it departs from the profile of Issue: each a
// finding ca.profile, an error. The same certificate and root give the same findings, in the same order. None means that it
// may be handed out.
func Judge(der []byte, r Root) []cred.Finding {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return []cred.Finding{departs("it cannot be read as a certificate")}
	}
	var out []cred.Finding
	need := func(ok bool, otherwise string) {
		if !ok {
			out = append(out, departs(otherwise))
		}
	}
	need(c.Version == 3, fmt.Sprintf("it is X.509 version %d, not 3", c.Version))
	need(c.SerialNumber.Sign() > 0 && c.SerialNumber.BitLen() >= 64 && c.SerialNumber.BitLen() <= 8*serialBytes,
		"its serial is not a positive number of 64 to 128 bits")
	need(len(c.Subject.Names) == 1 && nameOK(c.Subject.CommonName) == nil, "its subject is not one common name of a unit")
	need(keyOK(c.PublicKey), "its key is "+cred.KeyName(c.PublicKey)+", not EC P-256")
	need(c.BasicConstraintsValid && !c.IsCA && critical(c, oidConstraints), "it does not say critically that it is no CA")
	need(c.KeyUsage == x509.KeyUsageDigitalSignature && critical(c, oidKeyUsage),
		"its key usage is not critically digitalSignature alone")
	need(slices.Equal(c.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}) && len(c.UnknownExtKeyUsage) == 0,
		"its extended key usage is not clientAuth alone")
	need(len(c.SubjectKeyId) == 0, "it has a subject key identifier, which only a CA has use for")
	for _, x := range c.Extensions {
		known := x.Id.Equal(oidSubject) || // has its own line above
			x.Id.Equal(oidKeyUsage) || x.Id.Equal(oidConstraints) || x.Id.Equal(oidAuthority) || x.Id.Equal(oidExtended)
		need(known, "it has the extension "+x.Id.String()+", which is not of the profile")
	}
	return append(out, judgeIssuer(c, r)...)
}

func judgeIssuer(c *x509.Certificate, r Root) []cred.Finding {
	root := r.Cert
	var out []cred.Finding
	need := func(ok bool, otherwise string) {
		if !ok {
			out = append(out, departs(otherwise))
		}
	}
	aki, err := keyID(root)
	need(err == nil && bytes.Equal(c.AuthorityKeyId, aki), "its authority key identifier is not its issuer's")
	need(bytes.Equal(c.RawIssuer, root.RawSubject), "its issuer's name is not the authority's")
	need(root.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil, "the authority's key did not sign it")
	need(!c.NotBefore.Before(root.NotBefore), "it begins before its issuer")
	need(!c.NotAfter.After(r.line().End()), "it outlives its issuer")
	need(c.NotAfter.After(c.NotBefore), "it ends before it begins")
	return out
}

func departs(text string) cred.Finding {
	return cred.Finding{Code: "ca.profile", Severity: cred.Error, Text: text, Hint: "do not use this certificate; have it issued anew"}
}

func critical(c *x509.Certificate, oid asn1.ObjectIdentifier) bool {
	return slices.ContainsFunc(c.Extensions, func(x pkix.Extension) bool { return x.Id.Equal(oid) && x.Critical })
}
