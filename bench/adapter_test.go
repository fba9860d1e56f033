package bench_test

import (
	"context"
	"encoding/json"
	"io"
	"sync"
	"testing"

	"example.org/sectag/bench"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
	"example.org/sectag/flows"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// adapter is a needle bed: its line stays open while one board is taken off and another is put on.
type adapter struct {
	in  *io.PipeReader
	out *io.PipeWriter

	mu    sync.Mutex
	board io.ReadWriteCloser
}

func newAdapter(m *sim.Modem) *adapter {
	a := &adapter{}
	a.in, a.out = io.Pipe()
	a.plug(m)
	return a
}

// plug puts another board on; the one that was there is off.
func (a *adapter) plug(m *sim.Modem) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.board != nil {
		_ = a.board.Close()
	}
	a.board = m.Pipe(context.Background())
	go func(from io.Reader) { _, _ = io.Copy(a.out, from) }(a.board)
}

func (a *adapter) Read(b []byte) (int, error) { return a.in.Read(b) }

func (a *adapter) Write(b []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.board.Write(b)
}

func (a *adapter) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	_ = a.in.Close()
	return a.board.Close()
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
	a := newAdapter(first)
	c := r.config(l)
	c.Once, c.Dialer = false, device.Dialer{Sim: func(context.Context, string) (io.ReadWriteCloser, error) { return a, nil }}
	b := bench.New(c)
	done := 0
	err := b.Run(ctx, context.Background(), terms, nil, func(s bench.Shot) {
		_, planned := s.Machine.Credentials().Planned()
		switch e := s.Event.(type) {
		case flows.RecordWritten:
			if done++; done == 2 {
				stop()
				return
			}
			a.plug(second)
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
		list, err := l.List(context.Background(), ledger.Query{IMEI: unit.State().IMEI})
		if err != nil || len(list) != 1 {
			t.Fatalf("unit %d has the records %v, %v", i+1, list, err)
		}
		rec, _, err := l.Show(context.Background(), list[0].Record)
		if err != nil {
			t.Fatal(err)
		}
		holds(t, rec, unit)
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
	for _, s := range rec.Slots {
		content, ok := st.Content(cred.Slot{SecTag: s.SecTag, Kind: s.Type})
		if !ok || cred.Sum(content) != s.SHA256 {
			t.Errorf("%s: the record says that slot %d/%d holds %s", st.IMEI, s.SecTag, s.Type, s.SHA256.Short())
		}
	}
}
