// Package start shows the door: the ways in, what each is for, and why one cannot be gone.
package start

import (
	"time"

	"example.org/sectag/flows/door"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/way"
	"example.org/sectag/tui/words"
)

// Options are what the door needs to know of its surroundings.
type Options struct {
	Title   string // the product's name, or ""
	Station string // the station's id
	Note    string // why a person is here again: what went wrong with the way that was opened
	Palette paint.Palette
	Opened  func(door.Way) // is told which way was chosen, before the door is left
}

// Start is the door while it is shown.
type Start struct {
	Options
	at   door.Door
	note string
	w, h int
	wake chan struct{}
}

// New shows a door.
func New(d door.Door, o Options) *Start {
	return &Start{Options: o, at: d, note: o.Note, w: 80, h: 24, wake: make(chan struct{})}
}

// Wake never tells anything: nobody sends to a door.
func (s *Start) Wake() <-chan struct{} { return s.wake }

// Come has nothing to take in.
func (s *Start) Come(time.Time) way.Act { return way.Nothing }

// Tick changes nothing.
func (s *Start) Tick(time.Time) way.Act { return way.Nothing }

// Next is never: a door waits for a person.
func (s *Start) Next() time.Duration { return 0 }

// Resize tells the window's size.
func (s *Start) Resize(w, h int) { s.w, s.h = w, h }

// Close has nothing to put away.
func (s *Start) Close() {}

// Press chooses a way or leaves.
func (s *Start) Press(k form.Key) way.Act {
	s.note = ""
	switch {
	case k.Name == form.Interrupt || k.Char == 'q':
		return way.Quit
	case k.Name == form.Up || k.Name == form.BackTab || k.Name == form.WheelUp:
		s.at = s.at.Move(-1)
	case k.Name == form.Down || k.Name == form.Tab || k.Name == form.WheelDown:
		s.at = s.at.Move(1)
	case k.Name == form.Enter:
		return s.open('\r')
	case k.Name == form.Char:
		return s.open(k.Char)
	}
	return way.Nothing
}

// open goes the way that a key stands for, or says why not.
func (s *Start) open(k rune) way.Act {
	for _, a := range s.at.Actions() {
		if a.Key != k {
			continue
		}
		if a.Disabled != "" {
			s.note = a.Name + ": " + a.Disabled
			return way.Nothing
		}
		w, _ := door.Parse(a.Name)
		s.Opened(w)
		return way.Home
	}
	if k > ' ' && (k < '0' || k > '9') { // a label scanner's digits are no mistake
		s.note = words.Key(k) + " does nothing here"
	}
	return way.Nothing
}

// what each way is for, in a line.
var what = [door.Ways]string{
	"plug in, PASS, unplug, next", "what is in a returned unit, and a new life for it",
	"every step by itself, and what goes over the line", "a profile for a product, question by question",
	"edit the profile: its values, question by question",
}

// View draws the window.
func (s *Start) View() string { return s.Palette.Frame(s.lines(), s.w, s.h) }

// Click goes the way that is clicked, or presses the key that is.
func (s *Start) Click(x, y int) way.Act {
	if k, is := form.Named(paint.At(s.lines(), x, y)); is {
		return s.Press(k)
	}
	return way.Nothing
}

func (s *Start) lines() []paint.Line {
	head := paint.Row(paint.B(" sectag"))
	for _, t := range []string{station(s.Station), s.Title} {
		if t != "" && head.Width()+3+paint.Width(t) <= s.w {
			head.Spans = append(head.Spans, paint.P(" · "+t))
		}
	}
	lines := []paint.Line{head, {}}
	for _, a := range s.at.Actions()[1:] {
		lines = append(lines, s.offer(a.Name, words.Key(a.Key), a.Disabled)...)
	}
	foot := []paint.Line{}
	if s.note != "" {
		foot = append(foot, paint.Line{Spans: []paint.Span{paint.S(paint.Odd|paint.Bold, " "+s.note)}, Hang: 1}.Fit(s.w)...)
	}
	foot = append(foot, paint.Flow([][]paint.Span{{paint.B("enter"), paint.P(" go")}, {paint.B("↑↓"), paint.P(" choose")}, {paint.B("q"), paint.P(" quit")}}, s.w, 2)...)
	lines = paint.Window(lines, s.w, max(s.h-len(foot), 0), 0)
	for len(lines)+len(foot) < s.h {
		lines = append(lines, paint.Line{})
	}
	return append(lines, foot...)
}

func station(id string) string {
	if id == "" {
		return ""
	}
	return "station " + id
}

// offer is one way: its sign, key, name and what it is for, or why it is closed.
func (s *Start) offer(name, key, closed string) []paint.Line {
	w, _ := door.Parse(name)
	sign, style := "   ", paint.Plain
	if w == s.at.At {
		sign, style = " ▸ ", paint.Here|paint.Bold
	}
	title := []paint.Span{paint.S(style, sign), paint.B(key + "  "), paint.S(style&paint.Bold, name)}
	text := what[w]
	if closed != "" {
		text = "not now: " + closed
	}
	about := paint.Line{Spans: []paint.Span{paint.P("      " + text)}, Hang: 6, Detail: w != s.at.At}
	return []paint.Line{paint.Row(title...).On(key), about.On(key), {Detail: true}}
}
