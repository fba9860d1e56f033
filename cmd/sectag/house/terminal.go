package house

import (
	"context"
	"os"

	"example.org/sectag/tui"
	"example.org/sectag/tui/linear"
	"example.org/sectag/tui/paint"
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

func (h *house) shell() shell {
	if !h.Plain {
		return tui.New(tui.Options{In: h.In, Out: h.Out, Now: h.Now, Mouse: !h.Still})
	}
	return linear.New(linear.Options{In: h.In, Out: h.Out, Now: h.Now, ASCII: h.ASCII, Secret: h.AskPassphrase})
}

// terminal takes the terminal. Whoever called gives it back with Hide.
func (h *house) terminal(ctx context.Context) *terminal {
	view, hide := context.WithCancel(ctx)
	t := &terminal{shell: h.shell(), hide: hide, gone: make(chan struct{})}
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

func (h *house) palette() paint.Palette {
	return paint.Palette{ASCII: h.ASCII, Mono: os.Getenv("NO_COLOR") != ""}
}
