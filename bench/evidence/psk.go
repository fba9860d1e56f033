package evidence

import (
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

// PSK says how a pre-shared key came to be that this computer drew; copy is "destroyed" or "kept", of what was in clear. What it is
// worth is also up to the suite: of a handshake, that one's; else the weakest of the modem's, so that no more is claimed than holds.
func PSK(bytes int, listed, sealed cred.Digest, identity, copy string, c *record.Connect) *record.Key {
	return &record.Key{
		Origin: "host-csprng", Generator: "Go crypto/rand over the operating system's random source", Algorithm: record.PSKAlgorithm(bytes),
		StrengthBits: min(8*bytes, suiteBits(c)), Table: "random bits, at most those of the suite's cipher", PSK: listed, PSKIdentity: identity,
		Sealed: sealed, HostCopy: copy,
	}
}

// suiteBits is the key length of the cipher that a handshake agreed upon. All suites of the modem with a PSK have AES, and 128 bits at
// least (nrf91.md, section 2.3).
func suiteBits(c *record.Connect) int {
	if c != nil && strings.Contains(c.Suite, "AES_256") {
		return 256
	}
	return 128
}
