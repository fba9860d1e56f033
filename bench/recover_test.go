package bench

import (
	"context"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"example.org/sectag/bench/evidence"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/codec"
	"example.org/sectag/flows/station"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

const (
	ours   cred.IMEI = 352656100367872
	theirs cred.IMEI = 352656100367880
)

// scribe writes the journal of a run in which the world does as it is told.
type scribe struct {
	t      *testing.T
	b      station.Bench
	lines  []ledger.Event
	flight []flows.Effect
}

// put is an event as the loop takes it: a line of the journal, whether the machine hears it or not.
func (s *scribe) put(e flows.Event) (ignored bool) {
	s.t.Helper()
	name, body, err := codec.Encode(e)
	if err != nil {
		s.t.Fatal(err)
	}
	s.lines = append(s.lines, ledger.Event{Type: name, Body: body})
	var do []flows.Effect
	s.b, do, ignored = s.b.Step(e)
	s.flight = append(s.flight, do...)
	return ignored
}

// answer is the effect in flight that comes next, which must be of this type, answered with an event without its number.
func answer[T flows.Effect](s *scribe, e flows.Event) {
	s.t.Helper()
	if len(s.flight) == 0 {
		s.t.Fatalf("nothing is in flight that %T could answer", e)
	}
	x, ok := s.flight[0].(T)
	if !ok {
		s.t.Fatalf("%T is in flight when %T is answered", s.flight[0], e)
	}
	s.flight = s.flight[1:]
	p := reflect.New(reflect.TypeOf(e)).Elem()
	p.Set(reflect.ValueOf(e))
	p.FieldByName("ID").SetUint(uint64(x.Of()))
	s.put(p.Interface().(flows.Event))
}

// here is what an Identify is told of a unit.
func here(imei cred.IMEI, mode uint8) flows.Identified {
	return flows.Identified{
		Session: 1, IMEI: imei, Identity: cred.Digest{byte(imei % 251)}, Firmware: true, Mode: mode, Doc: flows.Doc(`{"imei":"` + imei.String() + `","imei_valid":true,"functional_mode":1}`),
	}
}

// working is a run that has prepared a new anchor for our unit, which was found active, and taken it offline.
func working(t *testing.T) *scribe {
	s := &scribe{t: t}
	s.put(flows.TermsSet{Terms: flows.Terms{Port: true, Anchor: true, Ledger: true, Profile: true}})
	answer[flows.UsePort](s, flows.PortChosen{Name: "p"})
	answer[flows.Identify](s, here(ours, 1))
	s.put(flows.UnitConfirmed{IMEI: ours})
	plan := flows.Plan{N: 1}
	plan.Slots[0] = flows.SlotPlan{Slot: cred.Slot{SecTag: 42, Kind: cred.RootCA}, Op: flows.WriteSlot}
	answer[flows.MakePlan](s, flows.Planned{Plan: plan})
	s.put(flows.Accepted{})
	answer[flows.Prepare](s, flows.Prepared{Want: [flows.MaxSlots]cred.Digest{{7}}})
	answer[flows.Identify](s, here(ours, 1))
	answer[flows.TakeOffline](s, flows.Offline{Was: 1})
	return s
}

func (s *scribe) remains() story { return remains(ledger.Run{}, s.lines) }

// What the machine ignored has not happened: a next unit that came too late leaves this one in work.
func TestARecordIsDueThoughTheNextUnitWasAskedFor(t *testing.T) {
	s := working(t)
	if !s.put(flows.NextUnit{}) {
		t.Fatal("a unit that is worked on is put away")
	}
	if r := s.remains(); !r.worked || r.owed != (flows.Resumed{IMEI: ours, Mode: 1}) {
		t.Errorf("worked %v, owed %+v", r.worked, r.owed)
	}
}

// Another unit on the same line tells its own name, and nothing of ours becomes its.
func TestWhatIsOwedStaysWithTheUnitThatWasSwapped(t *testing.T) {
	s := working(t)
	answer[flows.Write](s, flows.Written{})
	answer[flows.ReadSlot](s, flows.ReadBack{SHA256: cred.Digest{7}})
	answer[flows.Identify](s, here(theirs, 1))
	r := s.remains()
	if r.owed != (flows.Resumed{IMEI: ours, Mode: 1}) || r.identity != here(ours, 1).Identity || r.Facts.Unit.IMEI != ours {
		t.Errorf("owed %+v, the record would be of the unit %s with the identity %s", r.owed, r.Facts.Unit.IMEI, r.identity.Short())
	}
}

// A unit that was put away without a record is not the one that stands there when the process dies.
func TestNoRecordIsOwedToTheUnitAfterIt(t *testing.T) {
	for _, away := range []flows.Event{flows.NextUnit{}, flows.UnitWanted{}} {
		s := working(t)
		answer[flows.Write](s, flows.Lost{Code: "port.lost"})
		answer[flows.WriteRecord](s, flows.Failed{Code: "ledger.busy"})
		if !s.remains().worked {
			t.Fatal("a record is due and nobody knows")
		}
		if s.put(away); len(s.flight) == 0 {
			s.put(flows.UnitWanted{})
		}
		answer[flows.Identify](s, here(theirs, 1))
		if r := s.remains(); r.worked || r.owed != (flows.Resumed{IMEI: ours, Mode: 1}) {
			t.Errorf("after %T: worked %v, owed %+v", away, r.worked, r.owed)
		}
	}
}

// What an earlier run left is owed on though the next one died at once, is paid to that unit and no other, and is paid once.
func TestWhatIsOwedIsOwedOn(t *testing.T) {
	run := ledger.Run{Body: []byte(`{"port":"p","resumed":{"imei":"` + ours.String() + `","mode":1}}`)}
	if r := remains(run, nil); r.owed != (flows.Resumed{IMEI: ours, Mode: 1}) || r.worked {
		t.Errorf("a run that died at once owes %+v", r.owed)
	}
	for _, c := range []struct {
		to   cred.IMEI
		want uint8
	}{{ours, 0}, {theirs, 1}} {
		s := &scribe{t: t}
		s.put(flows.TermsSet{Terms: flows.Terms{Port: true, Ledger: true, Profile: true}})
		s.put(flows.Resumed{IMEI: ours, Mode: 1})
		answer[flows.UsePort](s, flows.PortChosen{Name: "p"})
		answer[flows.Identify](s, here(c.to, 4))
		s.put(flows.Restored{ID: 10}) // whoever asked for it
		if r := s.remains(); r.owed != (flows.Resumed{IMEI: ours, Mode: c.want}) {
			t.Errorf("when %s had its mode back, %+v is owed", c.to, r.owed)
		}
	}
}

// died is a ledger with one run that a process left, and the bench that comes after it.
func died(t *testing.T, lines []ledger.Event, more func(l *ledger.Store, run string)) (*Bench, *ledger.Store) {
	t.Helper()
	ctx := context.Background()
	name := "sqlite:" + filepath.Join(t.TempDir(), "ledger.db")
	at := record.Stamp(time.Now())
	l, err := ledger.Open(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	run, err := l.Begin(ctx, at, []byte(`{"port":"p","product":"tracker"}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range lines {
		if err := l.AppendEvent(ctx, run, e.Type, at, e.Body); err != nil {
			t.Fatal(err)
		}
	}
	more(l, run)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if l, err = ledger.Open(ctx, name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return New(Config{Ledger: l, Now: time.Now, Tool: evidence.Tool{Version: "test"}}), l
}

// The record of a run that died says what was sent, that nobody knows what the slot holds, and whose serial is void; the run is
// closed, and its unit is taken over.
func TestTheRecordOfADeadRun(t *testing.T) {
	ctx := context.Background()
	b, l := died(t, working(t).lines, func(l *ledger.Store, run string) {
		if err := l.Reserve(ctx, run, record.Stamp(time.Now()), "7f"); err != nil {
			t.Fatal(err)
		}
	})
	_, left, err := b.estate.begin(ctx, b)
	if err != nil || left == nil || *left != (flows.Resumed{IMEI: ours, Mode: 1}) {
		t.Fatalf("taken over is %+v, %v", left, err)
	}
	list, err := l.List(ctx, ledger.Query{})
	if err != nil || len(list) != 1 {
		t.Fatalf("the records are %v, %v", list, err)
	}
	r, _, err := l.Show(ctx, list[0].Record)
	if err != nil || r.Kind != record.Interrupted || r.Verdict != cred.Fail || r.IMEI != ours || r.Unit.Key != here(ours, 1).Identity || r.Unit.Product != "tracker" ||
		r.Bench.Port != "p" || !slices.Equal(r.Abandoned, []string{"7f"}) || len(r.Slots) != 1 {
		t.Fatalf("the record says %+v, %v", r, err)
	}
	if s := r.Slots[0]; s.Holds != "unknown" || s.Sent != (cred.Digest{7}) || !s.SHA256.IsZero() {
		t.Errorf("of the slot it says %+v", s)
	}
	events, err := l.Events(ctx, "1")
	if err != nil || !slices.ContainsFunc(events, func(e ledger.Event) bool { return e.Type == "run.interrupted" }) {
		t.Errorf("no line says that the run was interrupted: %v", err)
	}
	if runs, err := l.Runs(ctx, ledger.RunInterrupted); err != nil || len(runs) != 1 {
		t.Errorf("interrupted are %v, %v", runs, err)
	}
}

// A unit without an identity key is known by its UUID, whose digest is no key's.
func TestADeadRunsUnitIsKnownByWhatItTold(t *testing.T) {
	const uuid = "25c95751-efa4-40d4-8b4a-1dcaab81fac9"
	s := &scribe{t: t}
	s.put(flows.TermsSet{Terms: flows.Terms{Port: true, Ledger: true, Profile: true}})
	answer[flows.UsePort](s, flows.PortChosen{Name: "p"})
	told := here(ours, 1)
	told.Identity, told.Doc = cred.Sum([]byte(uuid)), flows.Doc(`{"imei":"`+ours.String()+`","imei_valid":true,"functional_mode":1,"uuid":"`+uuid+`"}`)
	answer[flows.Identify](s, told)
	s.put(flows.UnitConfirmed{IMEI: ours})
	plan := flows.Plan{N: 1}
	plan.Slots[0] = flows.SlotPlan{Slot: cred.Slot{SecTag: 42}, Has: flows.Ours, Op: flows.DeleteSlot}
	answer[flows.MakePlan](s, flows.Planned{Plan: plan})
	s.put(flows.Accepted{})
	answer[flows.Prepare](s, flows.Prepared{})
	b, l := died(t, s.lines, func(*ledger.Store, string) {})
	if _, _, err := b.estate.begin(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	r, found, err := l.Newest(context.Background(), record.Unit{UUID: uuid, IMEI: ours})
	if err != nil || !found || r.Unit.UUID != uuid || !r.Unit.Key.IsZero() {
		t.Errorf("the record is of %+v, %v, %v", r.Unit, found, err)
	}
}

// A second work on the unit is told of though the first has its record.
func TestASecondWorkOfADeadRunIsTold(t *testing.T) {
	ctx := context.Background()
	s := working(t)
	answer[flows.Write](s, flows.Failed{Code: "cmng.515"})
	answer[flows.ReadSlot](s, flows.ReadBack{})
	answer[flows.Identify](s, here(ours, 4))
	answer[flows.RestoreMode](s, flows.Restored{})
	answer[flows.WriteRecord](s, flows.RecordWritten{Record: "0", Verdict: flows.FailedOutcome})
	first := len(s.lines)
	s.put(flows.Retry{})
	answer[flows.Identify](s, here(ours, 1))
	plan := flows.Plan{N: 1}
	plan.Slots[0] = flows.SlotPlan{Slot: cred.Slot{SecTag: 42, Kind: cred.RootCA}, Op: flows.WriteSlot}
	answer[flows.MakePlan](s, flows.Planned{Plan: plan})
	s.put(flows.Accepted{})
	answer[flows.Prepare](s, flows.Prepared{Want: [flows.MaxSlots]cred.Digest{{7}}})
	for _, c := range []struct {
		lines []ledger.Event
		want  int
	}{{s.lines[:first-1], 1}, {s.lines[:first], 1}, {s.lines, 2}} { // the record landed unanswered, was answered, and is old
		b, l := died(t, c.lines, func(l *ledger.Store, run string) {
			r := record.Record{
				Kind: record.Slots, Time: record.Stamp(time.Now()), Verdict: cred.Fail, IMEI: ours, Run: run,
				Unit: record.Identity{Key: here(ours, 1).Identity}, Bench: evidence.Bench(evidence.Tool{Version: "test"}, ""),
				Failure: cred.Failed("cmng.515", "full", "empty a slot"),
			}
			if _, err := l.Record(ctx, r); err != nil {
				t.Fatal(err)
			}
		})
		if _, _, err := b.estate.begin(ctx, b); err != nil {
			t.Fatal(err)
		}
		if list, err := l.List(ctx, ledger.Query{}); err != nil || len(list) != c.want {
			t.Errorf("after %d lines there are %d records, %v", len(c.lines), len(list), err)
		}
	}
}

// A serial that the run abandoned itself is named in its record though it died before it wrote one, and in no other record again.
func TestASerialThatADeadRunAbandonedIsNamedOnce(t *testing.T) {
	ctx := context.Background()
	b, l := died(t, working(t).lines, func(l *ledger.Store, run string) {
		at := record.Stamp(time.Now())
		for _, serial := range []string{"7e", "7f"} {
			if err := l.Reserve(ctx, run, at, serial); err != nil {
				t.Fatal(err)
			}
			if err := l.Abandon(ctx, run, at, serial); err != nil {
				t.Fatal(err)
			}
		}
		r := record.Record{
			Kind: record.Provision, Time: at, Verdict: cred.Fail, IMEI: theirs, Run: run, Abandoned: []string{"7e"}, Unit: record.Identity{Key: here(theirs, 1).Identity},
			Bench: evidence.Bench(evidence.Tool{Version: "test"}, ""), Failure: cred.Failed("cmng.515", "full", "empty a slot"),
		}
		if _, err := l.Record(ctx, r); err != nil {
			t.Fatal(err)
		}
	})
	if _, _, err := b.estate.begin(ctx, b); err != nil {
		t.Fatal(err)
	}
	r, found, err := l.Newest(ctx, record.Unit{IMEI: ours})
	if err != nil || !found || r.Kind != record.Interrupted || !slices.Equal(r.Abandoned, []string{"7f"}) {
		t.Errorf("the record is %+v, %v, %v", r, found, err)
	}
}

// A unit whose record could not be written has it written by the next start though the run went on to another unit.
func TestAUnitThatTheRunWentOnFromHasItsRecord(t *testing.T) {
	ctx := context.Background()
	s := working(t)
	answer[flows.Write](s, flows.Written{})
	answer[flows.ReadSlot](s, flows.ReadBack{SHA256: cred.Digest{7}})
	answer[flows.Identify](s, here(ours, 4))
	answer[flows.RestoreMode](s, flows.Restored{})
	answer[flows.WriteRecord](s, flows.Failed{Code: "ledger.unrecorded", Text: "the disk is full", Hint: "make room"})
	tried := s.remains()
	if f := tried.unrecorded(); f == nil || f.Text != "the disk is full" {
		t.Errorf("of the record is told %v", f)
	}
	for _, next := range []flows.Event{flows.NextUnit{}, flows.UnitWanted{}} {
		if s.put(next); len(s.flight) > 0 {
			break
		}
	}
	answer[flows.Identify](s, here(theirs, 1))
	b, l := died(t, s.lines, func(*ledger.Store, string) {})
	if _, _, err := b.estate.begin(ctx, b); err != nil {
		t.Fatal(err)
	}
	list, err := l.List(ctx, ledger.Query{})
	if err != nil || len(list) != 1 {
		t.Fatalf("the records are %v, %v", list, err)
	}
	r, _, err := l.Show(ctx, list[0].Record)
	if err != nil || r.Kind != record.Interrupted || r.IMEI != ours || r.Unit.Key != here(ours, 1).Identity || r.Failure.Code != "ledger.unrecorded" ||
		len(r.Slots) != 1 || r.Slots[0].SHA256 != (cred.Digest{7}) || r.Slots[0].Holds != "new" {
		t.Errorf("the record says %+v, %v", r, err)
	}
}
