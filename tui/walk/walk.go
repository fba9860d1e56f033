package walk

import (
	"time"

	"example.org/sectag/flows"
	"example.org/sectag/flows/station"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/frame"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/pick"
	"example.org/sectag/tui/screen"
	"example.org/sectag/tui/way"
)

// Options are what the walk needs to know of its surroundings.
type Options struct {
	Title    string // the product's name
	Station  string // the station's id
	Palette  paint.Palette
	LastPort string           // offered first
	Door     string           // what h comes back to, such as "the start screen"; "": there is nothing
	UTC      bool             // times of day are UTC instead of local
	Commands []form.Choice    // that the prompt of the lab completes, each with what it does
	Explain  screen.Explainer // nil: no code is explained
	Now      func() time.Time // nil: the system's clock
	List     pick.Lister      // tells what a folder holds, for fields that name a file; nil: they are typed
}

// The messages that the bench's side sends.
type (
	shotMsg struct {
		machine screen.Machine
		event   flows.Event
		ignored bool
		over    bool // the bench's loop has ended
		facts   flows.Facts
	}
	progressMsg flows.Progress
	traceMsg    flows.TraceLine
)

// The queues of the inbox, and how many messages wait in each; every shot carries the whole state, so older ones can go.
const (
	shots = iota
	progress
	trace
	backlog = 64
)

// Walk shows one bench. The bench's side may call Shot, Progress and Trace at any time, from any goroutine, before it is shown
// and after it: they never block.
type Walk struct {
	title, station string
	palette        paint.Palette
	clock          func() time.Time
	zone           func(time.Time) time.Time
	explain        screen.Explainer
	sight          sight
	hand           hand
	in             *way.Inbox
}

// New makes a walk that was shown nothing yet.
func New(b Bench, o Options) *Walk {
	clock := o.Now
	if clock == nil {
		clock = time.Now
	}
	zone := time.Time.Local
	if o.UTC {
		zone = time.Time.UTC
	}
	return &Walk{
		zone: zone, title: o.Title, station: o.Station, palette: o.Palette, clock: clock, explain: o.Explain,
		sight: sight{w: 80, h: 24, now: clock()},
		hand:  hand{bench: b, list: o.List, door: o.Door, before: form.Before{Port: o.LastPort, Commands: o.Commands}},
		in:    way.NewInbox(backlog, backlog, maxTrace),
	}
}

// Shot shows what the bench published after an event. A shot with an error is the last one: the program ends.
func (w *Walk) Shot(s flows.Shot[station.Bench], f flows.Facts) {
	w.in.Put(shots, shotMsg{machine: view{s.Machine}, event: s.Event, ignored: s.Ignored, over: s.Err != nil, facts: f})
}

// Progress shows what moves while an effect is in flight.
func (w *Walk) Progress(x flows.Progress) { w.in.Put(progress, progressMsg(x)) }

// Trace adds a line to the transcript.
func (w *Walk) Trace(x flows.TraceLine) { w.in.Put(trace, traceMsg(x)) }

// Wake tells that the bench has sent something.
func (w *Walk) Wake() <-chan struct{} { return w.in.Wake() }

// Come takes in what the bench has sent.
func (w *Walk) Come(time.Time) way.Act {
	for _, m := range w.in.Take() {
		if do := w.take(m); do != way.Nothing {
			return do
		}
	}
	return way.Nothing
}

// take gives a message to its one addressee.
func (w *Walk) take(m any) way.Act {
	switch m := m.(type) {
	case shotMsg:
		return w.shot(m)
	case progressMsg:
		if now := w.clock(); now.After(w.sight.now) {
			w.sight.now = now
		}
		if !m.Until.IsZero() {
			m.Until = w.zone(m.Until)
		}
		w.sight.merge(flows.Progress(m))
	case traceMsg:
		m.At = w.zone(m.At)
		w.sight.log(flows.TraceLine(m))
	}
	return way.Nothing
}

// Tick tells the time while the bench works.
func (w *Walk) Tick(now time.Time) way.Act {
	w.sight.now = now
	return way.Nothing
}

