package past

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"example.org/sectag/ca"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// What each slot is, in a word: by the record that put it there, the unit's newest passing record, the end of its certificate and the
// revocations.
func TestWhatASlotIs(t *testing.T) {
	ctx := context.Background()
	newer := cred.Sum([]byte("newer"))
	for name, c := range map[string]struct {
		change func(*ledger.Store)
		listed cred.Digest
		at     time.Time
		state  string
		record string
		origin string
	}{
		"current":       {func(*ledger.Store) {}, key, now.Add(-time.Hour), "current", "0", "host"},
		"ends soon":     {func(*ledger.Store) {}, key, now.Add(time.Hour), "ends soon", "0", "host"},
		"expired":       {func(*ledger.Store) {}, key, now.Add(2 * renewAt), "expired", "0", "host"},
		"somebody else": {func(*ledger.Store) {}, anchor, now, "not ours", "", ""},
		"superseded": {func(l *ledger.Store) {
			r := passed()
			r.Time, r.Cert.Serial, r.Cert.SHA256, r.Cert.SPKI = record.Stamp(now.Add(time.Minute)), "7e", newer, newer
			for i := range r.Slots {
				r.Slots[i].Sent, r.Slots[i].SHA256 = newer, newer
			}
			if _, err := l.Record(ctx, r); err != nil {
				t.Fatal(err)
			}
		}, key, now.Add(-time.Hour), "superseded", "0", "host"},
		"revoked": {func(l *ledger.Store) {
			r := record.Record{
				Kind: record.Revocation, Time: record.Stamp(now.Add(time.Minute)), Verdict: cred.Pass, IMEI: imei, Unit: record.Identity{UUID: uuid},
				Revoked: &record.Revoked{Serial: "7f", Issuer: issuer, Reason: "superseded", Time: record.Stamp(now)},
			}
			if _, err := l.Record(ctx, r); err != nil {
				t.Fatal(err)
			}
		}, key, now.Add(-time.Hour), "revoked", "0", "host"},
	} {
		l, err := ledger.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "ledger.db"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Record(ctx, passed()); err != nil {
			t.Fatal(err)
		}
		c.change(l)
		p, err := Of(ctx, l.Reader, Seen(device.Identity{UUID: uuid, IMEI: imei}, nil))
		if err != nil {
			t.Fatal(err)
		}
		items := []device.Item{
			{Slot: cred.Slot{SecTag: 42, Kind: cred.ClientKey}, SHA256: c.listed},
			{Slot: cred.Slot{SecTag: 4294967292, Kind: cred.DeviceIDKey}, SHA256: newer},
		}
		var doc Plan
		p.Tell(&doc, items, ca.Root{}, c.at)
		if len(doc.Past.Slots) != 1 {
			t.Fatalf("%s: %+v", name, doc.Past.Slots)
		}
		if s := doc.Past.Slots[0]; s.State != c.state || s.Record != c.record || s.Origin != c.origin {
			t.Errorf("%s: %+v", name, s)
		}
		revoked := 0
		for _, given := range doc.Past.Certificates {
			if given.Revoked != "" {
				revoked++
			}
			if given.Ours {
				t.Errorf("%s: no authority is named, and %s is of ours", name, given.Serial)
			}
		}
		if (revoked == 1) != (name == "revoked") || len(doc.Past.Records) == 0 || doc.Past.Records[len(doc.Past.Records)-1].Record != "0" {
			t.Errorf("%s: %+v", name, doc.Past)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// The certificates of the authority that is named here are those that can be revoked here, unless they were.
func TestWhatCanBeRevokedHere(t *testing.T) {
	r := passed()
	p := Past{list: []record.Record{r}}
	if mine := p.tale(issuer).Revocable(); len(mine) != 1 || mine[0].Serial != "7f" {
		t.Errorf("%+v", mine)
	}
	if others := p.tale(anchor).Revocable(); len(others) != 0 {
		t.Errorf("%+v", others)
	}
	p.revoked = []Gone{{Revoked: record.Revoked{Serial: "7f", Issuer: issuer, Reason: "superseded"}}}
	if again := p.tale(issuer).Revocable(); len(again) != 0 {
		t.Errorf("%+v", again)
	}
}
