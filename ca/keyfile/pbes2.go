package keyfile

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509/pkix"
	"encoding/asn1"
	"hash"
	"unsafe"

	"golang.org/x/crypto/scrypt"
)

// The object identifiers of RFC 8018, appendix C, and of RFC 7914, section 7 (scrypt).
var (
	oidPBES2      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidScrypt     = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11591, 4, 11}
	oidHMACSHA1   = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 7}
	oidHMACSHA224 = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 8}
	oidHMACSHA256 = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}
	oidHMACSHA384 = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 10}
	oidHMACSHA512 = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 11}
	oidDES3CBC    = asn1.ObjectIdentifier{1, 2, 840, 113549, 3, 7}
	oidAES128CBC  = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 2}
	oidAES192CBC  = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 22}
	oidAES256CBC  = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}
)

// maxWork bounds what a file from elsewhere can make this computer do: PBKDF2 iterations (about 2 s), and scrypt's N·r·p
// (N·r·128 bytes of memory, so 128 MiB at most).
func maxWork() work { return work{iterations: 10_000_000, blocks: 1 << 20} }

type work struct{ iterations, blocks int }

type encryptedInfo struct { // EncryptedPrivateKeyInfo, RFC 5958, section 3
	Algorithm pkix.AlgorithmIdentifier
	Data      []byte
}

type pbes2Params struct {
	KDF    pkix.AlgorithmIdentifier
	Cipher pkix.AlgorithmIdentifier
}

type pbkdf2Params struct {
	Salt       []byte
	Iterations int
	KeyLength  int                      `asn1:"optional"`
	PRF        pkix.AlgorithmIdentifier `asn1:"optional"` // absent: HMAC-SHA-1
}

type scryptParams struct {
	Salt      []byte
	N, R, P   int
	KeyLength int `asn1:"optional"`
}

// parseEncrypted takes the envelope apart and refuses every scheme but PBES2.
func parseEncrypted(der []byte) (encryptedInfo, error) {
	var info encryptedInfo
	if rest, err := asn1.Unmarshal(der, &info); err != nil || len(rest) > 0 {
		return info, ErrDamaged
	}
	if !info.Algorithm.Algorithm.Equal(oidPBES2) {
		return info, reason(ErrUnsupported, "it is encrypted with PKCS#5 version 1 or PKCS#12, not with PBES2")
	}
	return info, nil
}

func openEncrypted(der, passphrase []byte, limit work) (crypto.Signer, error) {
	info, err := parseEncrypted(der)
	if err != nil {
		return nil, err
	}
	var params pbes2Params
	if rest, err := asn1.Unmarshal(info.Algorithm.Parameters.FullBytes, &params); err != nil || len(rest) > 0 {
		return nil, ErrDamaged
	}
	c, iv, err := readCipher(params.Cipher)
	if err != nil {
		return nil, err
	}
	if len(iv) != c.block || len(info.Data) == 0 || len(info.Data)%c.block != 0 {
		return nil, ErrDamaged
	}
	kek, err := readKDF(params.KDF, passphrase, c.key, limit)
	if err != nil {
		return nil, err
	}
	defer clear(kek)
	block, err := c.make(kek)
	if err != nil {
		return nil, ErrDamaged
	}
	text := make([]byte, len(info.Data))
	defer clear(text)
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(text, info.Data)
	text, ok := unpad(text, c.block)
	if !ok {
		return nil, ErrWrongPassphrase
	}
	key, err := parse(pkcs8, text)
	if err == ErrDamaged { // by chance the padding fitted: one wrong passphrase in 256
		return nil, ErrWrongPassphrase
	}
	return key, err
}

type cbc struct {
	key, block int // bytes
	make       func(key []byte) (cipher.Block, error)
}

