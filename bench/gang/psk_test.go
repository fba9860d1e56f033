package gang_test

import (
	"encoding/hex"
	"testing"

	"filippo.io/age"

	"example.org/sectag/bench"
	"example.org/sectag/bench/profile"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/sealed"
)

// TestManyUnitsGetPSKsAtOnce: no two the same, each to be read by the firm, and no authority anywhere.
func TestManyUnitsGetPSKsAtOnce(t *testing.T) {
	firm, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	r := newRack(t, "")
	r.profile.Cert, r.profile.Key, r.profile.Slots = "", "", []profile.Slot{{SecTag: 42, PSK: true}}
	r.profile.PSK = profile.PSK{Bytes: 32, Recipients: []string{firm.Recipient().String()}}
	g := r.gang(ports(12, "")...)
	g.Pass, g.Keyed, g.Terms = nil, false, flows.Terms{Port: true, Ledger: true, Profile: true, PSK: true}
	seen := map[string]bool{}
	for _, u := range g.Run(t.Context()) {
		psk, _ := r.unit(t, u.Port).State().Content(cred.Slot{SecTag: 42, Kind: cred.PSK})
		if raw, err := hex.DecodeString(string(psk)); u.Verdict != cred.Pass || err != nil || len(raw) != 32 || seen[string(psk)] {
			t.Errorf("%s: %s %v, %d bytes, drawn before: %v", u.Port, u.Verdict, u.Failure, len(raw), seen[string(psk)])
		}
		seen[string(psk)] = true
		found, err := sealed.Find(t.Context(), r.store.Reader, record.Unit{IMEI: u.IMEI})
		if err != nil {
			t.Error(err)
			continue
		}
		if open, err := found.Open(firm); err != nil || string(open) != string(psk) {
			t.Errorf("%s: the ledger gives another key than the unit has: %v", u.Port, err)
		}
	}
	r.sound(t, 12)
	for _, u := range g.Run(t.Context()) {
		if u.Verdict != cred.Pass || len(u.Slots) != 2 || u.Slots[0] != (bench.UnitSlot{SecTag: 42, Type: cred.PSK, Kind: "psk", SHA256: u.Slots[0].SHA256, Action: "kept"}) {
			t.Errorf("%s was not kept: %+v", u.Port, u.Slots)
		}
	}
	r.sound(t, 24)
}
