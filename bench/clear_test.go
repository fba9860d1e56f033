package bench_test

import (
	"context"
	"testing"

	"example.org/sectag/bench"
	"example.org/sectag/ca"
	"example.org/sectag/cred"
	"example.org/sectag/flows/station"
)

// TestAClearKeyIsAWarningOnEveryUnit: in the document and in the record, of a unit that is written and of one that is kept.
func TestAClearKeyIsAWarningOnEveryUnit(t *testing.T) {
	r := newRig(t, "nrf9151")
	made, err := ca.Init(ca.InitOptions{Dir: t.TempDir(), Subject: "CN=Clear", Plaintext: true, Clock: ca.Clock{Now: r.config(nil).Now()}})
	if err != nil {
		t.Fatal(err)
	}
	r.profile.Cert, r.profile.Key = made.Cert, made.Key
	l := r.open(t, "ledger.db")
	defer l.Close()
	for _, action := range []string{"written", "kept"} {
		b := bench.New(r.config(l))
		fault, err := b.Drive(context.Background(), context.Background(), terms, station.Orders{}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		u := b.Document(fault, false)
		if u.Verdict != cred.Warn || u.Failure != nil || u.Slots[0].Action != action || len(u.Findings) != 1 || u.Findings[0].Code != "ca.clear-key" || u.Findings[0].File != made.Key {
			t.Errorf("%s: %+v", action, u)
		}
		if rec := shown(t, l, u.Record); rec.Verdict != cred.Warn || len(rec.Findings) != 1 || rec.Findings[0].Code != "ca.clear-key" {
			t.Errorf("%s: record %+v", action, rec)
		}
	}
}
