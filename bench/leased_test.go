package bench_test

import (
	"strings"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/flows/station"
	"example.org/sectag/internal/peers"
	"example.org/sectag/ledger"
)

// TestAUnitThatAnotherRunWorksOn: it is left as it is, nothing is signed for it, and the person is told who has it. Once that run is over
// the unit is free.
func TestAUnitThatAnotherRunWorksOn(t *testing.T) {
	ctx := t.Context()
	r := newRig(t, "nrf9151")
	l := r.open(t, "l.db")
	defer l.Close()
	const at = "2026-11-22T00:00:00Z"
	other, err := l.Begin(ctx, at, []byte(`{"port":"elsewhere"}`))
	if err != nil {
		t.Fatal(err)
	}
	before := r.unit.State()
	if err := l.Lease(ctx, other, before.IMEI); err != nil {
		t.Fatal(err)
	}
	u := drive(t, r.config(l), station.Orders{})
	if u.Verdict != cred.Fail || u.Failure == nil || u.Failure.Code != "ledger.leased" || !strings.Contains(u.Failure.Text, "run "+other) {
		t.Errorf("%+v", u.Failure)
	}
	if n := len(r.unit.State().Slots); n != len(before.Slots) {
		t.Errorf("the modem has %d slots, had %d", n, len(before.Slots))
	}
	runs, err := l.Runs(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range runs {
		if s, err := l.Serials(ctx, run.ID); err != nil || len(s) != 0 {
			t.Errorf("serials were reserved: %v, %v", s, err)
		}
	}
	if err := l.End(ctx, other, at, ledger.RunDone); err != nil {
		t.Fatal(err)
	}
	if u := drive(t, r.config(l), station.Orders{}); u.Verdict != cred.Pass {
		t.Errorf("the unit is free again: %+v", u.Failure)
	}
}

// TestAnotherStationsDeadRunIsLeftToIt: its unit stands at that station's ports. The stations share a database.
func TestAnotherStationsDeadRunIsLeftToIt(t *testing.T) {
	ctx := t.Context()
	p, err := peers.StartPostgres()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	schema, err := p.Schema()
	if err != nil {
		t.Fatal(err)
	}
	open := func(station string) *ledger.Store {
		l, err := ledger.OpenAs(ctx, p.URL(schema, "", 0), station)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	dead := open("line-2")
	run, err := dead.Begin(ctx, "2026-11-22T00:00:00Z", []byte(`{"port":"p","station":"line-2"}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, "nrf9151")
	for _, c := range []struct {
		station string
		left    int
	}{{"line-1", 1}, {"", 1}, {"line-2", 0}} {
		l := open(c.station)
		for got := []ledger.Run{}; c.left == 1 && len(got) == 0; { // the server has noticed that its process is gone
			if got, err = l.Unfinished(ctx); err != nil {
				t.Fatal(err)
			}
		}
		r.profile.Station = c.station
		if u := drive(t, r.config(l), station.Orders{}); u.Verdict != cred.Pass || u.Record == "" {
			t.Errorf("station %q: %+v", c.station, u)
		}
		open, err := l.Runs(ctx, ledger.RunOpen)
		if err != nil || len(open) != c.left || c.left == 1 && open[0].ID != run {
			t.Errorf("after a start of station %q the runs %v are open, want %d, %v", c.station, open, c.left, err)
		}
		if rep, err := l.Verify(ctx, nil); err != nil || rep.Verdict != cred.Pass {
			t.Errorf("%+v, %v", rep, err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
