package ca

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"

	"example.org/sectag/ca/keyfile"
	"example.org/sectag/cred"
)

// Prove signs with the very bytes that PEM gives, as a unit would read them, and verifies with the certificate: the key belongs to
// it. Records may say so ("sign-verify") only after this. Fault: ca.profile.
func (k *Key) Prove(c Certificate) error {
	wrong := func(err error) error {
		return cred.Because(err, "ca.profile", "the new key does not belong to the new certificate", "this is a defect of sectag: please report it")
	}
	b, _ := pem.Decode(k.pem)
	if b == nil {
		return wrong(nil)
	}
	key, err := x509.ParsePKCS8PrivateKey(b.Bytes)
	clear(b.Bytes)
	if err != nil {
		return wrong(err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return wrong(nil)
	}
	defer keyfile.Clear(signer)
	cert, err := x509.ParseCertificate(c.DER)
	if err != nil {
		return wrong(err)
	}
	text := []byte("sectag proves that a key is its certificate's")
	hash := sha256.Sum256(text)
	sig, err := signer.Sign(rand.Reader, hash[:], crypto.SHA256)
	if err != nil {
		return wrong(err)
	}
	if err := cert.CheckSignature(x509.ECDSAWithSHA256, text, sig); err != nil {
		return wrong(err)
	}
	return nil
}
