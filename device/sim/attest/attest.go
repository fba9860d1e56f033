// Package attest makes the bytes that a modem proves itself with: the certificate request of %KEYGEN, and the COSE_Sign1 that
// its identity key puts under a request, a public key message or an attestation token. They are built by hand, byte for byte as
// nrf91.md sections 1.5 and 1.6 have them from real replies, the parameter that DER forbids included; no library would.
package attest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
)

// The message ids of nrf91.md, sections 1.5 and 1.6.
const (
	idToken     = 1 // attestation token
	idPublicKey = 8 // public key message v2
	idCSR       = 9 // certificate request message v1
)

// NewKey draws a P-256 key, as the modem's generator does.
func NewKey() (*ecdsa.PrivateKey, error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("drawing a key: %w", err)
	}
	return k, nil
}

// PrivatePEM writes a key as PKCS#8 PEM.
func PrivatePEM(k *ecdsa.PrivateKey) (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return "", fmt.Errorf("writing a key: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
}

// ParsePrivate reads what PrivatePEM wrote; another curve or another form is an error.
func ParsePrivate(text string) (*ecdsa.PrivateKey, error) {
	b, rest := pem.Decode([]byte(text))
	if b == nil || len(rest) > 0 || b.Type != "PRIVATE KEY" {
		return nil, errors.New("it is no PEM of one private key")
	}
	k, err := x509.ParsePKCS8PrivateKey(b.Bytes)
	if err != nil {
		return nil, fmt.Errorf("reading a key: %w", err)
	}
	ec, isEC := k.(*ecdsa.PrivateKey)
	if !isEC || ec.Curve != elliptic.P256() {
		return nil, errors.New("it is no P-256 key")
	}
	return ec, nil
}

// PublicDER is a public key as SubjectPublicKeyInfo; its SHA-256 is what the simulator lists for the identity key.
func PublicDER(k *ecdsa.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(k)
	if err != nil {
		return nil, fmt.Errorf("writing a public key: %w", err)
	}
	return der, nil
}

// Unit is who proves itself.
type Unit struct {
	Identity *ecdsa.PrivateKey
	UUID     [16]byte
}

// CSRMessage is "<request>.<signature>" of %KEYGEN=<tag>,2,0: body is the DER of CSR.
func (u Unit) CSRMessage(secTag uint32, body []byte) (string, error) {
	return u.message(idCSR, secTag, body)
}

// PublicKeyMessage is "<public key message>.<signature>" of %KEYGEN=<tag>,2,1 and =<tag>,8. No source tells what is in the
// message: it is CBOR 55799([2, uuid, sec_tag, SubjectPublicKeyInfo]) here.
func (u Unit) PublicKeyMessage(secTag uint32, public *ecdsa.PublicKey) (string, error) {
	der, err := PublicDER(public)
	if err != nil {
		return "", err
	}
	body := join(selfDescribed, array(4), uint64Head(0, 2), bstr(u.UUID[:]), tagNumber(secTag), bstr(der))
	return u.message(idPublicKey, secTag, body)
}

// message signs a body: the payload names the unit and the sec_tag, holds the body's digest and a nonce (nrf91.md, 1.5).
func (u Unit) message(id uint64, secTag uint32, body []byte) (string, error) {
	digest := sha256.Sum256(body)
	payload := join(selfDescribed, array(5), uint64Head(0, id), bstr(u.UUID[:]), bstr(tagNumber(secTag)), bstr(digest[:]), bstr(Nonce()))
	signed, err := sign(u.Identity, payload, bstr(payload))
	if err != nil {
		return "", err
	}
	return encode(body) + "." + encode(signed), nil
}

// Token is "<message>.<signature>" of %ATTESTTOKEN; the signature's payload is the message, and is not repeated in it.
func (u Unit) Token(deviceType uint64, build [16]byte, nonce []byte) (string, error) {
	body := join(selfDescribed, array(5), uint64Head(0, idToken), bstr(u.UUID[:]), uint64Head(0, deviceType), bstr(build[:]), bstr(nonce))
	signed, err := sign(u.Identity, body, []byte{0xf6})
	if err != nil {
		return "", err
	}
	return encode(body) + "." + encode(signed), nil
}

// Nonce draws 16 bytes.
func Nonce() []byte {
	b := make([]byte, 16)
	rand.Read(b) // never fails since Go 1.24
	return b
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// protected and unprotected are the headers of every signature: ES256, and the identity key's id, the CBOR of -2.
var (
	protected     = []byte{0xa1, 0x01, 0x26}
	unprotected   = []byte{0xa1, 0x04, 0x41, 0x21}
	selfDescribed = []byte{0xd9, 0xd9, 0xf7}
)

// sign makes a COSE_Sign1 over the payload, which shown puts into it.
func sign(k *ecdsa.PrivateKey, payload, shown []byte) ([]byte, error) {
	toSign := sha256.Sum256(join(array(4), tstr("Signature1"), bstr(protected), bstr(nil), bstr(payload)))
	r, s, err := ecdsa.Sign(rand.Reader, k, toSign[:])
	if err != nil {
		return nil, fmt.Errorf("signing with the identity key: %w", err)
	}
	raw := make([]byte, 64)
	r.FillBytes(raw[:32])
	s.FillBytes(raw[32:])
	return join([]byte{0xd2}, array(4), bstr(protected), unprotected, shown, bstr(raw)), nil
}

func join(parts ...[]byte) (out []byte) {
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// uint64Head is the head of a CBOR item: its major type and a number.
func uint64Head(major byte, n uint64) []byte {
	m := major << 5
	switch {
	case n < 24:
		return []byte{m | byte(n)}
	case n < 1<<8:
		return []byte{m | 24, byte(n)}
	case n < 1<<16:
		return []byte{m | 25, byte(n >> 8), byte(n)}
	}
	return []byte{m | 26, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)} // nothing here is longer
}

func array(n uint64) []byte { return uint64Head(4, n) }
func bstr(b []byte) []byte  { return append(uint64Head(2, uint64(len(b))), b...) }
func tstr(s string) []byte  { return append(uint64Head(3, uint64(len(s))), s...) }
func tagNumber(t uint32) []byte {
	if n := int32(t); n < 0 { // a tag of the upper half comes out negative, as in a real modem
		return uint64Head(1, uint64(-int64(n)-1))
	}
	return uint64Head(0, uint64(t))
}
