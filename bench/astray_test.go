package bench_test

import (
	"testing"
	"testing/synctest"

	"example.org/sectag/bench"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/flows/station"
	"example.org/sectag/ledger/record"
)

// A unit that lacks nothing, and has only kept what an earlier run let go astray, is freed of it without a question, and keeps its identity:
// the plan shows it, document and record name it, and the run after that has nothing to do.
func TestOnlyWhatWentAstrayIsLeft(t *testing.T) {
	v := newVirtual(t, "").byHand(t, cred.PSK, false)
	hand, psk := *v.start.hand, cred.Slot{SecTag: 47, Kind: cred.RootCA}
	synctest.Test(t, func(t *testing.T) {
		l := v.store(t)
		defer l.Close()
		x := v.trial(t, l, imeis(1)[0])
		pass := func(what string, o station.Orders) bench.Unit {
			t.Helper()
			x.reopen()
			u := drive(t, x.v.config(l, device.Dialer{Sim: x.cable().open}), o)
			if u.Verdict != cred.Pass {
				t.Fatalf("%s: %+v", what, u)
			}
			return u
		}
		given := pass("the first run", station.Orders{})
		line := x.cable()
		line.out = hurt("AT%CMNG=0,42,3,", "AT%CMNG=0,47,0,", 0)
		cut := len(x.before.Slots)
		line.in = func(n int, b []byte) []byte { // the unit has written it, and nobody hears so
			if now := x.unit.State(); len(now.Slots) > cut+3 {
				line.pull()
			}
			return b
		}
		if u := x.run(t, line, false); u.Verdict != cred.Fail || len(others(x.unit)) != cut+1 {
			t.Fatalf("the run that is cut: %+v", u)
		}
		if _, there := x.unit.State().Content(hand); there {
			t.Fatal("it came into its own slot")
		}
		told := func(u bench.Unit, action string) {
			t.Helper()
			kept := 0
			for _, s := range u.Slots {
				switch at := (cred.Slot{SecTag: s.SecTag, Kind: s.Type}); {
				case at == psk && s.Action == action:
				case s.Action == "kept":
					kept++
				default:
					t.Errorf("%v is %s", at, s.Action)
				}
			}
			if kept != 3 || len(u.Slots) != 4 || !names(u, psk) {
				t.Errorf("%+v", u)
			}
		}
		told(pass("a run that only looks", station.Orders{Look: true}), "deleted")
		if _, there := x.unit.State().Content(psk); !there {
			t.Error("a run that only looks has deleted it")
		}
		u := pass("the next run", station.Orders{})
		told(u, "deleted")
		rec := shown(t, l, u.Record)
		first := shown(t, l, given.Record)
		if said(t, u, rec, "store.stray") == "" || rec.Kind != record.Provision || rec.Cert == nil || rec.Cert.Serial != first.Cert.Serial || rec.KeyOrigin != first.KeyOrigin {
			t.Errorf("%+v", rec)
		}
		if n := len(others(x.unit)); n != cut {
			t.Errorf("beside its own the unit holds %d slots", n)
		}
		u = pass("the last run", station.Orders{})
		if rec := shown(t, l, u.Record); rec.Kind != record.Check || len(u.Slots) != 3 || names(u, psk) {
			t.Errorf("%+v", u)
		}
		if rep, err := l.Verify(t.Context(), nil); err != nil || rep.Verdict != cred.Pass {
			t.Errorf("the ledger says %+v, %v", rep, err)
		}
	})
}
