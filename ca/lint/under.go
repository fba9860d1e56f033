package lint

import (
	"bytes"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"

	"example.org/sectag/cred"
)

// under are the rules between a certificate and its issuer. An audit finds the issuer by name and signature, and compares the ends over
// the whole way to the root, so it asks two of them only.
var under = []Rule{
	{
		"ca.lint-issuer", "RFC 5280, 6.1.3", cred.Error, "", "the issuer's own name",
		func(v *view) string {
			return when(!bytes.Equal(v.c.RawIssuer, v.issuer.RawSubject), "bears another name as issuer than the authority's")
		},
	},
	{
		"ca.lint-signed", "RFC 5280, 6.1.3", cred.Error, "", "the issuer's signature",
		func(v *view) string {
			err := v.issuer.CheckSignature(v.c.SignatureAlgorithm, v.c.RawTBSCertificate, v.c.Signature)
			return when(err != nil, "was not signed by the authority's key")
		},
	},
	{
		"ca.lint-aki", "RFC 5280, 4.2.1.1; openssl verify, error 30", cred.Error, cred.Warning, "the issuer's key identifier",
		func(v *view) string {
			id, err := KeyID(v.issuer)
			there := len(v.c.AuthorityKeyId) > 0
			return when(there && (err != nil || !bytes.Equal(v.c.AuthorityKeyId, id)), "has an authority key identifier that is not its issuer's, so servers do not find the issuer")
		},
	},
	{
		"ca.lint-early", "RFC 5280, 6.1.3", cred.Error, cred.Info, "no beginning before the issuer's",
		func(v *view) string {
			return when(v.c.NotBefore.Before(v.issuer.NotBefore), "begins before its issuer")
		},
	},
	{
		"ca.lint-outlives", "RFC 5280, 6.1.3", cred.Error, "", "no end behind the issuer's, nor behind that of what stands above",
		func(v *view) string { return when(v.c.NotAfter.After(v.end), "outlives its issuer") },
	},
}

// KeyID is what a certificate names its issuer by: the issuer's subject key identifier, or where an old root has none, the one that RFC
// 5280, section 4.2.1.2, method 1 would give it.
func KeyID(issuer *x509.Certificate) ([]byte, error) {
	if len(issuer.SubjectKeyId) > 0 {
		return issuer.SubjectKeyId, nil
	}
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(issuer.RawSubjectPublicKeyInfo, &info); err != nil {
		return nil, fmt.Errorf("reading the authority's public key: %w", err)
	}
	sum := sha1.Sum(info.Key.RightAlign()) // an identifier, not a protection
	return sum[:], nil
}
