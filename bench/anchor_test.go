package bench_test

import (
	"context"
	"testing"

	"example.org/sectag/bench"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/station"
	"example.org/sectag/ledger/record"
)

// TestOnlyTheAnchorIsPutRight: somebody overwrote the trust anchor of a unit that was done. Its key is in the modem alone, so the
// server cannot be asked again, and that is no failure; and the unit is not taken for out of date the next time.
func TestOnlyTheAnchorIsPutRight(t *testing.T) {
	r := newRig(t, "nrf9151")
	l := r.open(t, "ledger.db")
	defer l.Close()
	whole := drive(t, r.config(l), station.Orders{})
	anchor := cred.Slot{SecTag: 42, Kind: cred.RootCA}
	o := station.Orders{Yes: true, IMEIs: []cred.IMEI{whole.IMEI}}
	byHand := o
	byHand.Hand = flows.Hand{Op: flows.WriteSlot, Slot: anchor, File: secondRoot(t)}
	if u := drive(t, r.config(nil), byHand); u.Failure != nil {
		t.Fatal(u.Failure)
	}
	c := r.config(l)
	c.Profile.Endpoint = cred.Endpoint{Scheme: "coaps", Host: "127.0.0.1", Port: 9} // must not be asked
	b := bench.New(c)
	with := terms
	with.Endpoint = true
	fault, err := b.Drive(context.Background(), context.Background(), with, opening(b, o), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	u := b.Document(fault, false)
	if u.Verdict != cred.Pass || u.Failure != nil || u.Connect != nil || u.Slots[0].Action != "written" || u.Slots[1].Action != "kept" || u.Slots[2].Action != "kept" {
		t.Fatalf("%+v", u)
	}
	rec, _, err := l.Show(context.Background(), u.Record)
	if err != nil || rec.Kind != record.Provision || rec.Cert == nil || rec.Cert.Serial != whole.Certificate.Serial || rec.Key == nil || rec.Authority == nil {
		t.Errorf("%+v, %v", rec, err)
	}
	for _, m := range rec.Tests {
		if (m.Test == "T6" || m.Test == "T7") && m.Result != "not-run" {
			t.Errorf("%s was not made in this run, and is said to be %s", m.Test, m.Result)
		}
	}
	again := drive(t, r.config(l), station.Orders{})
	if again.Failure != nil || again.Slots[0].Action != "kept" || again.Slots[1].Action != "kept" {
		t.Errorf("%+v", again)
	}
	if found, err := l.Verify(context.Background(), nil); err != nil || len(found.Findings) != 0 {
		t.Errorf("%+v, %v", found, err)
	}
}
