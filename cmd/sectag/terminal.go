package main

import (
	"context"
	"os"
	"sync/atomic"

	"example.org/sectag/bench"
	"example.org/sectag/bench/setup"
	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/job"
	"example.org/sectag/cred"
	"example.org/sectag/device/lexicon"
	"example.org/sectag/docs"
	"example.org/sectag/flows"
	"example.org/sectag/tui"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/linear"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/walk"
	"example.org/sectag/tui/way"
)

// terminal is the one program that has the terminal, while the ways in come and go.
type terminal struct {
	shell
	hide func()        // ends it from outside
	gone chan struct{} // closed when it has ended
	err  error         // why, if not because a person left; set before gone is closed
}

// shell is what shows the ways: tui with windows, linear with lines.
type shell interface {
	Open(way.Way)
	Left() <-chan way.Act
	Run(context.Context) error
}

func (a *app) shell() shell {
	if !a.plain {
		return tui.New(tui.Options{In: a.In, Out: a.Out, Now: now, Mouse: !a.still})
	}
	return linear.New(linear.Options{In: a.In, Out: a.Out, Now: now, ASCII: a.ascii, Secret: a.AskPassphrase})
}

// terminal takes the terminal. Whoever called gives it back with Hide.
func (a *app) terminal(ctx context.Context) *terminal {
	view, hide := context.WithCancel(ctx)
	t := &terminal{shell: a.shell(), hide: hide, gone: make(chan struct{})}
	go func() {
		defer close(t.gone)
		if err := t.Run(view); err != nil && view.Err() == nil {
			t.err = err
		}
	}()
	return t
}

// Hide gives the terminal back and tells what went wrong with it.
func (t *terminal) Hide() error {
	t.hide()
	<-t.gone
	return t.err
}

// Over is what the way that is shown was left for; Quit when the terminal is gone.
func (t *terminal) Over() way.Act {
	select {
	case to := <-t.Left():
		return to
	case <-t.gone:
		return way.Quit
	}
}

// setting is how a way looks: whose station and product it is, and what the terminal can show.
type setting struct {
	title, station string
	door           bool // there is a start screen to go back to
}

func (a *app) palette() paint.Palette {
	return paint.Palette{ASCII: a.ascii, Mono: os.Getenv("NO_COLOR") != ""}
}

// walk runs a bench and the screens on it side by side, until the screens are left. The bench outlives them: it comes to a rest and is
// closed after them. A person who leaves while the bench is at work has waited for it, and does not want to any more: the work is given
// up, as if the process had been killed. A signal lets the effect in flight end.
func (a *app) walk(ctx context.Context, on *terminal, c bench.Config, t flows.Terms, s setting) (way.Act, error) {
	var screens *walk.Walk
	c.Progress = func(p flows.Progress) { screens.Progress(p) }
	c.Trace = func(l flows.TraceLine) { screens.Trace(l) }
	c.Once = false
	b := bench.New(c)
	screens = walk.New(b, walk.Options{Title: s.title, Station: s.station, Palette: a.palette(), LastPort: console.LastPort(), Now: now, Door: s.door, UTC: a.utc, Commands: commands(), Explain: explain, List: setup.Here})
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
