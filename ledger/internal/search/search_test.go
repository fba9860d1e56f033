package search

import (
	"slices"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/record"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestPartsMakeTheWhole puts a question in parts of every number, in a ledger of 23 units of which all but the last have two records
// and each third another firmware by now; few at a time, and many.
func TestPartsMakeTheWhole(t *testing.T) {
	p, err := engine.Memory().Open(t.Context())
	must(t, err)
	defer p.Close()
	for id := range int64(45) {
		r := record.Record{Kind: record.Check, Time: "2026-11-22T10:00:00Z", IMEI: cred.IMEI(352656100000000 + id%23), Firmware: "fw1"}
		r.Unit.Name = record.Unit{IMEI: r.IMEI}.Name()
		if id >= 23 && id%3 == 0 {
			r.Firmware = "fw2"
		}
		_, err := p.Firm.Exec(`INSERT OR IGNORE INTO unit (name, id_key, uuid, imei, seen) VALUES ($1, '', '', '', 0)`, r.Unit.Name)
		must(t, err)
		_, err = p.Firm.Exec(`INSERT INTO record (id, body, unit, imei, kind, verdict, time, claims) VALUES ($1, '', $2, '', 'check', 'pass', '', 0)`, id, r.Unit.Name)
		must(t, err)
		must(t, engine.Say(t.Context(), p.Firm, engine.Numbers{}, id, r))
	}
	q, unheard, err := ask(t.Context(), p.Read, Affected{Traits: []Trait{{record.TraitFirmware, "fw1"}}, Ever: true})
	if err != nil || len(unheard) > 0 {
		t.Fatal(err, unheard)
	}
	trait := q.terms[0].traits[0]
	whole, err := q.part(t.Context(), p.Read, trait, 0, 1<<62)
	must(t, err)
	if len(whole) != 23 || whole[0].record != 23 || whole[1].record != 1 || whole[1].newest != 24 {
		t.Fatalf("%d units: %+v", len(whole), whole[:2])
	}
	for parts := range int64(50) {
		q.many = parts%2 == 1
		var all []found
		at := bounds(45, parts+1)
		for i := range len(at) - 1 {
			some, err := q.part(t.Context(), p.Read, trait, at[i], at[i+1])
			must(t, err)
			all = append(all, some...)
		}
		if !slices.Equal(all, whole) {
			t.Errorf("in %d parts: %+v", parts+1, all)
		}
	}
}
