package attest

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
)

// DefaultUsage is what %KEYGEN asks for when it is not told: digitalSignature, nonRepudiation, keyEncipherment, keyAgreement.
const DefaultUsage = "111010000"

// The object identifiers of a request, in DER.
var (
	oidExtensionRequest = []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x0e}
	oidKeyUsage         = []byte{0x06, 0x03, 0x55, 0x1d, 0x0f}
	oidSHA256WithECDSA  = []byte{0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02}
)

// attributes are the names of a subject that %KEYGEN is told, by their last arc below 2.5.4.
var attributes = map[string]byte{
	"CN": 3, "SN": 4, "serialNumber": 5, "C": 6, "L": 7, "ST": 8, "O": 10, "OU": 11, "title": 12, "GN": 42, "dnQualifier": 46, "pseudonym": 65,
}

// CSR makes a certificate request as the modem does (nrf91.md, 1.5): version 0, one extension request with a key usage that is
// not critical, and ecdsa-with-SHA256 with a NULL parameter, which DER forbids and which the signature's digest covers.
// subject is X.500 text such as "O=Acme,C=no,CN=unit"; usage is bits from digitalSignature on, as in DefaultUsage.
func CSR(k *ecdsa.PrivateKey, subject, usage string) ([]byte, error) {
	name, err := names(subject)
	if err != nil {
		return nil, err
	}
	bits, err := usageBits(usage)
	if err != nil {
		return nil, err
	}
	public, err := PublicDER(&k.PublicKey)
	if err != nil {
		return nil, err
	}
	extensions := tlv(0x30, tlv(0x30, oidKeyUsage, tlv(0x04, bits)))
	info := tlv(0x30, tlv(0x02, []byte{0}), name, public, tlv(0xa0, tlv(0x30, oidExtensionRequest, tlv(0x31, extensions))))
	digest := sha256.Sum256(info)
	signature, err := ecdsa.SignASN1(rand.Reader, k, digest[:])
	if err != nil {
		return nil, fmt.Errorf("signing a request: %w", err)
	}
	return tlv(0x30, info, tlv(0x30, oidSHA256WithECDSA, []byte{0x05, 0x00}), tlv(0x03, []byte{0}, signature)), nil
}

// tlv wraps parts in a DER value.
func tlv(tag byte, parts ...[]byte) []byte {
	body := join(parts...)
	n := len(body)
	switch {
	case n < 0x80:
		return join([]byte{tag, byte(n)}, body)
	case n < 0x100:
		return join([]byte{tag, 0x81, byte(n)}, body)
	}
	return join([]byte{tag, 0x82, byte(n >> 8), byte(n)}, body) // a command of 4 kB makes nothing longer
}

// names writes a subject; each attribute is a relative name of its own, in the order given.
func names(subject string) ([]byte, error) {
	var all [][]byte
	for _, part := range strings.Split(subject, ",") {
		key, value, found := strings.Cut(strings.TrimSpace(part), "=")
		arc, known := attributes[key]
		if !found || !known || value == "" || len(value) > 255 {
			return nil, fmt.Errorf("%q is no attribute of a subject", part)
		}
		kind := byte(0x0c) // UTF8String
		if key == "C" || key == "serialNumber" || key == "dnQualifier" {
			kind = 0x13 // PrintableString
		}
		if key == "C" && len(value) != 2 {
			return nil, errors.New("a country has two letters")
		}
		all = append(all, tlv(0x31, tlv(0x30, []byte{0x06, 0x03, 0x55, 0x04, arc}, tlv(kind, []byte(value)))))
	}
	return tlv(0x30, all...), nil
}

// usageBits writes the bits as a named bit string: zeros at the end are left out.
func usageBits(usage string) ([]byte, error) {
	if len(usage) != len(DefaultUsage) || strings.Trim(usage, "01") != "" {
		return nil, fmt.Errorf("a key usage is %d digits 0 and 1", len(DefaultUsage))
	}
	trimmed := strings.TrimRight(usage, "0")
	if trimmed == "" {
		return nil, errors.New("a key without any use")
	}
	bits := make([]byte, (len(trimmed)+7)/8)
	for i, c := range trimmed {
		if c == '1' {
			bits[i/8] |= 0x80 >> (i % 8)
		}
	}
	return tlv(0x03, []byte{byte(len(bits)*8 - len(trimmed))}, bits), nil
}
