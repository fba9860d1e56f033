package keyuri

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"io"
	"slices"

	"example.org/sectag/cred"
)

// checked is a signer whose every signature is verified with the public key before anybody gets it.
type checked struct {
	holder
	public crypto.PublicKey
	name   string // as the person wrote it
}

// Public is the public half.
func (c *checked) Public() crypto.PublicKey { return c.public }

// Sign signs a digest: ECDSA, or RSA with PKCS#1 version 1.5. Faults: ca.signer, those of the holder (ca.stopped among them).
func (c *checked) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	hash := opts.HashFunc()
	if _, pss := opts.(*rsa.PSSOptions); pss || !slices.Contains(hashes, hash) || len(digest) != hash.Size() {
		return nil, cred.Failed("config.value", "a signature of another kind is wanted than keys behind pkcs11: and exec: give",
			"EC or RSA with PKCS#1 version 1.5, and SHA-256, SHA-384 or SHA-512")
	}
	sig, err := c.sign(digest, hash)
	if err != nil {
		return nil, err
	}
	if !verifies(c.public, digest, hash, sig) {
		return nil, cred.Failed("ca.signer", "the signature that came back is not by the authority's key",
			"the signer has another key than the certificate, or spoils what it signs: have it sign with the key that was made with the certificate")
	}
	return sig, nil
}

// hashes are those that certificates are signed with.
var hashes = []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512}

func verifies(public crypto.PublicKey, digest []byte, hash crypto.Hash, sig []byte) bool {
	switch k := public.(type) {
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(k, digest, sig)
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(k, hash, digest, sig) == nil
	}
	return false
}

// trial has a text signed that can be nothing else: no certificate begins so. A signature by another key is a key mismatch here, where
// nothing was signed before.
func (c *checked) trial() error {
	text := "sectag: is this the key of the authority? " + hex.EncodeToString(random(16))
	digest := sha256.Sum256([]byte(text))
	sig, err := c.sign(digest[:], crypto.SHA256)
	if err != nil {
		return err
	}
	if !verifies(c.public, digest[:], crypto.SHA256, sig) {
		return cred.Failed("ca.key-mismatch", "the key behind "+clip(c.name)+" is not the certificate's: its signature on trial does not verify",
			"name the key that was made together with the certificate")
	}
	return nil
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails since Go 1.24
	return b
}

// digestOf is the SHA-256 of a public key's SubjectPublicKeyInfo, by which a signer with many keys finds the one that is meant.
func digestOf(public crypto.PublicKey) (string, error) {
	if err := signs(public); err != nil {
		return "", err
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return "", fmt.Errorf("reading the authority's public key: %w", err)
	}
	return cred.Sum(der).String(), nil
}
