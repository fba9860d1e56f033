// Package keyfile reads and writes private keys at rest. It writes one form only: PKCS#8 in PEM, encrypted by PBES2
// (PBKDF2-HMAC-SHA-256, 600 000 iterations, AES-256-CBC; RFC 8018), which `openssl pkey` opens, or in clear for a key that
// lives for one write. It reads what people bring: PKCS#8 encrypted by OpenSSL (PBKDF2 or scrypt; AES or 3DES), PKCS#8 in
// clear, SEC1 and PKCS#1, PEM or DER, with CRLF, spaces, text or other blocks around.
//
// Read it from Scan (find the keys, open none), over Block.Open (one key), to Encode (write one). No error of this package
// quotes a byte of what it read, and buffers that held a key are cleared as far as Go lets them be.
package keyfile

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"strings"

	"example.org/sectag/cred"
)

// What Open answers, for errors.Is.
var (
	ErrNoPassphrase    = errors.New("the private key is encrypted and no passphrase was given")
	ErrWrongPassphrase = errors.New("the passphrase does not open the private key")
	ErrUnsupported     = errors.New("the private key is in a form that is not read")
	ErrDamaged         = errors.New("the private key cannot be read")
)

// Block is one private key as a file holds it, not opened.
type Block struct {
	Encrypted bool // a passphrase is needed
	form      form
	der       []byte
}

type form int

const (
	pkcs8 form = iota
	pkcs8Encrypted
	sec1
	pkcs1
	legacy // PEM encrypted with a Proc-Type header: OpenSSL before 1.0, and -traditional
)

// Scan finds every private key of a file, PEM or DER, and opens none. Other blocks (certificates, EC PARAMETERS) are passed by.
func Scan(file []byte) []Block {
	var out []Block
	blocks := cred.Blocks(file)
	for _, b := range blocks {
		f, ok := formOf(b.Type)
		if !ok {
			continue
		}
		if strings.Contains(b.Headers["Proc-Type"], "ENCRYPTED") {
			f = legacy
		}
		out = append(out, Block{Encrypted: f == pkcs8Encrypted || f == legacy, form: f, der: b.Bytes})
	}
	if len(blocks) == 0 {
		return scanDER(file)
	}
	return out
}

func formOf(pemType string) (form, bool) {
	switch pemType {
	case "PRIVATE KEY":
		return pkcs8, true
	case "ENCRYPTED PRIVATE KEY":
		return pkcs8Encrypted, true
	case "EC PRIVATE KEY":
		return sec1, true
	case "RSA PRIVATE KEY":
		return pkcs1, true
	}
	return 0, false
}

func scanDER(file []byte) []Block {
	var whole asn1.RawValue
	if rest, err := asn1.Unmarshal(file, &whole); err != nil || len(rest) > 0 || whole.Tag != asn1.TagSequence {
		return nil
	}
	for _, f := range []form{pkcs8, sec1, pkcs1} {
		if _, err := parse(f, file); err == nil {
			return []Block{{form: f, der: file}}
		}
	}
	if _, err := parseEncrypted(file); err == nil {
		return []Block{{Encrypted: true, form: pkcs8Encrypted, der: file}}
	}
	return nil
}

// Open reads the key. The passphrase is used only if the key is encrypted, is not kept and not cleared: it is the caller's.
// Errors are ErrNoPassphrase, ErrWrongPassphrase, ErrUnsupported or ErrDamaged, some with a reason around them.
func (b Block) Open(passphrase []byte) (crypto.Signer, error) {
	switch {
	case b.form == legacy:
		return nil, reason(ErrUnsupported, "it is encrypted in the way of old OpenSSL (Proc-Type)")
	case b.form == pkcs8Encrypted && len(passphrase) == 0:
		return nil, ErrNoPassphrase
	case b.form == pkcs8Encrypted:
		return openEncrypted(b.der, passphrase, maxWork())
	}
	return parse(b.form, b.der)
}

func parse(f form, der []byte) (crypto.Signer, error) {
	var key any
	var err error
	switch f {
	case sec1:
		key, err = x509.ParseECPrivateKey(der)
	case pkcs1:
		key, err = x509.ParsePKCS1PrivateKey(der)
	default:
		key, err = x509.ParsePKCS8PrivateKey(der)
	}
	if err != nil {
		return nil, ErrDamaged
	}
	switch k := key.(type) {
	case *ecdsa.PrivateKey:
		return k, nil
	case *rsa.PrivateKey:
		return k, nil
	case ed25519.PrivateKey:
		return k, nil
	}
	return nil, reason(ErrUnsupported, "it is no signing key")
}

// reasoned is an error of this package with words of its own behind it.
type reasoned struct {
	kind error
	why  string
}

func reason(kind error, why string) error { return &reasoned{kind, why} }

func (r *reasoned) Error() string { return r.kind.Error() + ": " + r.why }
func (r *reasoned) Unwrap() error { return r.kind }

// Clear overwrites the numbers of a private key that this package made. What the standard library copied meanwhile stays
// until the collector takes it; Go offers no more.
func Clear(key crypto.Signer) {
	switch k := key.(type) {
	case *ecdsa.PrivateKey:
		//lint:ignore SA1019 nothing else overwrites the scalar in place
		clear(k.D.Bits())
	case *rsa.PrivateKey:
		clear(k.D.Bits())
		for _, p := range k.Primes {
			clear(p.Bits())
		}
		if k.Precomputed.Dp != nil {
			clear(k.Precomputed.Dp.Bits())
			clear(k.Precomputed.Dq.Bits())
			clear(k.Precomputed.Qinv.Bits())
		}
	case ed25519.PrivateKey:
		clear(k)
	}
}
