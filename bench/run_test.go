package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"example.org/sectag/flows"
)

// toy asks for a list, then takes a modem offline, then rests; a cancel asks for the mode to be restored.
type toy struct{ step int }

func (m toy) Step(e flows.Event) (toy, []flows.Effect, bool) {
	switch e.(type) {
	case flows.PortsWanted:
		return toy{1}, []flows.Effect{flows.ListPorts{ID: 1}}, false
	case flows.PortsListed:
		return toy{2}, []flows.Effect{flows.TakeOffline{ID: 2}}, false
	case flows.Offline:
		return toy{3}, nil, false
	case flows.Cancel:
		return toy{4}, []flows.Effect{flows.RestoreMode{ID: 3}}, false
	case flows.Restored:
		return toy{5}, nil, false
	}
	return m, nil, true
}
func (m toy) Actions() []flows.Action { return nil }
func (m toy) Rest() bool              { return m.step == 3 }

// diary writes down in which order things happened.
type diary struct {
	mu    sync.Mutex
	lines []string
	fail  string        // the event whose line cannot be written
	hold  chan struct{} // an effect waits here, where set
}

func (d *diary) note(s string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, s)
}

func (d *diary) Append(_ context.Context, e flows.Event, sync bool) error {
	d.note(fmt.Sprintf("journal %T sync=%v", e, sync))
	if fmt.Sprintf("%T", e) == d.fail {
		return errors.New("the disk is full")
	}
	return nil
}

func (d *diary) Do(_ context.Context, e flows.Effect) flows.Event {
	d.note(fmt.Sprintf("effect %T", e))
	if d.hold != nil {
		<-d.hold
		d.note(fmt.Sprintf("answered %T", e))
	}
	switch e := e.(type) {
	case flows.ListPorts:
		return flows.PortsListed{ID: e.ID}
	case flows.TakeOffline:
		return flows.Offline{ID: e.ID}
	}
	return flows.Restored{ID: e.Of()}
}

func TestTheJournalIsWrittenBeforeTheDeed(t *testing.T) {
	d, in := &diary{}, NewMailbox()
	ctx, stop := context.WithCancel(context.Background())
	in.Put(flows.PortsWanted{})
	m, err := Run(ctx, context.Background(), toy{}, d, d, in, func(s flows.Shot[toy]) {
		d.note(fmt.Sprintf("shot %d", s.Machine.step))
		if s.Machine.Rest() {
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) || m.step != 5 {
		t.Errorf("ended with %v in %+v", err, m)
	}
	want := []string{
		"journal flows.PortsWanted sync=false", "shot 1", "effect flows.ListPorts",
		"journal flows.PortsListed sync=true", "shot 2", "effect flows.TakeOffline",
		"journal flows.Offline sync=false", "shot 3",
		"journal flows.Cancel sync=true", "shot 4", "effect flows.RestoreMode",
		"journal flows.Restored sync=false", "shot 5",
	}
	if !slices.Equal(d.lines, want) {
		t.Errorf("got  %q\nwant %q", d.lines, want)
	}
}

func TestNothingStartsWhenTheJournalFails(t *testing.T) {
	d, in := &diary{fail: "flows.PortsListed"}, NewMailbox()
	in.Put(flows.PortsWanted{})
	var shown error
	_, err := Run(context.Background(), context.Background(), toy{}, d, d, in, func(s flows.Shot[toy]) {
		if s.Err != nil {
			shown = s.Err
		}
	})
	if err == nil || shown == nil || !errors.Is(shown, err) && shown.Error() != err.Error() {
		t.Errorf("ended with %v, shown %v", err, shown)
	}
	if slices.Contains(d.lines, "effect flows.TakeOffline") {
		t.Error("a deed was done that no journal knows of")
	}
}

// The journal breaks while an effect is in flight: nobody leaves before it is answered.
func TestABrokenJournalWaitsForTheEffectInFlight(t *testing.T) {
	d, in := &diary{fail: "flows.Cancel", hold: make(chan struct{})}, NewMailbox()
	in.Put(flows.PortsWanted{})
	_, err := Run(context.Background(), context.Background(), toy{}, d, d, in, func(s flows.Shot[toy]) {
		switch {
		case s.Err != nil:
			close(d.hold)
		case !s.Ignored:
			in.Put(flows.Cancel{})
		}
	})
	if err == nil || !slices.Contains(d.lines, "answered flows.ListPorts") || slices.Contains(d.lines, "effect flows.RestoreMode") {
		t.Errorf("the loop ended with %v: %q", err, d.lines)
	}
}

func TestAnEndWaitsForTheEffectInFlight(t *testing.T) {
	d, in := &diary{hold: make(chan struct{})}, NewMailbox()
	ctx, stop := context.WithCancel(context.Background())
	in.Put(flows.PortsWanted{})
	_, err := Run(ctx, context.Background(), toy{}, d, d, in, func(s flows.Shot[toy]) {
		switch s.Event.(type) {
		case flows.PortsWanted:
			stop()
		case flows.Cancel:
			close(d.hold)
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if !slices.Contains(d.lines, "answered flows.ListPorts") || !slices.Contains(d.lines, "answered flows.RestoreMode") {
		t.Errorf("the loop left before its effects were answered: %q", d.lines)
	}
}

// The journal is on the disk before the world is changed. What rides says why in changesWorld.
func TestWhatMustBeOnTheDiskFirst(t *testing.T) {
	for _, c := range []struct {
		why    flows.Event
		effect flows.Effect
		want   bool
	}{
		{flows.Identified{Mode: 4}, flows.Delete{}, true},
		{flows.Offline{}, flows.Delete{}, true},
		{flows.Offline{}, flows.Write{}, true},
		{flows.Identified{}, flows.Write{}, true},
		{flows.Deleted{}, flows.Write{}, false},
		{flows.Deleted{}, flows.MakeKey{}, true}, // only the journal knows whose key then stands there
		{flows.Offline{}, flows.MakeKey{}, true},
		{flows.Identified{}, flows.Certify{}, false}, // its serial is durable by itself
		{flows.Identified{Mode: 1}, flows.TakeOffline{}, true},
		{flows.Identified{Mode: 2}, flows.TakeOffline{}, true},
		{flows.Identified{Mode: 21}, flows.TakeOffline{}, true},
		{flows.Identified{Mode: 4}, flows.TakeOffline{}, false},
		{flows.Identified{Mode: 0}, flows.TakeOffline{}, false},
		{flows.Cancel{}, flows.TakeOffline{}, true},
		{flows.Identified{}, flows.RestoreMode{}, true},
		{flows.AuthorityWanted{}, flows.CreateAuthority{}, true},
		{flows.Restored{}, flows.WriteRecord{}, true},
		{flows.Accepted{}, flows.Prepare{}, false}, // its serial is durable by itself
		{flows.Written{}, flows.ReadSlot{}, false},
		{flows.ReadBack{}, flows.Identify{}, false},
		{flows.UnitConfirmed{}, flows.MakePlan{}, false},
		{flows.Restored{}, flows.ConnectServer{}, false},
	} {
		if got := changesWorld(c.why, []flows.Effect{flows.ListPorts{}, c.effect}); got != c.want {
			t.Errorf("%T after %+v: synced %v", c.effect, c.why, got)
		}
	}
}
