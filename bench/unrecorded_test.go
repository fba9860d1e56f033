package bench_test

import (
	"context"
	"strings"
	"testing"

	"example.org/sectag/bench"
	"example.org/sectag/bench/profile"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/station"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// unrecording lets something happen to the ledger right before a record is written, and gives the writing this context.
type unrecording struct {
	bench.Doer
	before func(context.Context) context.Context
}

func (u unrecording) Do(ctx context.Context, e flows.Effect) flows.Event {
	if _, write := e.(flows.WriteRecord); write {
		ctx = u.before(ctx)
	}
	return u.Doer.Do(ctx, e)
}

// TestARunWithoutItsRecord: the work is done and the ledger does not take the record, with or without the journal's next line. The run
// says so in a code of its own and stays open; the next one writes what the journal has, knows the slots as ours and replaces them.
func TestARunWithoutItsRecord(t *testing.T) {
	for name, origin := range map[string]profile.Origin{"host": profile.Host, "modem": profile.Modem} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			withoutRecord(t, origin, "ledger.unrecorded", func(_ *ledger.Store, ctx context.Context) context.Context {
				ctx, cancel := context.WithCancel(ctx)
				cancel()
				return ctx
			})
		})
		t.Run(name+", and no journal", func(t *testing.T) { // which cannot tell why, then
			t.Parallel()
			withoutRecord(t, origin, "bench.interrupted", func(l *ledger.Store, ctx context.Context) context.Context {
				if err := l.Close(); err != nil {
					t.Error(err)
				}
				return ctx
			})
		})
	}
}

func withoutRecord(t *testing.T, origin profile.Origin, why string, before func(*ledger.Store, context.Context) context.Context) {
	ctx := context.Background()
	r := newRig(t, "nrf9151?fault=online")
	r.profile.Origin = origin
	l := r.open(t, "ledger.db")
	b := bench.New(r.config(l))
	around := func(d bench.Doer) bench.Doer {
		return unrecording{d, func(ctx context.Context) context.Context { return before(l, ctx) }}
	}
	_, err := b.Drive(ctx, ctx, terms, opening(b, station.Orders{}), around, nil)
	fault := cred.AsFault(err)
	if fault == nil || fault.Code != "ledger.unrecorded" || !strings.Contains(fault.Text, "could not be written: ") || fault.Hint == "" {
		t.Fatalf("the run ends with %v", err)
	}
	u := b.Document(fault, false)
	if u.Verdict != cred.Fail || u.Failure != fault || u.Record != "" || len(u.Slots) != 3 {
		t.Errorf("%+v", u)
	}
	_ = l.Close() // it may be closed already

	l = r.open(t, "ledger.db")
	defer l.Close()
	runs, err := l.Unfinished(ctx)
	if err != nil || len(runs) != 1 {
		t.Fatalf("open are %v, %v", runs, err)
	}
	again := drive(t, r.config(l), station.Orders{}) // nobody says --yes: what is not ours is left alone
	if again.Verdict != cred.Pass || again.Failure != nil {
		t.Fatalf("%+v", again)
	}
	for i, s := range again.Slots {
		if s.Lost || s.Action == "" || s.SHA256.IsZero() {
			t.Errorf("slot %d: %+v", i, s)
		}
	}
	list, err := l.List(ctx, ledger.Query{})
	if err != nil || len(list) != 2 || list[0].Kind != record.Interrupted || list[1].Kind != record.Provision {
		t.Fatalf("the records are %v, %v", list, err)
	}
	rec, _, err := l.Show(ctx, list[0].Record)
	if err != nil || rec.Run != runs[0].ID || rec.Failure == nil || rec.Failure.Code != why || len(rec.Slots) != 3 || len(rec.Abandoned) != 1 {
		t.Fatalf("the record of the first run says %+v, %v", rec, err)
	}
	for _, s := range rec.Slots {
		if s.Holds != "new" || s.SHA256.IsZero() || s.SHA256 != told(u, s) {
			t.Errorf("of %d/%d it says %+v", s.SecTag, s.Type, s)
		}
	}
	if runs, err := l.Unfinished(ctx); err != nil || len(runs) != 0 {
		t.Errorf("open are %v, %v", runs, err)
	}
}

// told is what a document says that a slot of a record holds.
func told(u bench.Unit, s record.Slot) cred.Digest {
	for _, d := range u.Slots {
		if d.SecTag == s.SecTag && d.Type == s.Type {
			return d.SHA256
		}
	}
	return cred.Digest{}
}

// TestAPSKWithoutItsRecord: the key that was sent is named as lost by the next start, and the unit gets another.
func TestAPSKWithoutItsRecord(t *testing.T) {
	ctx := context.Background()
	r, id := newRig(t, "nrf9151"), firm(t)
	share(&r.profile, id)
	l := r.open(t, "ledger.db")
	b := bench.New(r.config(l))
	_, err := b.Drive(ctx, ctx, sharing, station.Orders{}, func(d bench.Doer) bench.Doer {
		return unrecording{d, func(ctx context.Context) context.Context {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx
		}}
	}, nil)
	if f := cred.AsFault(err); f == nil || f.Code != "ledger.unrecorded" {
		t.Fatalf("the run ends with %v", err)
	}
	sent, _ := r.unit.State().Content(pskSlot)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = r.open(t, "ledger.db")
	defer l.Close()
	again := shareOne(t, r.config(l), station.Orders{})
	if now, _ := r.unit.State().Content(pskSlot); again.Verdict != cred.Pass || string(now) == string(sent) {
		t.Errorf("%+v %v", again, again.Failure)
	}
	list, err := l.List(ctx, ledger.Query{})
	if err != nil || len(list) != 2 || list[0].Kind != record.Interrupted {
		t.Fatalf("the records are %v, %v", list, err)
	}
	rec, _, err := l.Show(ctx, list[0].Record)
	if err != nil || rec.Failure.Code != "ledger.unrecorded" || len(rec.LostPSKs) != 1 || rec.LostPSKs[0].PSK != told(b.Document(nil, false), rec.Slots[0]) {
		t.Errorf("the record of the first run says %+v, %v", rec, err)
	}
}
