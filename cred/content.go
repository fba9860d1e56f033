package cred

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
)

// Content makes the exact bytes that go into a slot out of what a file holds, so that the same credential always has the same
// digest. Types 0 to 2 are parsed and written anew: the wanted blocks only, 64 characters a line, LF, each block ended by one
// LF, nothing before, between or after; keys as PKCS#8 (a SEC1 or PKCS#1 key is converted). Behind a unit's own certificate may stand
// the intermediates above it, each of which signed the one before. Types 3 and 4 are the text without
// its line end; a PSK is an even number of hex characters, in the case given. Errors never quote the file.
func Content(k Kind, file []byte) ([]byte, error) {
	switch k {
	case RootCA, ClientCert:
		return certContent(k, file)
	case ClientKey:
		return keyContent(file)
	case PSK:
		return pskContent(file)
	case PSKID:
		return idContent(file)
	}
	return nil, fmt.Errorf("sectag writes no slot of type %d", k)
}

func certContent(k Kind, file []byte) ([]byte, error) {
	var out []byte
	var last *x509.Certificate
	n := 0
	for _, b := range Blocks(file) {
		if b.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(b.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d of the file cannot be read: %w", n+1, err)
		}
		n++
		if k == ClientCert && last != nil && last.CheckSignatureFrom(c) != nil {
			return nil, fmt.Errorf("certificate %d of the file did not sign the one before it: the unit's slot takes its own, and behind it only what signed it", n)
		}
		out, last = append(out, CertPEM(b.Bytes)...), c
	}
	if n == 0 {
		return nil, fmt.Errorf("the file holds no PEM certificate")
	}
	return out, nil
}

func keyContent(file []byte) ([]byte, error) {
	var key any
	n := 0
	for _, b := range Blocks(file) {
		var err error
		switch b.Type {
		case "PRIVATE KEY":
			key, err = x509.ParsePKCS8PrivateKey(b.Bytes)
		case "EC PRIVATE KEY":
			key, err = x509.ParseECPrivateKey(b.Bytes)
		case "RSA PRIVATE KEY":
			if strings.Contains(b.Headers["Proc-Type"], "ENCRYPTED") {
				return nil, fmt.Errorf("the private key is encrypted, the modem needs it in clear")
			}
			key, err = x509.ParsePKCS1PrivateKey(b.Bytes)
		case "ENCRYPTED PRIVATE KEY":
			return nil, fmt.Errorf("the private key is encrypted, the modem needs it in clear")
		default:
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("the private key cannot be read")
		}
		n++
	}
	if n != 1 {
		return nil, fmt.Errorf("the file holds %d private keys, the slot takes one", n)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("the private key cannot be written as PKCS#8")
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

func pskContent(file []byte) ([]byte, error) {
	b := trimLineEnd(file)
	if len(b) == 0 || len(b)%2 != 0 {
		return nil, fmt.Errorf("a PSK is an even number of hex characters, this has %d", len(b))
	}
	for _, c := range b {
		if !strings.ContainsRune("0123456789abcdefABCDEF", rune(c)) {
			return nil, fmt.Errorf("a PSK is hex text, two characters a byte")
		}
	}
	return bytes.Clone(b), nil
}

func idContent(file []byte) ([]byte, error) {
	b := trimLineEnd(file)
	if len(b) == 0 || len(b) > 128 {
		return nil, fmt.Errorf("a PSK identity has 1 to 128 characters, this has %d", len(b))
	}
	for _, c := range b {
		if c <= ' ' || c > '~' || c == '"' {
			return nil, fmt.Errorf("a PSK identity is printable ASCII without spaces and quotes")
		}
	}
	return bytes.Clone(b), nil
}

func trimLineEnd(b []byte) []byte {
	b = bytes.TrimSuffix(b, []byte("\n"))
	return bytes.TrimSuffix(b, []byte("\r"))
}

// Blocks finds every PEM block in a file, whatever stands round them: CRLF, spaces at either end of a line, text between.
func Blocks(file []byte) []*pem.Block {
	lines := strings.Split(strings.ReplaceAll(string(file), "\r", "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(strings.TrimPrefix(lines[i], "\ufeff"))
	}
	lines = dropBlank(lines)
	rest := []byte(strings.Join(lines, "\n") + "\n")
	var out []*pem.Block
	for {
		b, r := pem.Decode(rest)
		if b == nil {
			return out
		}
		out, rest = append(out, b), r
	}
}

// dropBlank leaves out the empty lines inside a block, but keeps the one that ends its headers.
func dropBlank(lines []string) []string {
	var out []string
	for _, l := range lines {
		if l == "" && (len(out) == 0 || !strings.Contains(out[len(out)-1], ":")) {
			continue
		}
		out = append(out, l)
	}
	return out
}

// CertPEM writes one DER certificate as the minimal PEM block.
func CertPEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
