package walk

import (
	"flag"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/sectag/flows"
	"example.org/sectag/flows/station"
	"example.org/sectag/tui/way"
)

var update = flag.Bool("update", false, "write the golden frames and the pictures in docs anew")

func TestWhatTheBenchSendsIsSeenAndItsLastShotEndsTheWay(t *testing.T) {
	w := New(&desk{}, Options{})
	m, f := station.NewBench(settled), known(t)
	w.Progress(flows.Progress{Sent: 1, Total: 2})
	w.Trace(flows.TraceLine{Text: "AT"})
	w.Shot(flows.Shot[station.Bench]{Machine: m}, f)
	<-w.Wake()
	if do := w.Come(noon); do != way.Nothing || w.sight.facts.Port != f.Port || len(w.sight.trace) != 1 || w.sight.progress.Sent != 1 {
		t.Errorf("do %d, saw port %q, %d lines, %+v", do, w.sight.facts.Port, len(w.sight.trace), w.sight.progress)
	}
	w.Shot(flows.Shot[station.Bench]{Machine: m, Err: io.ErrClosedPipe}, f)
	if do := w.Come(noon); do != way.Quit {
		t.Errorf("do %d after the last shot", do)
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

func TestTheBenchIsNeverBlocked(t *testing.T) {
	w := New(&desk{}, Options{})
	var wg sync.WaitGroup
	for range 4 { // nobody shows it: all this must come back
		wg.Go(func() {
			for range 2 * maxTrace {
				w.Progress(flows.Progress{Sent: 1})
				w.Trace(flows.TraceLine{Text: "AT"})
				w.in.Put(shots, shotMsg{})
			}
		})
	}
	wg.Wait()
	if n := len(w.in.Take()); n != 2*backlog+maxTrace {
		t.Errorf("%d messages wait, want %d shots, %d pieces of progress and %d lines", n, backlog, backlog, maxTrace)
	}
}

// TestTimesOfDayAreLocalOrUTC: what the bench stamps is shown in one zone, whatever it came in.
func TestTimesOfDayAreLocalOrUTC(t *testing.T) {
	far := time.FixedZone("far", 5*3600)
	for _, c := range []struct {
		utc  bool
		want *time.Location
	}{{false, time.Local}, {true, time.UTC}} {
		w := New(&desk{}, Options{UTC: c.utc})
		w.Trace(flows.TraceLine{At: noon.In(far), Text: "AT"})
		w.Progress(flows.Progress{Waiting: "OK", Until: noon.In(far)})
		w.Come(noon)
		if got := w.sight.trace[0].At; got.Location() != c.want || !got.Equal(noon) {
			t.Errorf("utc %v: the line is of %v", c.utc, got)
		}
		if got := w.sight.progress.Until; got.Location() != c.want {
			t.Errorf("utc %v: until %v", c.utc, got)
		}
	}
}
