package evidence

import (
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"fmt"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

// Imported is a certificate that somebody else issued and that was written by hand. A name that no unit of ours could have is left out.
func Imported(c *x509.Certificate) *record.Certificate {
	out := &record.Certificate{
		Serial: hex.EncodeToString(c.SerialNumber.Bytes()), Subject: c.Subject.String(), Name: c.Subject.CommonName, Issuer: c.Issuer.String(),
		NotBefore: record.Stamp(c.NotBefore), NotAfter: record.Stamp(c.NotAfter), SHA256: cred.Sum(cred.CertPEM(c.Raw)),
		SPKI: cred.Sum(c.RawSubjectPublicKeyInfo), Key: cred.KeyName(c.PublicKey), IsCA: c.IsCA,
		Signature: c.SignatureAlgorithm.String(), PEM: string(cred.CertPEM(c.Raw)),
	}
	if (record.Binding{What: record.BindName, Value: out.Name}).Valid() != nil {
		out.Name = ""
	}
	return out
}

// ImportedKey says of a private key from a file what may be said: its kind and its public half.
func ImportedKey(key any) (*record.Key, error) {
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("the key cannot sign")
	}
	der, err := x509.MarshalPKIXPublicKey(signer.Public())
	if err != nil {
		return nil, err
	}
	return &record.Key{Origin: "imported", Algorithm: cred.KeyName(signer.Public()), SPKI: cred.Sum(der), HostCopy: "kept", Proof: "none"}, nil
}
