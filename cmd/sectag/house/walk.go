package house

import (
	"context"
	"sync/atomic"

	"example.org/sectag/bench"
	"example.org/sectag/bench/setup"
	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/job"
	"example.org/sectag/cred"
	"example.org/sectag/device/lexicon"
	"example.org/sectag/docs"
	"example.org/sectag/flows"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/walk"
	"example.org/sectag/tui/way"
)

// setting is whose station and product it is.
type setting struct {
	title, station string
}

// walk runs a bench and the screens on it side by side, until the screens are left. The bench outlives them: it comes to a rest and is
// closed after them. A person who leaves while the bench is at work has waited for it, and does not want to any more: the work is given
// up, as if the process had been killed. A signal lets the effect in flight end.
func (h *house) walk(ctx context.Context, t flows.Terms) (way.Act, error) {
	on, c, s := h.on, h.job.Config(h.at()), h.setting()
	var screens *walk.Walk
	c.Progress = func(p flows.Progress) { screens.Progress(p) }
	c.Trace = func(l flows.TraceLine) { screens.Trace(l) }
	c.Once = false
	b := bench.New(c)
	screens = walk.New(b, walk.Options{Title: s.title, Station: s.station, Palette: h.palette(), LastPort: console.LastPort(), Now: h.Now, Door: h.back(), UTC: h.UTC, Commands: commands(), Explain: explain, List: setup.Here})
	loop, end := context.WithCancel(ctx)
	defer end()
	work, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	var busy, torn atomic.Bool
	left := make(chan way.Act, 1)
	on.Open(screens)
	go func() {
		to := on.Over()
		torn.Store(busy.Load())
		if ctx.Err() == nil && torn.Load() {
			giveUp()
		}
		end()
		left <- to
	}()
	err := b.Run(loop, work, t, job.Announcer(), func(s bench.Shot) {
		busy.Store(!s.Machine.Rest())
		if name := modemAt(s); name != "" {
			console.RememberPort(name)
		}
		screens.Shot(s.Shot, s.Facts)
	})
	if err != nil {
		on.hide() // a bench that did not come to its first event has shown nothing that could end the screens
	}
	to := <-left
	if err == nil && torn.Load() {
		err = cred.Failed("store.stopped", "left in the middle of the work", "start again with the same unit: it is read first")
	}
	return to, err
}

// commands are those that the lab's prompt completes.
func commands() (out []form.Choice) {
	for _, c := range lexicon.Commands() {
		out = append(out, form.Choice{Text: c.Text, Note: c.Note})
	}
	return out
}

// explain is what the page of the codes says.
func explain(code string) (cause, do string, ok bool) {
	e, ok := docs.Explain(code)
	return e.Cause, e.Do, ok
}

// modemAt is the port at which a modem has just told who it is. A name that was mistyped is not worth remembering.
func modemAt(s bench.Shot) string {
	if _, told := s.Event.(flows.Identified); !told || s.Err != nil {
		return ""
	}
	return s.Facts.Port
}