func readCipher(a pkix.AlgorithmIdentifier) (cbc, []byte, error) {
	var c cbc
	switch {
	case a.Algorithm.Equal(oidAES128CBC):
		c = cbc{16, aes.BlockSize, aes.NewCipher}
	case a.Algorithm.Equal(oidAES192CBC):
		c = cbc{24, aes.BlockSize, aes.NewCipher}
	case a.Algorithm.Equal(oidAES256CBC):
		c = cbc{32, aes.BlockSize, aes.NewCipher}
	case a.Algorithm.Equal(oidDES3CBC):
		c = cbc{24, des.BlockSize, des.NewTripleDESCipher}
	default:
		return c, nil, reason(ErrUnsupported, "its cipher is neither AES-CBC nor 3DES-CBC")
	}
	var iv []byte
	if rest, err := asn1.Unmarshal(a.Parameters.FullBytes, &iv); err != nil || len(rest) > 0 {
		return c, nil, ErrDamaged
	}
	return c, iv, nil
}

func readKDF(a pkix.AlgorithmIdentifier, passphrase []byte, size int, limit work) ([]byte, error) {
	switch {
	case a.Algorithm.Equal(oidPBKDF2):
		var p pbkdf2Params
		if rest, err := asn1.Unmarshal(a.Parameters.FullBytes, &p); err != nil || len(rest) > 0 {
			return nil, ErrDamaged
		}
		h, err := readPRF(p.PRF)
		if err != nil {
			return nil, err
		}
		if p.Iterations < 1 || p.Iterations > limit.iterations || p.KeyLength != 0 && p.KeyLength != size {
			return nil, reason(ErrUnsupported, "its PBKDF2 parameters are out of range")
		}
		return derive(h, passphrase, p.Salt, p.Iterations, size)
	case a.Algorithm.Equal(oidScrypt):
		var p scryptParams
		if rest, err := asn1.Unmarshal(a.Parameters.FullBytes, &p); err != nil || len(rest) > 0 {
			return nil, ErrDamaged
		}
		return deriveScrypt(p, passphrase, size, limit)
	}
	return nil, reason(ErrUnsupported, "its key derivation is neither PBKDF2 nor scrypt")
}

func readPRF(a pkix.AlgorithmIdentifier) (func() hash.Hash, error) {
	switch {
	case a.Algorithm == nil, a.Algorithm.Equal(oidHMACSHA1):
		return sha1.New, nil
	case a.Algorithm.Equal(oidHMACSHA224):
		return sha256.New224, nil
	case a.Algorithm.Equal(oidHMACSHA256):
		return sha256.New, nil
	case a.Algorithm.Equal(oidHMACSHA384):
		return sha512.New384, nil
	case a.Algorithm.Equal(oidHMACSHA512):
		return sha512.New, nil
	}
	return nil, reason(ErrUnsupported, "its PBKDF2 works with another hash than SHA-1 or SHA-2")
}

// derive is PBKDF2. The standard library wants the passphrase as a string, and a string made in the usual way is a copy that
// nobody can clear: so it gets a view of the caller's bytes, which it does not keep.
func derive(h func() hash.Hash, passphrase, salt []byte, iterations, size int) ([]byte, error) {
	key, err := pbkdf2.Key(h, unsafe.String(unsafe.SliceData(passphrase), len(passphrase)), salt, iterations, size)
	if err != nil {
		return nil, reason(ErrUnsupported, "PBKDF2 refuses its parameters")
	}
	return key, nil
}

func deriveScrypt(p scryptParams, passphrase []byte, size int, limit work) ([]byte, error) {
	small := func(n int) bool { return n > 0 && n <= limit.blocks }
	if !small(p.N) || !small(p.R) || !small(p.P) || p.N > limit.blocks/p.R || p.N*p.R > limit.blocks/p.P {
		return nil, reason(ErrUnsupported, "its scrypt parameters ask for too much memory or time")
	}
	if p.KeyLength != 0 && p.KeyLength != size {
		return nil, reason(ErrUnsupported, "its scrypt key length is not its cipher's")
	}
	key, err := scrypt.Key(passphrase, p.Salt, p.N, p.R, p.P, size)
	if err != nil {
		return nil, reason(ErrUnsupported, "scrypt refuses its parameters")
	}
	return key, nil
}

// unpad takes off the padding of RFC 8018, section 6.1.1, if it is one.
func unpad(text []byte, block int) ([]byte, bool) {
	n := int(text[len(text)-1])
	if n == 0 || n > block || n > len(text) {
		return nil, false
	}
	for _, c := range text[len(text)-n:] {
		if int(c) != n {
			return nil, false
		}
	}
	return text[:len(text)-n], true
}
