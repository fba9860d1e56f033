package keygen

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"fmt"
	"math/big"

	"example.org/sectag/cred"
)

// KeyID says with which key the modem signed.
type KeyID int64

// The keys (nrf91.md 1.5, COSE header 4).
const (
	IdentityKey         KeyID = -2 // the device's own
	NordicProductionKey KeyID = -4
	NordicResearchKey   KeyID = -5
)

// String is the key as people call it.
func (k KeyID) String() string {
	switch k {
	case IdentityKey:
		return "identity key"
	case NordicProductionKey:
		return "Nordic production key"
	case NordicResearchKey:
		return "Nordic R&D key"
	}
	return fmt.Sprintf("key %d", int64(k))
}

// Signature is the second part of an answer.
type Signature struct {
	Key      KeyID
	COSE     []byte      // the part itself
	SHA256   cred.Digest // of COSE: `attestation_sha256` of a record
	Verified bool        // Verify was asked, and said yes

	rs        [64]byte
	external  []byte // the body
	payload   []byte // nil for a token
	fromToken bool
}

// es256Header is the protected header {1: -7}: ECDSA with SHA-256.
var es256Header = []byte{0xa1, 0x01, 0x26}

const headerKeyID = 4

// sign1 is a COSE_Sign1 that was read. payload is nil when it was null.
type sign1 struct {
	Signature
	payload []byte
}

// parseSign1 reads a COSE_Sign1 (RFC 9052, section 4.2): tag 18, [protected, unprotected, payload or null, signature].
func parseSign1(cose []byte) (sign1, error) {
	s := sign1{Signature: Signature{COSE: cose, SHA256: cred.Sum(cose)}}
	rest, ok := bytes.CutPrefix(cose, sign1Tag)
	if !ok {
		return sign1{}, garbled("its second part is no COSE_Sign1", nil)
	}
	f, err := array(rest, 4)
	if err != nil {
		return sign1{}, err
	}
	var r reader
	protected := r.bytes(f[0], 0)
	s.Key = r.keyID(f[1])
	if !bytes.Equal(f[2], []byte{0xf6}) {
		s.payload = r.bytes(f[2], 0)
	}
	copy(s.rs[:], r.bytes(f[3], len(s.rs)))
	if r.err != nil {
		return sign1{}, garbled("its second part is not of the known shape", r.err)
	}
	if !bytes.Equal(protected, es256Header) {
		return sign1{}, garbled("it is signed in another way than ES256", nil)
	}
	return s, nil
}

func (s *sign1) sayWhat(body, payload []byte) {
	s.Signature.external, s.Signature.payload, s.fromToken = body, payload, payload == nil
}

// Verify checks the signature with the modem's public identity key and remembers in Verified that it is right. Fault:
// keygen.signature. No verb calls it, because nobody gives us that key; the tests do, to hold what is said here of the published answers.
//
// What goes into a signature beside the payload was found out from published answers (testdata): firmware of the nRF9160 gives
// the body as external data, with null as the payload of a token; firmware of the nRF91x1 gives nothing with a key's payload. All
// forms that are tried bind the body: a key's payload holds its digest. A token with the body as detached payload (RFC 9052,
// section 4.4) was not seen yet and is taken as well.
func (s *Signature) Verify(identity *ecdsa.PublicKey) error {
	if identity == nil || identity.Curve != elliptic.P256() {
		return cred.Failed("keygen.signature", "the modem's signature cannot be checked: the key that was given is not EC P-256",
			"give the public identity key of this modem")
	}
	forms := [][2][]byte{{nil, s.payload}, {s.external, s.payload}}
	if s.fromToken {
		forms = [][2][]byte{{s.external, nil}, {nil, s.external}}
	}
	r, sig := new(big.Int).SetBytes(s.rs[:32]), new(big.Int).SetBytes(s.rs[32:])
	for _, f := range forms {
		text, err := signedText(f[0], f[1])
		if err != nil {
			return err
		}
		if hash := sha256.Sum256(text); ecdsa.Verify(identity, hash[:], r, sig) {
			s.Verified = true
			return nil
		}
	}
	return cred.Failed("keygen.signature", "the modem's signature is not of the identity key that was given",
		"compare the unit with the one that the key is of; do not use this key until they agree")
}
