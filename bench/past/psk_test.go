package past

import (
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

// Every part of the rule, changed alone, gives the unit a new key.
func TestWhichPSKIsCurrent(t *testing.T) {
	t.Parallel()
	listed, name := cred.Sum([]byte("psk")), "urn:imei:"+imei.String()
	good := func() *record.Record {
		return &record.Record{
			Kind: record.Provision, Verdict: cred.Pass, IMEI: imei,
			Key:   &record.Key{Algorithm: "PSK 256", PSK: listed, PSKIdentity: name, Sealed: cred.Sum([]byte("sealed"))},
			Slots: []record.Slot{{SecTag: 42, Type: cred.PSK, SHA256: listed}, {SecTag: 42, Type: cred.PSKID, SHA256: cred.Sum([]byte(name))}},
		}
	}
	for what, c := range map[string]struct {
		change func(*record.Record)
		want   bool
	}{
		"as it is":        {func(*record.Record) {}, true},
		"other bytes":     {func(r *record.Record) { r.Key.Algorithm = "PSK 128" }, false},
		"another name":    {func(r *record.Record) { r.Key.PSKIdentity = "urn:imei:" + other.String() }, false},
		"not sealed":      {func(r *record.Record) { r.Key.Sealed = cred.Digest{} }, false},
		"another key":     {func(r *record.Record) { r.Slots[0].SHA256 = key }, false},
		"another tag":     {func(r *record.Record) { r.Slots[0].SecTag = 43 }, false},
		"a certificate's": {func(r *record.Record) { r.Key = &record.Key{Algorithm: "EC P-256", SPKI: key} }, false},
		"no key":          {func(r *record.Record) { r.Key = nil }, false},
	} {
		r := good()
		c.change(r)
		if got := (Past{Pass: r}).Shares(42, name, 32); got != c.want {
			t.Errorf("%s: current is %v", what, got)
		}
	}
	if (Past{}).Shares(42, name, 32) {
		t.Error("a unit that nobody knows has a current key")
	}
}
