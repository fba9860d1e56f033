package identity

import (
	"encoding/hex"

	"example.org/sectag/bench/evidence"
	"example.org/sectag/bench/evidence/derived"
	"example.org/sectag/cred"
)

// Weigh looks whether a PSK, in hex as modems take it, is one that anybody could work out who holds the unit in hand. That is warned of:
// somebody may want it on a desk, and a record must not be silent about it.
func (s *Set) Weigh(psk []byte, l derived.Label) []cred.Finding {
	raw := make([]byte, hex.DecodedLen(len(psk)))
	defer clear(raw)
	if _, err := hex.Decode(raw, psk); err != nil {
		return nil
	}
	s.derived, s.weighed = derived.Function(raw, l), true
	if s.derived == "" {
		return nil
	}
	return []cred.Finding{{
		Code: "store.psk-derived", Severity: cred.Warning, Text: "the PSK is " + s.derived + ": whoever knows that needs no unit to have it",
		Hint: "draw at least 16 random bytes for each unit (openssl rand -hex 32)",
	}}
}

// Known adds what is known of the set to what the tests need.
func (s *Set) Known(k evidence.Known) evidence.Known {
	k.Derived, k.Underived = s.derived, s.weighed && s.derived == ""
	return k
}
