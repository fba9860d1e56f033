// Package keygen reads what a modem says about a key that it made itself (AT%KEYGEN) and about who it is (AT%ATTESTTOKEN). Both
// answers are a body and a COSE signature over it, each as base64url, with a full stop between them. Nothing here talks to a
// modem: text goes in, and what it says comes out, or a fault.
//
// How to read it:
//
//	keygen.go  Parse: the key's answer. Its body is a certificate request (read on with ca.ParseCSR) or a public key
//	token.go   ParseToken: the attestation token
//	text.go    the line on the wire: prefix, quotes, base64url
//	cose.go    COSE_Sign1 and its signature
//	cbor.go    the little CBOR that is needed, strictly; the only file that knows the library
//
// Everything is checked that can be: shape, lengths, the digest over the very bytes of the body. The signature can be checked by
// whoever has the public identity key of the modem; nobody gives it to us, so an answer says whether that was done.
package keygen

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"strings"

	"example.org/sectag/cred"
)

// Content is what the body of an answer to AT%KEYGEN is, by the number that the modem signs with it.
type Content uint8

// The contents (nrf91.md 1.5, first element of the COSE payload).
const (
	PublicKey Content = 8 // AT%KEYGEN=<tag>,2,1
	CSR       Content = 9 // AT%KEYGEN=<tag>,2,0
)

// String is the content as people call it.
func (c Content) String() string {
	switch c {
	case PublicKey:
		return "public key"
	case CSR:
		return "certificate request"
	}
	return "unknown"
}

// Answer is what the modem said of a key that it made (AT manuals, %KEYGEN; nrf91.md 1.5).
type Answer struct {
	Content Content
	Body    []byte           // as the modem signed it. A CSR is DER and holds an illegal NULL: hash it first, then read it
	Digest  cred.Digest      // SHA-256 of Body; equal to what the modem signed, if there is a proof
	Public  *ecdsa.PublicKey // of a PublicKey body that is a SubjectPublicKeyInfo; nil for a CSR, and for a body in CBOR
	Proof   *Proof           // nil when the answer had no second part
}

// Proof is what the modem signed about a key (nrf91.md 1.5, COSE payload).
type Proof struct {
	Signature
	UUID   string // of the device, lower case
	SecTag cred.SecTag
	Nonce  [16]byte
}

// Parse reads the answer to AT%KEYGEN: the line `%KEYGEN: "body.cose"`, or what stands between its quotes. Where the second part
// is missing (people cut it off) Proof is nil. Faults: keygen.garbled, keygen.digest.
func Parse(line string) (Answer, error) {
	body, cose, err := parts("%KEYGEN", line)
	if err != nil {
		return Answer{}, err
	}
	a := Answer{Body: body, Digest: cred.Sum(body)}
	if a.Content, a.Public, err = look(body); err != nil {
		return Answer{}, err
	}
	if cose == nil {
		return a, nil
	}
	s, err := parseSign1(cose)
	if err != nil {
		return Answer{}, err
	}
	c, p, digest, err := parseProof(s)
	if err != nil {
		return Answer{}, err
	}
	if c != a.Content {
		return Answer{}, garbled("it is signed as a "+c.String()+", and the body is a "+a.Content.String(), nil)
	}
	if digest != a.Digest {
		return Answer{}, cred.Failed("keygen.digest",
			"the modem signed another "+c.String()+" than the one in its answer", hintAgain)
	}
	s.sayWhat(body, s.payload)
	p.Signature = s.Signature
	a.Proof = &p
	return a, nil
}

// Check compares the answer with what was asked: the tag of the command, and the modem's UUID where it is known (else ""). Faults:
// keygen.no-proof (there is nothing to compare; the caller decides whether that matters), keygen.sec-tag, keygen.other-unit.
func (a Answer) Check(tag cred.SecTag, uuid string) error {
	switch p := a.Proof; {
	case p == nil:
		return cred.Failed("keygen.no-proof", "the modem's answer has no signed part, so nothing says which key it is about",
			"take the answer whole: two parts with a full stop between them")
	case p.SecTag != tag:
		return cred.Failed("keygen.sec-tag", fmt.Sprintf("the modem's answer is about sec_tag %d, not %d", p.SecTag, tag), hintAgain)
	case uuid != "" && !strings.EqualFold(uuid, p.UUID):
		return otherUnit("answer", p.UUID, uuid)
	}
	return nil
}

func otherUnit(what, of, not string) error {
	return cred.Failed("keygen.other-unit", fmt.Sprintf("the %s is of the modem %s, not of %s", what, of, not),
		"one answer belongs to one unit: have the key made by the unit that shall use it")
}

const hintAgain = "start again: the modem makes another key; if it says so again, take another cable or USB port"

func garbled(what string, err error) error {
	return cred.Because(err, "keygen.garbled", "the modem's statement cannot be read: "+what, hintAgain)
}

// look tells what a body is from its shape. A certificate request and a SubjectPublicKeyInfo are DER; the manual promises a public
// key message in CBOR, which nobody has published: it is recognised and left alone.
func look(body []byte) (Content, *ecdsa.PublicKey, error) {
	if isMessage(body) {
		return PublicKey, nil, nil
	}
	if pub, err := x509.ParsePKIXPublicKey(body); err == nil {
		key, ok := pub.(*ecdsa.PublicKey)
		if !ok || key.Curve != elliptic.P256() {
			return 0, nil, garbled("its public key is "+cred.KeyName(pub)+", not EC P-256", nil)
		}
		return PublicKey, key, nil
	}
	var request struct {
		Info, Algorithm asn1.RawValue
		Signature       asn1.BitString
	}
	rest, err := asn1.Unmarshal(body, &request)
	if err != nil || len(rest) > 0 || !request.Info.IsCompound || !request.Algorithm.IsCompound {
		return 0, nil, garbled("its first part is neither a certificate request nor a public key", err)
	}
	return CSR, nil, nil
}

// parseProof reads the signed payload: [id, uuid, bstr of sec_tag, SHA-256 of the body, nonce].
func parseProof(s sign1) (c Content, p Proof, digest cred.Digest, err error) {
	if s.payload == nil {
		return 0, p, digest, garbled("its signature says nothing about a key", nil)
	}
	f, err := message(s.payload, 5)
	if err != nil {
		return 0, p, digest, err
	}
	var r reader
	id, uuid, tag := r.integer(f[0]), r.bytes(f[1], 16), r.integer(r.bytes(f[2], 0))
	copy(digest[:], r.bytes(f[3], len(digest)))
	copy(p.Nonce[:], r.bytes(f[4], len(p.Nonce)))
	if r.err != nil {
		return 0, p, digest, garbled("its signed part is not of the known shape", r.err)
	}
	if id != int64(PublicKey) && id != int64(CSR) {
		return 0, p, digest, garbled(fmt.Sprintf("it signs a message of the unknown type %d", id), nil)
	}
	if p.SecTag, err = unsigned(tag); err != nil {
		return 0, p, digest, err
	}
	p.UUID = uuidText(uuid)
	return Content(id), p, digest, nil
}

// unsigned reads a sec_tag: reserved ones come as negative numbers of 32 bits.
func unsigned(n int64) (cred.SecTag, error) {
	if n < -1<<31 || n > 1<<32-1 {
		return 0, garbled(fmt.Sprintf("%d is no sec_tag", n), nil)
	}
	return cred.SecTag(uint32(n)), nil
}
