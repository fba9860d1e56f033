package cred

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Digest is a SHA-256. The zero value means that there is none.
type Digest [32]byte

// Sum is the digest of b.
func Sum(b []byte) Digest { return sha256.Sum256(b) }

// ParseDigest reads 64 hex characters of either case: the modem lists upper case, we write lower case.
func ParseDigest(s string) (Digest, error) {
	var d Digest
	if len(s) != 64 {
		return d, fmt.Errorf("a SHA-256 has 64 hex characters, this has %d", len(s))
	}
	if _, err := hex.Decode(d[:], []byte(s)); err != nil {
		return Digest{}, fmt.Errorf("a SHA-256 has 64 hex characters: %w", err)
	}
	return d, nil
}

// IsZero tells whether there is no digest.
func (d Digest) IsZero() bool { return d == Digest{} }

// String writes 64 lower-case hex characters, or the empty string for the zero value.
func (d Digest) String() string {
	if d.IsZero() {
		return ""
	}
	return hex.EncodeToString(d[:])
}

// Short writes the first eight and the last four characters, for a screen.
func (d Digest) Short() string {
	s := d.String()
	if s == "" {
		return ""
	}
	return s[:8] + "…" + s[60:]
}

// Last8 writes the last eight characters, which a person types after comparing the digest with the server's owner.
func (d Digest) Last8() string {
	s := d.String()
	if s == "" {
		return ""
	}
	return s[56:]
}

// MarshalText writes what String writes.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote: the empty text is the zero value.
func (d *Digest) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Digest{}
		return nil
	}
	v, err := ParseDigest(string(b))
	if err != nil {
		return err
	}
	*d = v
	return nil
}
