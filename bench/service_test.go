package bench_test

import (
	"context"
	"slices"
	"testing"

	"example.org/sectag/bench"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/station"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// serve works on the rig's unit as a person in service does: looks, wants a plan of this aim, opens the authority, and names a unit. The
// process dies where torn says so.
func serve(t testing.TB, c bench.Config, aim flows.Aim, named cred.IMEI, torn func(station.Bench) bool) (f flows.Facts, looked flows.Facts) {
	t.Helper()
	c.Once = false
	b, in := bench.New(c), terms
	in.Service = true
	loop, end := context.WithCancel(context.Background())
	work, kill := context.WithCancel(context.Background())
	defer end()
	defer kill()
	err := b.Run(loop, work, in, nil, func(s bench.Shot) {
		f = s.Facts
		cr := s.Machine.Credentials()
		_, planned := cr.Planned()
		switch {
		case s.Err != nil:
		case torn != nil && torn(s.Machine):
			kill()
			end()
		case !s.Machine.Rest():
		case s.Ignored || s.Machine.Outcome() != flows.NoOutcome:
			end()
		case planned && cr.Aim() != aim:
			looked = s.Facts
			b.Put(flows.PlanWanted{Aim: aim})
		case planned && s.Machine.Stage(flows.AuthorityScreen) != flows.Done:
			b.Put(flows.PassphraseGiven{Pass: b.Keep([]byte(quickPass))})
		case planned:
			b.Put(flows.Confirmed{IMEI: named})
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return f, looked
}

// kinds are what the ledger has of each kind, the newest first.
func kinds(t testing.TB, l *ledger.Store, imei cred.IMEI) (out []record.Kind) {
	t.Helper()
	list, err := l.History(context.Background(), record.Unit{IMEI: imei}, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		out = append(out, r.Kind)
	}
	return out
}

// empty tells whether nothing stands under the profile's tag.
func (r *rig) empty() bool {
	for _, k := range []cred.Kind{cred.RootCA, cred.ClientCert, cred.ClientKey} {
		if _, there := r.unit.State().Content(cred.Slot{SecTag: 42, Kind: k}); there {
			return false
		}
	}
	return true
}

func TestAUnitIsRetiredOnlyByItsName(t *testing.T) {
	r := newRig(t, "nrf9151")
	l := r.open(t, "ledger.db")
	defer l.Close()
	if u := drive(t, r.config(l), station.Orders{}); u.Verdict != cred.Pass {
		t.Fatalf("%+v", u)
	}
	imei := r.unit.State().IMEI
	f, looked := serve(t, r.config(l), flows.ForRetirement, imei+1, nil)
	if f.Record != "" || r.empty() || len(kinds(t, l, imei)) != 1 {
		t.Fatalf("another unit's name did something: %+v", f)
	}
	if p := looked.Past; p == nil || len(p.Records) != 1 || len(p.Certificates) != 1 || !p.Certificates[0].Ours || p.Certificates[0].Revoked != "" {
		t.Errorf("%+v", p)
	}
	if len(looked.Past.Slots) != 3 {
		t.Errorf("%+v", looked.Past.Slots)
	}
	for _, s := range looked.Past.Slots {
		if s.State != "current" || s.Record != "0" || (s.Slot.Kind == cred.ClientKey) != (s.Origin == "host") {
			t.Errorf("%+v", s)
		}
	}
	f, _ = serve(t, r.config(l), flows.ForRetirement, imei, nil)
	if f.Verdict != flows.Passed || !r.empty() || len(f.Revoked) != 1 || f.Revoked[0].Record != "2" {
		t.Fatalf("%+v %v", f, f.Failure)
	}
	if got := kinds(t, l, imei); !slices.Equal(got, []record.Kind{record.Revocation, record.Retirement, record.Provision}) {
		t.Errorf("%v", got)
	}
	if rec := shown(t, l, f.Revoked[0].Record); rec.Revoked == nil || rec.Revoked.Reason != "cessationOfOperation" || rec.Revoked.Serial != looked.Past.Certificates[0].Serial {
		t.Errorf("%+v", rec.Revoked)
	}
}

// A process that dies when everything is deleted leaves certificates that are believed still. The next look shows them, and the unit,
// which is empty, can be retired.
func TestWhatAKilledRetirementLeftIsDone(t *testing.T) {
	r := newRig(t, "nrf9151")
	l := r.open(t, "ledger.db")
	if u := drive(t, r.config(l), station.Orders{}); u.Verdict != cred.Pass {
		t.Fatalf("%+v", u)
	}
	imei := r.unit.State().IMEI
	serve(t, r.config(l), flows.ForRetirement, imei, func(b station.Bench) bool {
		return b.Credentials().Slot(2) == flows.SlotGone
	})
	if !r.empty() || slices.Contains(kinds(t, l, imei), record.Revocation) {
		t.Fatalf("the run was not cut where it was to be: %v", kinds(t, l, imei))
	}
	if err := l.Close(); err != nil { // the process is dead, and holds the unit no more
		t.Fatal(err)
	}
	l = r.open(t, "ledger.db")
	defer l.Close()
	f, looked := serve(t, r.config(l), flows.ForRetirement, imei, nil)
	if len(looked.Past.Revocable()) != 1 {
		t.Errorf("the look does not tell what is missing: %+v", looked.Past)
	}
	if f.Verdict != flows.Passed || len(f.Revoked) != 1 || kinds(t, l, imei)[1] != record.Retirement {
		t.Errorf("%+v, %v, %v", f.Revoked, f.Failure, kinds(t, l, imei))
	}
}

// A renewal makes all of it new although it is current, and the old certificate ends as superseded; the new one is current then.
func TestARenewalEndsTheOldCertificate(t *testing.T) {
	r := newRig(t, "nrf9151")
	l := r.open(t, "ledger.db")
	defer l.Close()
	first := drive(t, r.config(l), station.Orders{})
	imei := r.unit.State().IMEI
	f, _ := serve(t, r.config(l), flows.ForRenewal, imei, nil)
	if f.Verdict != flows.Passed || len(f.Revoked) != 1 || f.Revoked[0].Serial != first.Certificate.Serial || f.Revoked[0].Revoked != "superseded" {
		t.Fatalf("%+v, %v", f.Revoked, f.Failure)
	}
	for _, p := range f.Plan {
		if p.Stage != flows.SlotMatches || p.Slot.Kind != cred.RootCA && p.Now == p.Old {
			t.Errorf("%+v", p)
		}
	}
	if u := drive(t, r.config(l), station.Orders{}); u.Verdict != cred.Pass || u.Slots[1].Action != "kept" {
		t.Errorf("%+v", u)
	}
}

// A command line is safe with a bench in service: without the unit's name nothing is changed, not even what is ours or missing.
func TestServiceWithoutAPersonAsksAsWell(t *testing.T) {
	r := newRig(t, "nrf9151")
	l := r.open(t, "ledger.db")
	defer l.Close()
	in := terms
	in.Service = true
	for _, o := range []station.Orders{{}, {Yes: true}} {
		b := bench.New(r.config(l))
		fault, err := b.Drive(context.Background(), context.Background(), in, opening(b, o), nil, nil)
		if err != nil || fault == nil || fault.Code != "store.unconfirmed" || !r.empty() {
			t.Errorf("%v, %v", fault, err)
		}
	}
	b := bench.New(r.config(l))
	fault, err := b.Drive(context.Background(), context.Background(), in, opening(b, station.Orders{Yes: true, IMEIs: []cred.IMEI{r.unit.State().IMEI}}), nil, nil)
	if err != nil || fault != nil || r.empty() {
		t.Errorf("%v, %v", fault, err)
	}
}
