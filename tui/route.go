package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"example.org/sectag/tui/way"
)

// The messages of the shell; keys, window sizes and ticks are the library's.
type (
	openMsg struct{ way way.Way } // shows this one
	comeMsg struct{}              // its bench has sent something
	tickMsg time.Time
)

// root is the program's model: the way that is shown, and the window.
type root struct {
	shown   way.Way // nil before the first
	left    bool    // it was left; another one comes
	w, h    int
	clock   func() time.Time
	ticking bool
	leave   func(way.Act)
}

// Init asks for nothing: the first way comes by itself.
func (r *root) Init() tea.Cmd { return nil }

// Update gives a message to its one addressee.
func (r *root) Update(m tea.Msg) (tea.Model, tea.Cmd) {
	do := way.Nothing
	switch m := m.(type) {
	case tea.WindowSizeMsg:
		r.w, r.h = m.Width, m.Height
		r.resize()
	case openMsg:
		r.close()
		r.shown, r.left = m.way, false
		r.resize()
		do = r.shown.Come(r.clock())
	case tea.KeyMsg:
		do = r.key(m)
	case comeMsg:
		if r.shown != nil && !r.left {
			do = r.shown.Come(r.clock())
		}
	case tickMsg:
		r.ticking = false
		if r.shown != nil {
			r.shown.Tick(time.Time(m))
		}
	}
	return r, r.then(do)
}

func (r *root) resize() {
	if r.shown != nil {
		r.shown.Resize(r.w, r.h)
	}
}

// close puts the shown way away.
func (r *root) close() {
	if r.shown != nil {
		r.shown.Close()
	}
}

// key gives the keys of a message to the shown way. Where none is, or it was left already, only quitting means something.
func (r *root) key(m tea.KeyMsg) way.Act {
	for _, k := range keysOf(m) {
		do := way.Nothing
		switch {
		case r.shown != nil && !r.left:
			do = r.shown.Press(k)
		case quits(k):
			do = way.Quit
		}
		if do != way.Nothing {
			return do
		}
	}
	return way.Nothing
}

// then turns what must be done into the library's command. While a bench works, a clock ticks, so that the window can say how
// long it has waited.
func (r *root) then(do way.Act) tea.Cmd {
	switch {
	case do == way.Quit:
		return tea.Quit
	case do != way.Nothing:
		r.left = true
		r.leave(do)
	}
	if r.shown == nil || r.ticking || !r.shown.Busy() {
		return nil
	}
	r.ticking = true
	return tea.Tick(time.Second, func(t time.Time) tea.Msg { return tickMsg(t) })
}

// View draws the window.
func (r *root) View() string {
	if r.shown == nil {
		return " sectag: starting"
	}
	return r.shown.View()
}