// Next is a second while the bench works, so that the screen says how long it has waited.
func (w *Walk) Next() time.Duration {
	if w.sight.machine == nil || w.sight.machine.Rest() {
		return 0
	}
	return time.Second
}

// Resize tells the window's size.
func (w *Walk) Resize(width, height int) { w.sight.w, w.sight.h = width, height }

// Close puts an open question away and overwrites what was typed.
func (w *Walk) Close() { w.hand.close() }

// Press gives a key to what is in hand. Before the bench has shown anything, only leaving means something.
func (w *Walk) Press(k form.Key) way.Act {
	if w.sight.machine == nil {
		if k.Name == form.Interrupt || k.Char == 'q' {
			return way.Quit
		}
		return way.Nothing
	}
	w.hand.bench.Touch()
	before, seen := w.hand.scroll, ""
	if scrolls(k) {
		seen = w.View()
	}
	do := w.hand.press(k, w.sight)
	w.grant()
	if seen != "" && w.hand.scroll > before && w.View() == seen {
		w.hand.scroll = before // the end was in sight already
	}
	return do
}

func scrolls(k form.Key) bool {
	return k.Name == form.PageDown || k.Name == form.PageUp || k.Name == form.Up || k.Name == form.Down || k.Step() != 0
}

// shot takes in what the bench shows after an event.
func (w *Walk) shot(m shotMsg) way.Act {
	s := &w.sight
	if s.machine == nil || m.machine.Screen() != s.machine.Screen() {
		w.hand.scroll = 0
		w.hand.dismissed = question{}
	}
	s.hear(m)
	goesOn := s.machine != nil && !s.machine.Rest() && beside(m)
	s.machine, s.facts, s.now = m.machine, m.facts, w.clock()
	if !goesOn {
		s.since = s.now
		s.progress.Waiting, s.progress.Flight, s.progress.Sent, s.progress.Total = "", "", 0, 0
	}
	if m.over {
		return way.Quit
	}
	return w.hand.news(w.sight, m.event, m.ignored)
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

// View draws the window.
func (w *Walk) View() string { return w.palette.Frame(w.lines(), w.sight.w, w.sight.h) }

func (w *Walk) lines() []paint.Line {
	switch h := &w.hand; {
	case w.sight.machine == nil:
		return []paint.Line{paint.Text(" sectag: starting")}
	case h.files != nil:
		return h.files.Window(h.form.Fields[h.form.At].Label, w.sight.w, w.sight.h)
	}
	return frame.Lines(w.scene(), w.sight.w, w.sight.h)
}

// Click presses the key that is clicked, or chooses a file from the list.
func (w *Walk) Click(x, y int) way.Act {
	spot := paint.At(w.lines(), x, y)
	if w.hand.files != nil && w.hand.files.Stand(spot) {
		return w.Press(form.Key{Name: form.Enter})
	}
	if k, is := form.Named(spot); is {
		return w.Press(k)
	}
	return way.Nothing
}

func (w *Walk) scene() screen.Scene {
	s, h := &w.sight, &w.hand
	open := h.form
	if h.lab.search != nil {
		open = h.lab.search
	}
	return screen.Scene{
		Machine: s.machine, Facts: s.facts, Failures: s.failures, Compared: s.compared, Palette: w.palette, Explain: w.explain, Title: w.title, Station: w.station,
		Form: open, Query: h.lab.query, Note: h.said(), Door: h.door, Over: h.over, Scroll: h.scroll,
		Progress: s.progress, Trace: s.trace, Now: s.now, Since: s.since,
	}
}

// Render is what a state looks like in a window of w by h cells, in plain text. A question that the machine asks by itself is open.
func Render(m station.Bench, f flows.Facts, w, h int) string {
	p := New(nil, Options{Now: func() time.Time { return time.Time{} }, Palette: paint.Palette{Bare: true}})
	p.Resize(w, h)
	p.shot(shotMsg{machine: view{m}, facts: f})
	return p.View()
}
