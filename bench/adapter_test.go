package bench_test

import (
	"context"
	"encoding/json"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.org/sectag/bench"
	"example.org/sectag/bench/evidence"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
	"example.org/sectag/flows"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// adapter is a needle bed: its port stays, the boards on it change.
type adapter struct {
	mu    sync.Mutex
	board *sim.Modem
	line  io.Closer // the last opening
}

// plug puts another board on; the one that was there is off.
func (a *adapter) plug(m *sim.Modem) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.board = m
}

// cut breaks the line; the board keeps its power.
func (a *adapter) cut() {
	a.mu.Lock()
	defer a.mu.Unlock()
	_ = a.line.Close()
}

// open is for a device.Dialer.
func (a *adapter) open(context.Context, string) (io.ReadWriteCloser, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.board.Pipe(context.Background())
	a.line = l
	return l, nil
}

func newUnit(t *testing.T) *sim.Modem {
	t.Helper()
	m, err := sim.New(sim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestTheNextUnitIsReadWholeOnALineThatStaysOpen: nothing of the unit before may be taken for the new one's.
func TestTheNextUnitIsReadWholeOnALineThatStaysOpen(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	r := newRig(t, "nrf9151")
	l := r.open(t, "ledger.db")
	defer l.Close()
	first, second := newUnit(t), newUnit(t)
	a := &adapter{board: first}
	c := r.config(l)
	var later atomic.Int64 // an hour lies between the units
	c.Once, c.Now = false, func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	var said evidence.Transcript // with the unit that is at the port now
	c.Trace = func(l flows.TraceLine) { said.Add(l.Out, l.Text) }
	c.Dialer = device.Dialer{Sim: func(ctx context.Context, name string) (io.ReadWriteCloser, error) {
		said.Reset()
		return a.open(ctx, name)
	}}
	transcripts := map[string]cred.Digest{} // by record
	b := bench.New(c)
	done := 0
	err := b.Run(ctx, context.Background(), terms, nil, func(s bench.Shot) {
		_, planned := s.Machine.Credentials().Planned()
		switch e := s.Event.(type) {
		case flows.AuthorityLoaded:
			b.Put(flows.PassphraseGiven{Pass: b.Keep([]byte(quickPass))})
		case flows.RecordWritten:
			transcripts[e.Record] = said.Sum()
			if done++; done == 2 {
				stop()
				return
			}
			a.plug(second)
			later.Store(int64(time.Hour))
			b.Put(flows.NextUnit{})
		case flows.NextUnit:
			b.Put(flows.UnitWanted{})
		case flows.Identified:
			if s.Machine.Unit().Asking() {
				b.Put(flows.UnitConfirmed{IMEI: e.IMEI})
			}
		case flows.Planned:
			if planned {
				b.Put(flows.Accepted{})
			}
		case flows.Failed, flows.Lost:
			t.Errorf("%+v", e)
			stop()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, unit := range []*sim.Modem{first, second} {
		list, err := l.List(context.Background(), ledger.Query{Part: ledger.Part{IMEIs: []cred.IMEI{unit.State().IMEI}}})
		if err != nil || len(list) != 1 {
			t.Fatalf("unit %d has the records %v, %v", i+1, list, err)
		}
		rec, _, err := l.Show(context.Background(), list[0].Record)
		if err != nil {
			t.Fatal(err)
		}
		holds(t, rec, unit)
		if sum := rec.Seal.Transcript; sum.IsZero() || sum != transcripts[rec.ID] {
			t.Errorf("the transcript of %s is of something else than was said to it", rec.ID)
		}
	}
}

// holds compares a record with what is in the unit that it names.
func holds(t *testing.T, rec record.Record, unit *sim.Modem) {
	t.Helper()
	st := unit.State()
	if rec.Verdict != cred.Pass || rec.Cert == nil || rec.Cert.Name != "urn:imei:"+st.IMEI.String() || rec.Unit.UUID != st.UUID {
		text, _ := json.Marshal(rec)
		t.Errorf("the record of %s says %s", st.IMEI, text)
	}
	if rec.ElapsedMS > time.Minute.Milliseconds() || rec.Bench.Started < rec.Time[:len("2026-11-22T00")] {
		t.Errorf("the work on %s took %d ms from %s on, ended %s", st.IMEI, rec.ElapsedMS, rec.Bench.Started, rec.Time)
	}
	for _, s := range rec.Slots {
		content, ok := st.Content(cred.Slot{SecTag: s.SecTag, Kind: s.Type})
		if !ok || cred.Sum(content) != s.SHA256 {
			t.Errorf("%s: the record says that slot %d/%d holds %s", st.IMEI, s.SecTag, s.Type, s.SHA256.Short())
		}
	}
}

// TestAModeThatAnEarlierOpeningTookAwayIsPutBack: the line breaks when the modem is offline, and a person retries.
func TestAModeThatAnEarlierOpeningTookAwayIsPutBack(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	online, err := sim.ParseFault("online")
	if err != nil {
		t.Fatal(err)
	}
	unit, err := sim.New(sim.Config{Faults: []sim.Fault{online}})
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, "nrf9151")
	a := &adapter{board: unit}
	c := r.config(nil)
	c.Once, c.Dialer = false, device.Dialer{Sim: a.open}
	b := bench.New(c)
	cuts, passed := 0, false
	err = b.Run(ctx, context.Background(), flows.Terms{Authority: true, Port: true, Anchor: true, Profile: true}, nil, func(s bench.Shot) {
		switch e := s.Event.(type) {
		case flows.AuthorityLoaded:
			b.Put(flows.PassphraseGiven{Pass: b.Keep([]byte(quickPass))})
		case flows.Identified:
			if s.Machine.Unit().Asking() {
				b.Put(flows.UnitConfirmed{IMEI: e.IMEI})
			}
		case flows.Planned:
			if p, _ := s.Machine.Credentials().Planned(); p.Destroys() {
				b.Put(flows.Confirmed{IMEI: s.Facts.Unit.IMEI})
			} else {
				b.Put(flows.Accepted{})
			}
		case flows.Deleted, flows.Written:
			if cuts++; cuts == 1 {
				a.cut()
			}
		case flows.RecordWritten:
			if e.Verdict == flows.Passed {
				passed = true
				stop()
				return
			}
			b.Put(flows.Retry{})
		}
	})
	if err != nil || !passed || cuts < 2 {
		t.Fatalf("%v, passed %v, after %d deeds", err, passed, cuts)
	}
	m, err := device.Attach(context.Background(), unit.Pipe(context.Background()), device.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if id, err := m.Identify(context.Background()); err != nil || id.FunctionalMode != 1 {
		t.Errorf("the modem was left in mode %d, %v", id.FunctionalMode, err)
	}
}
