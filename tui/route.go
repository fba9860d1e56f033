package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"example.org/sectag/flows"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/screen"
)

// The messages that the bench's side sends; keys, window sizes and ticks are the library's and ours.
type (
	shotMsg struct {
		machine screen.Machine
		event   flows.Event
		ignored bool
		over    bool // the bench's loop has ended
		facts   flows.Facts
	}
	progressMsg flows.Progress
	traceMsg    []flows.TraceLine
	tickMsg     time.Time
)

// root is the program's model. It owns what was seen and what is in hand, and gives each kind of message to one of them.
type root struct {
	title, station string
	palette        paint.Palette
	clock          func() time.Time
	sight          sight
	hand           hand
	ticking        bool
	touch          func()
}

// Init asks for nothing: the first shot comes by itself.
func (r *root) Init() tea.Cmd { return nil }

// Update gives a message to its one addressee.
func (r *root) Update(m tea.Msg) (tea.Model, tea.Cmd) {
	do := nothing
	switch m := m.(type) {
	case tea.WindowSizeMsg:
		r.sight.w, r.sight.h = m.Width, m.Height
	case tea.KeyMsg:
		r.touch()
		for _, k := range keysOf(m) {
			if do = r.key(k); do == quit {
				break
			}
		}
	case shotMsg:
		do = r.shot(m)
	case progressMsg:
		if now := r.clock(); now.After(r.sight.now) {
			r.sight.now = now
		}
		r.sight.merge(flows.Progress(m))
	case traceMsg:
		r.sight.log(m)
	case tickMsg:
		r.ticking = false
		r.sight.now = time.Time(m)
	}
	return r, r.then(do)
}

// key gives a key to what is in hand. Before the bench has shown anything, only leaving means something.
func (r *root) key(k form.Key) act {
	if r.sight.machine == nil {
		if k.Name == form.Interrupt || k.Char == 'q' {
			return quit
		}
		return nothing
	}
	before, view := r.hand.scroll, ""
	if scrolls(k) {
		view = r.View()
	}
	do := r.hand.press(k, r.sight)
	if view != "" && r.hand.scroll > before && r.View() == view {
		r.hand.scroll = before // the end was in sight already
	}
	return do
}

func scrolls(k form.Key) bool {
	return k.Name == form.PageDown || k.Name == form.PageUp || k.Name == form.Up || k.Name == form.Down
}

// shot takes in what the bench shows after an event.
func (r *root) shot(m shotMsg) act {
	s := &r.sight
	if s.machine == nil || m.machine.Screen() != s.machine.Screen() {
		r.hand.scroll = 0
		r.hand.dismissed = question{}
	}
	s.hear(m)
	goesOn := s.machine != nil && !s.machine.Rest() && beside(m)
	s.machine, s.facts, s.now = m.machine, m.facts, r.clock()
	if !goesOn {
		s.since = s.now
		s.progress.Waiting, s.progress.Flight, s.progress.Sent, s.progress.Total = "", "", 0, 0
	}
	if m.over {
		return quit
	}
	return r.hand.news(r.sight, m.event, m.ignored)
}

// beside tells of an event that neither begins nor ends any work: what is waited for is the same as before.
func beside(m shotMsg) bool {
	if m.ignored {
		return true
	}
	switch m.event.(type) {
	case flows.Show, flows.Cancel:
		return true
	}
	return false
}

// then turns what must be done into the library's command. While the bench works, a clock ticks, so that the screen can say how
// long it has waited.
func (r *root) then(do act) tea.Cmd {
	if do == quit {
		return tea.Quit
	}
	if r.sight.machine == nil || r.sight.machine.Rest() || r.ticking {
		return nil
	}
	r.ticking = true
	return tea.Tick(time.Second, func(t time.Time) tea.Msg { return tickMsg(t) })
}

// View draws the window.
func (r *root) View() string {
	if r.sight.machine == nil {
		return r.palette.Frame([]paint.Line{paint.Text(" sectag: starting")}, r.sight.w, r.sight.h)
	}
	return screen.Frame(r.scene(), r.sight.w, r.sight.h)
}

func (r *root) scene() screen.Scene {
	s, h := &r.sight, &r.hand
	return screen.Scene{
		Machine: s.machine, Facts: s.facts, Failures: s.failures, Compared: s.compared, Palette: r.palette, Title: r.title, Station: r.station,
		Form: h.form, Note: h.said(), Over: h.over, Scroll: h.scroll,
		Progress: s.progress, Trace: s.trace, Now: s.now, Since: s.since,
	}
}
