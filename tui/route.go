package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"example.org/sectag/tui/form"
	"example.org/sectag/tui/way"
)

// The messages of the shell; keys, window sizes and ticks are the library's.
type (
	openMsg struct{ way way.Way } // shows this one
	comeMsg struct{}              // its bench has sent something
	tickMsg struct {
		at time.Time
		n  int // which tick it is; only the newest counts
	}
)

// root is the program's model: the way that is shown, and the window.
type root struct {
	shown way.Way // nil before the first
	left  bool    // it was left; another one comes
	w, h  int
	clock func() time.Time
	ticks int       // how many were asked for
	due   time.Time // when the newest comes; zero: none does
	ring  func()    // the terminal's bell
	copy  func(string)
	leave func(way.Act)
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
	case tea.MouseMsg:
		do = r.mouse(m)
	case comeMsg:
		if r.shown != nil && !r.left {
			do = r.shown.Come(r.clock())
		}
	case tickMsg:
		if m.n == r.ticks && r.shown != nil {
			r.due = time.Time{}
			do = r.shown.Tick(m.at)
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

// mouse gives a click or a turn of the wheel to the shown way. Letting go and moving mean nothing.
func (r *root) mouse(m tea.MouseMsg) way.Act {
	if r.shown == nil || r.left || m.Action != tea.MouseActionPress {
		return way.Nothing
	}
	switch m.Button {
	case tea.MouseButtonWheelUp:
		return r.shown.Press(form.Key{Name: form.WheelUp})
	case tea.MouseButtonWheelDown:
		return r.shown.Press(form.Key{Name: form.WheelDown})
	case tea.MouseButtonLeft:
		if w, can := r.shown.(way.Pointed); can {
			return w.Click(m.X, m.Y)
		}
	}
	return way.Nothing
}

// then turns what must be done into the library's commands: leave, ring, and wake the way when it wants that.
func (r *root) then(do way.Act) tea.Cmd {
	switch {
	case do == way.Quit:
		return tea.Quit
	case do != way.Nothing:
		r.left = true
		r.leave(do)
	}
	return tea.Batch(r.bell(), r.clip(), r.tick())
}

// bell rings where the way asks for it.
func (r *root) bell() tea.Cmd {
	if w, can := r.shown.(way.Ringer); !can || !w.Rings() {
		return nil
	}
	return func() tea.Msg { r.ring(); return nil }
}

// clip copies what the way asks for.
func (r *root) clip() tea.Cmd {
	w, can := r.shown.(way.Copier)
	if !can {
		return nil
	}
	text := w.Copies()
	if text == "" {
		return nil
	}
	return func() tea.Msg { r.copy(text); return nil }
}

// tick asks for the next tick, unless one comes before it.
func (r *root) tick() tea.Cmd {
	if r.shown == nil {
		return nil
	}
	in := r.shown.Next()
	at := r.clock().Add(in)
	if in == 0 || !r.due.IsZero() && !at.Before(r.due) {
		return nil
	}
	r.ticks++
	r.due = at
	n := r.ticks
	return tea.Tick(in, func(t time.Time) tea.Msg { return tickMsg{t, n} })
}

// View draws the window.
func (r *root) View() string {
	if r.shown == nil {
		return " sectag: starting"
	}
	return r.shown.View()
}
