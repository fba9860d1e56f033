package bench_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.org/sectag/bench"
	"example.org/sectag/bench/profile"
	"example.org/sectag/ca"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/station"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// unwritable answers the first write with an event that no journal takes.
type unwritable struct{ bench.Doer }

func (u unwritable) Do(ctx context.Context, e flows.Effect) flows.Event {
	a := u.Doer.Do(ctx, e)
	if _, write := e.(flows.Write); write {
		return flows.Failed{ID: e.Of(), Code: "internal", Text: strings.Repeat("long ", 64<<10)}
	}
	return a
}

// TestARunWhoseJournalBreaksIsNotClosed: it is left to the next start, which tells of it in the words of the run that broke.
func TestARunWhoseJournalBreaksIsNotClosed(t *testing.T) {
	ctx := context.Background()
	r := newRig(t, "nrf9151?fault=online")
	r.profile.Station, r.profile.Operator, r.profile.SHA256 = "3", "ak", cred.Sum([]byte("old"))
	l := r.open(t, "ledger.db")
	b := bench.New(r.config(l))
	fault, err := b.Drive(ctx, ctx, terms, opening(b, station.Orders{}), func(d bench.Doer) bench.Doer { return unwritable{d} }, nil)
	if err == nil {
		t.Fatalf("the journal took everything, %v", fault)
	}
	u := b.Document(cred.AsFault(err), false)
	if u.Verdict != cred.Fail || u.Failure == nil || len(u.Slots) != 3 || u.Slots[0].Holds != "unknown" {
		t.Errorf("%+v", u)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}

	r.profile.Station, r.profile.Operator, r.profile.SHA256 = "4", "bc", cred.Sum([]byte("new"))
	l = r.open(t, "ledger.db")
	defer l.Close()
	again := drive(t, r.config(l), station.Orders{Yes: true, IMEIs: []cred.IMEI{r.unit.State().IMEI}})
	if again.Verdict != cred.Pass {
		t.Errorf("%+v", again)
	}
	list, err := l.List(ctx, ledger.Query{})
	if err != nil || len(list) != 2 || list[0].Kind != record.Interrupted {
		t.Fatalf("the records are %v, %v", list, err)
	}
	rec, _, err := l.Show(ctx, list[0].Record)
	if err != nil || rec.Bench.Station != "3" || rec.Bench.Operator != "ak" || rec.Bench.Profile != cred.Sum([]byte("old")) || rec.Unit.Product != "tracker" {
		t.Errorf("the interrupted run's record says %+v, %v", rec.Bench, err)
	}
}

// deaf gives the work up at the first write.
type deaf struct {
	bench.Doer
	giveUp func()
}

func (d deaf) Do(ctx context.Context, e flows.Effect) flows.Event {
	if _, write := e.(flows.Write); write {
		d.giveUp()
	}
	return d.Doer.Do(ctx, e)
}

// TestWorkThatIsGivenUpIsLeftToTheNextStart, with every line of it in the journal.
func TestWorkThatIsGivenUpIsLeftToTheNextStart(t *testing.T) {
	ctx := context.Background()
	r := newRig(t, "nrf9151?fault=online")
	l := r.open(t, "ledger.db")
	loop, end := context.WithCancel(ctx)
	work, giveUp := context.WithCancel(ctx)
	b := bench.New(r.config(l))
	fault, err := b.Drive(loop, work, terms, opening(b, station.Orders{}), func(d bench.Doer) bench.Doer {
		return deaf{d, func() { giveUp(); end() }}
	}, nil)
	if fault == nil {
		t.Errorf("it passed, %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = r.open(t, "ledger.db")
	defer l.Close()
	runs, err := l.Unfinished(ctx)
	if err != nil || len(runs) != 1 {
		t.Fatalf("unfinished are %v, %v", runs, err)
	}
	events, err := l.Events(ctx, runs[0].ID)
	if err != nil || events[len(events)-1].Type == "cred.offline" {
		t.Errorf("the journal ends before the write was given up, %v", err)
	}
	if u := drive(t, r.config(l), station.Orders{Yes: true, IMEIs: []cred.IMEI{r.unit.State().IMEI}}); u.Verdict != cred.Pass {
		t.Errorf("the next start says %+v", u)
	}
}

// TestWhatARefusedUnitHolds: where no plan can be made nothing is changed, and the slots hold what was listed for it.
func TestWhatARefusedUnitHolds(t *testing.T) {
	r := newRig(t, "nrf9151")
	l := r.open(t, "ledger.db")
	defer l.Close()
	if u := drive(t, r.config(l), station.Orders{}); u.Verdict != cred.Pass {
		t.Fatalf("%+v", u)
	}
	before := r.unit.State().Slots
	r.profile.Slots = []profile.Slot{{SecTag: 42, Anchor: long(t, r.dir)}, {SecTag: 43, Anchor: r.profile.Slots[0].Anchor}}
	u := drive(t, r.config(l), station.Orders{})
	if u.Verdict != cred.Fail || u.Failure.Code != "line.too-long" || len(u.Slots) != 6 {
		t.Fatalf("%+v", u)
	}
	for i, s := range u.Slots {
		want := bench.UnitSlot{SecTag: s.SecTag, Type: s.Type, Kind: s.Kind, Holds: "missing"}
		for _, b := range before {
			if b.SecTag == s.SecTag && b.Type == s.Type {
				want.Holds, want.SHA256 = "old", cred.Sum([]byte(b.Content))
			}
		}
		if s != want || (s.Holds == "old") != (i < 3) {
			t.Errorf("%+v, want %+v", s, want)
		}
	}
}

// long is a file of more roots than fit an AT host's buffer.
func long(t *testing.T, dir string) string {
	t.Helper()
	var all []byte
	for i := range 9 {
		made, err := ca.Init(ca.InitOptions{Dir: filepath.Join(dir, strconv.Itoa(i)), Subject: fmt.Sprintf("CN=root %d", i), Plaintext: true, Clock: ca.Clock{Now: time.Now()}})
		if err != nil {
			t.Fatal(err)
		}
		pem, err := os.ReadFile(made.Cert)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, pem...)
	}
	file := filepath.Join(dir, "long.pem")
	if err := os.WriteFile(file, all, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
