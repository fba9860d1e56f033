package tui

import (
	"context"
	"errors"
	"flag"
	"io"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"example.org/sectag/flows"
	"example.org/sectag/flows/station"
)

var update = flag.Bool("update", false, "write the golden frames and the pictures in docs anew")

// TestShotsArriveWhileItRuns lets the bench's side speak while the program runs, and wants the last shot to end it.
func TestShotsArriveWhileItRuns(t *testing.T) {
	out := &screenful{shown: make(chan struct{})}
	p := New(&desk{}, Options{Out: out})
	done := make(chan error, 1)
	go func() { done <- p.Run(t.Context()) }()
	<-out.shown
	m := station.NewBench(settled)
	f := known(t)
	p.Progress(flows.Progress{Sent: 1, Total: 2})
	p.Trace(flows.TraceLine{Text: "AT"})
	p.Shot(flows.Shot[station.Bench]{Machine: m}, f)
	p.Shot(flows.Shot[station.Bench]{Machine: m, Err: io.ErrClosedPipe}, f)
	if err := <-done; err != nil {
		t.Errorf("Run says %v", err)
	}
	if got := p.root.sight.facts.Port; got != f.Port {
		t.Errorf("it has seen port %q", got)
	}
}

func TestRenderIsWhatAStateLooksLike(t *testing.T) {
	r := toThePlan(t, settled, returned(t))
	view := Render(r.m, r.story.Facts, 80, 24)
	wants(t, view, "What cannot be brought back", "Type the last four digits", "replace!")
	if strings.Contains(view, "\x1b") {
		t.Error("a picture holds no escape byte")
	}
}

// screenful is a terminal that tells when something was shown.
type screenful struct {
	once  sync.Once
	shown chan struct{}
}

func (s *screenful) Write(b []byte) (int, error) {
	s.once.Do(func() { close(s.shown) })
	return len(b), nil
}

func TestRunQuitsOnAKey(t *testing.T) {
	defer goleak.VerifyNone(t)
	in, keyboard := io.Pipe()
	out := &screenful{shown: make(chan struct{})}
	p := New(&desk{}, Options{In: in, Out: out})
	done := make(chan error, 1)
	go func() { done <- p.Run(t.Context()) }()
	<-out.shown
	if _, err := keyboard.Write([]byte("q")); err != nil {
		t.Fatal(err)
	}
	if err := keyboard.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Errorf("Run says %v after a quit", err)
	}
	p.Trace(flows.TraceLine{}) // after Run it must not block
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out := &screenful{shown: make(chan struct{})}
	p := New(&desk{}, Options{In: nil, Out: out})
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	<-out.shown
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Run says %v", err)
	}
}

func TestTheBenchIsNeverBlocked(t *testing.T) {
	p := New(&desk{}, Options{})
	var wg sync.WaitGroup
	for range 4 { // nobody runs the program: all this must come back
		wg.Go(func() {
			for range 2 * maxTrace {
				p.Progress(flows.Progress{Sent: 1})
				p.Trace(flows.TraceLine{Text: "AT"})
				p.show(shotMsg{})
			}
		})
	}
	wg.Wait()
	if n := len(p.in.take()); n != 2*backlog+1 {
		t.Errorf("%d messages wait, want %d shots, %d pieces of progress and one piece of transcript", n, backlog, backlog)
	}
}

func TestTheInboxKeepsTheOrder(t *testing.T) {
	p := New(&desk{}, Options{})
	for i := range backlog + 5 {
		p.Progress(flows.Progress{Sent: i})
	}
	got := p.in.take()
	for i, m := range got {
		if m.(progressMsg).Sent != i+5 {
			t.Fatalf("message %d is %v", i, m)
		}
	}
	if len(p.in.take()) != 0 {
		t.Error("what was taken is still there")
	}
}
