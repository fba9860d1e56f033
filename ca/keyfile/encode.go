package keyfile

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
)

// Iterations is what Encode works with: OWASP's figure for PBKDF2-HMAC-SHA-256 (2023), about 0.1 s on a small computer.
const Iterations = 600_000

const (
	saltBytes = 16 // RFC 8018, section 4.1 asks for 8 at least
	lineChars = 64 // RFC 7468, section 2
)

// Encode writes a key as PKCS#8 in PEM: encrypted if there is a passphrase, else in clear. The caller clears the result
// when it was in clear.
func Encode(key crypto.Signer, passphrase []byte) ([]byte, error) {
	return EncodeIterated(key, passphrase, Iterations)
}

// EncodeIterated is Encode with another number of iterations. Fewer than Iterations are for tests.
func EncodeIterated(key crypto.Signer, passphrase []byte, iterations int) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("writing the private key as PKCS#8: %w", ErrUnsupported)
	}
	defer clear(der)
	if len(passphrase) == 0 {
		return pemBlock("PRIVATE KEY", der), nil
	}
	sealed, err := seal(der, passphrase, iterations)
	if err != nil {
		return nil, err
	}
	return pemBlock("ENCRYPTED PRIVATE KEY", sealed), nil
}

func seal(der, passphrase []byte, iterations int) ([]byte, error) {
	salt, iv := make([]byte, saltBytes), make([]byte, aes.BlockSize)
	rand.Read(salt) // never fails since Go 1.24
	rand.Read(iv)
	kek, err := derive(sha256.New, passphrase, salt, iterations, 32)
	if err != nil {
		return nil, err
	}
	defer clear(kek)
	block, err := aes.NewCipher(kek)
	if err != nil {
		return nil, fmt.Errorf("encrypting the private key: %w", err)
	}
	pad := aes.BlockSize - len(der)%aes.BlockSize
	text := make([]byte, len(der)+pad)
	copy(text, der)
	for i := len(der); i < len(text); i++ {
		text[i] = byte(pad)
	}
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(text, text)
	return marshalEncrypted(salt, iv, iterations, text)
}

func marshalEncrypted(salt, iv []byte, iterations int, text []byte) ([]byte, error) {
	kdf, err := asn1.Marshal(pbkdf2Params{
		Salt: salt, Iterations: iterations,
		PRF: pkix.AlgorithmIdentifier{Algorithm: oidHMACSHA256, Parameters: asn1.NullRawValue},
	})
	if err != nil {
		return nil, fmt.Errorf("encoding PBKDF2 parameters: %w", err)
	}
	octets, err := asn1.Marshal(iv)
	if err != nil {
		return nil, fmt.Errorf("encoding the AES-CBC vector: %w", err)
	}
	params, err := asn1.Marshal(pbes2Params{
		KDF:    pkix.AlgorithmIdentifier{Algorithm: oidPBKDF2, Parameters: asn1.RawValue{FullBytes: kdf}},
		Cipher: pkix.AlgorithmIdentifier{Algorithm: oidAES256CBC, Parameters: asn1.RawValue{FullBytes: octets}},
	})
	if err != nil {
		return nil, fmt.Errorf("encoding PBES2 parameters: %w", err)
	}
	der, err := asn1.Marshal(encryptedInfo{
		Algorithm: pkix.AlgorithmIdentifier{Algorithm: oidPBES2, Parameters: asn1.RawValue{FullBytes: params}},
		Data:      text,
	})
	if err != nil {
		return nil, fmt.Errorf("encoding the encrypted key: %w", err)
	}
	return der, nil
}

// pemBlock is pem.EncodeToMemory without its growing buffers, which would leave pieces of a key in clear all over the heap.
func pemBlock(kind string, der []byte) []byte {
	head, foot := "-----BEGIN "+kind+"-----\n", "-----END "+kind+"-----\n"
	text := make([]byte, base64.StdEncoding.EncodedLen(len(der)))
	defer clear(text)
	base64.StdEncoding.Encode(text, der)
	out := make([]byte, 0, len(head)+len(text)+len(text)/lineChars+1+len(foot))
	out = append(out, head...)
	for rest := text; len(rest) > 0; {
		n := min(lineChars, len(rest))
		out = append(append(out, rest[:n]...), '\n')
		rest = rest[n:]
	}
	return append(out, foot...)
}
