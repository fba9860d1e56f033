package cred

import (
	"fmt"
	"strconv"
)

// Kind is the credential type of %CMNG, the number that the modem uses.
type Kind uint8

// The types that have a name in the contract; all others are "other".
const (
	RootCA      Kind = 0 // PEM, the trust anchor
	ClientCert  Kind = 1 // PEM
	ClientKey   Kind = 2 // PEM, PKCS#8; cannot be read back
	PSK         Kind = 3 // hex text; cannot be read back
	PSKID       Kind = 4 // ASCII
	ATKey       Kind = 5 // public key for authenticated AT
	DeviceIDKey Kind = 6 // device identity public key, the modem's own
)

var kindNames = [...]string{"root-ca", "client-cert", "client-key", "psk", "psk-id", "at-key", "device-id-key"}

// String writes the name that JSON documents use, "other" for a type without one.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "other"
}

// ParseKind reads a type as people write it: a name of the contract or a number from 0 to 255.
func ParseKind(s string) (Kind, error) {
	for i, n := range kindNames {
		if s == n {
			return Kind(i), nil
		}
	}
	n, err := strconv.ParseUint(s, 10, 8)
	if err != nil {
		return 0, fmt.Errorf("%q is no credential type: give a number or one of root-ca, client-cert, client-key, psk, psk-id", s)
	}
	return Kind(n), nil
}

// Writable tells whether sectag writes slots of this type: 0 to 4 (AT manual, %CMNG; 5 is written by %XPMNG).
func (k Kind) Writable() bool { return k <= PSKID }

// Secret tells whether the content of this type must never be shown: a private key or a PSK.
func (k Kind) Secret() bool { return k == ClientKey || k == PSK }

// Slot names one place in the modem's store: at most one item lives under a pair of tag and type.
type Slot struct {
	SecTag SecTag `json:"sec_tag"`
	Kind   Kind   `json:"type"`
}

// String writes the slot as people read it, such as "42 client-key".
func (s Slot) String() string { return fmt.Sprintf("%d %s", s.SecTag, s.Kind) }
