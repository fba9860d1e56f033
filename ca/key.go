package ca

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"io"

	"example.org/sectag/ca/keyfile"
)

// Key is a unit's private key, EC P-256, made by this computer's random generator. It lives for one write into a modem and
// one proof: Clear it then. Printing it in any way shows no part of it.
type Key struct {
	signer *ecdsa.PrivateKey
	pem    []byte
}

// NewKey makes a key. EC P-256 is what the nRF91 takes and RFC 7925, section 4.4 asks for.
func NewKey() (*Key, error) {
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a unit's key: %w", err)
	}
	text, err := keyfile.Encode(signer, nil)
	if err != nil {
		return nil, fmt.Errorf("making a unit's key: %w", err)
	}
	return &Key{signer: signer, pem: text}, nil
}

// Public is the key's public half. It stays after Clear.
func (k *Key) Public() crypto.PublicKey { return &k.signer.PublicKey }

// PEM is the key as PKCS#8 in clear: the bytes for slot type 2. The slice is the key's own, so Clear overwrites it; nil after.
func (k *Key) PEM() []byte { return k.pem }

// Clear overwrites the key. It may be called more than once.
func (k *Key) Clear() {
	if k == nil || k.pem == nil {
		return
	}
	clear(k.pem)
	k.pem = nil
	keyfile.Clear(k.signer)
}

// Format keeps every verb of fmt from printing the key.
func (k *Key) Format(s fmt.State, _ rune) { io.WriteString(s, "private key (hidden)") }
