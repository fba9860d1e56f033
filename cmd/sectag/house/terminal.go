package house

import (
	"context"
	"os"

	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/tui"
	"example.org/sectag/tui/linear"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/way"
)

// Terminal is the one program that has the terminal, while the ways in come and go. Take takes it.
type Terminal struct {
	shell
	*console.Console
	Look
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

// Look is what a person wants of the screens, whichever they are.
type Look struct {
	ASCII bool // ASCII characters only
	Plain bool // lines instead of windows
	Still bool // the mouse is left to the terminal
	UTC   bool // times of day are UTC
	Mute  bool // no bell
}

// Take takes the terminal. Whoever called gives it back with Hide.
func Take(ctx context.Context, c *console.Console, look Look) *Terminal {
	view, hide := context.WithCancel(ctx)
	t := &Terminal{shell: newShell(c, look), Console: c, Look: look, hide: hide, gone: make(chan struct{})}
	go func() {
		defer close(t.gone)
		if err := t.Run(view); err != nil && view.Err() == nil {
			t.err = err
		}
	}()
	return t
}

func newShell(c *console.Console, look Look) shell {
	if !look.Plain {
		return tui.New(tui.Options{In: c.In, Out: c.Out, Now: c.Now, Mouse: !look.Still})
	}
	return linear.New(linear.Options{In: c.In, Out: c.Out, Now: c.Now, ASCII: look.ASCII, Secret: c.AskPassphrase})
}

// Hide gives the terminal back. What went wrong with it is told where nothing else did.
func (t *Terminal) Hide(ctx context.Context, err error) error {
	t.hide()
	<-t.gone
	if err == nil && ctx.Err() == nil {
		return t.err
	}
	return err
}

// Over is what the way that is shown was left for; Quit when the terminal is gone.
func (t *Terminal) Over() way.Act {
	select {
	case to := <-t.Left():
		return to
	case <-t.gone:
		return way.Quit
	}
}

func (l Look) palette() paint.Palette {
	return paint.Palette{ASCII: l.ASCII, Mono: os.Getenv("NO_COLOR") != ""}
}
