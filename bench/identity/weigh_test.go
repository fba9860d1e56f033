package identity

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"example.org/sectag/bench/evidence"
	"example.org/sectag/bench/evidence/derived"
	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

// A PSK that a person brings is weighed: one that is a function of the IMEI is warned of and fails its test, another passes it.
func TestAPSKIsWeighed(t *testing.T) {
	imei := "352656100367872"
	sum := sha256.Sum256([]byte(imei))
	for psk, want := range map[string]string{hex.EncodeToString(sum[:]): "fail", "d7e1f3a2b4c5968778695a4b3c2d1e0f": "pass", "no hex": "not-run"} {
		var s Set
		found := s.Weigh([]byte(psk), derived.Label{IMEI: imei})
		r := record.Record{Key: &record.Key{Origin: "imported", Algorithm: "PSK", PSK: cred.Sum([]byte(psk)), Proof: "none"}}
		got := ""
		for _, m := range evidence.Tests(r, s.Known(evidence.Known{})) {
			if m.Test == "T5" {
				got = m.Result
			}
		}
		if got != want || (want == "fail") != (len(found) == 1 && found[0].Code == "store.psk-derived" && found[0].Severity == cred.Warning) {
			t.Errorf("%s: %s, %+v", psk, got, found)
		}
	}
}
