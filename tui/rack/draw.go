package rack

import (
	"strings"
	"time"
	"unicode/utf8"

	"example.org/sectag/flows/rack"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/words"
)

// The window from which on everything has its place.
const wide, high = 80, 24

// room is the part of the window that a drawing may fill.
type room struct {
	w, h  int
	small bool // below 80x24
}

// View draws the window. What gives way first: rules and the shift's numbers, then details, then the end, which can be scrolled to; the
// verdict, what is typed and the keys stay.
func (s *Station) View() string {
	if s.w < 1 || s.h < 1 {
		return ""
	}
	return s.Palette.Frame(s.lines(), s.w, s.h)
}

func (s *Station) lines() []paint.Line {
	r := room{s.w, s.h, s.w < wide || s.h < high}
	head, foot := s.head(r), s.foot(r)
	r.h = max(s.h-len(head)-len(foot), 0)
	body := paint.Window(s.body(r), r.w, r.h, s.hand.scroll)
	lines := append(head, body...)
	for len(lines)+len(foot) < s.h {
		lines = append(lines, paint.Line{})
	}
	return append(lines[:min(len(lines), max(s.h-len(foot), 0))], foot...)
}

// head says whose station this is, and for whom the units are made.
func (s *Station) head(r room) []paint.Line {
	left := []paint.Span{paint.B(" sectag")}
	if s.Station != "" {
		left = append(left, paint.P("  station "+s.Station))
	}
	if s.Title != "" {
		left = append(left, paint.P(" · "+s.Title))
	}
	subject, locked := s.owner()
	right := words.CommonName(subject)
	if locked {
		right += ", locked"
	}
	line := paint.Row(left...).Clip(max(r.w-paint.Width(right)-2, 8))
	gap := r.w - line.Width() - paint.Width(right) - 1
	if right != "" && gap > 0 {
		line.Spans = append(line.Spans, paint.P(strings.Repeat(" ", gap)), paint.P(right))
	}
	if r.small {
		return []paint.Line{line}
	}
	return []paint.Line{line, rule(r)}
}

func rule(r room) paint.Line { return paint.Row(paint.P(strings.Repeat("─", r.w))) }

// body is the help, one lane, or all of them.
func (s *Station) body(r room) []paint.Line {
	if s.hand.help {
		return s.help()
	}
	if s.shot.Ports != nil {
		return fault(s.shot.Ports)
	}
	there := s.there()
	switch n := s.shot.Rack.Focus(); {
	case len(there) == 0:
		return s.nobody(r)
	case n != rack.NoLane:
		return s.lane(n, r)
	}
	return s.gang(there, r)
}

// foot is the shift's numbers, what is typed, what the last key led to, and what may be done now.
func (s *Station) foot(r room) []paint.Line {
	var out []paint.Line
	if !r.small {
		out = append(append(out, rule(r)), s.tally(r)...)
	}
	if q := s.hand.form; q != nil {
		out = append(out, q.Draw(r.w, r.h, r.small)...)
	} else if t := s.hand.text; t != "" {
		out = append(out, paint.Row(paint.P(" typed  "), paint.B(tail(t, r.w-10)), paint.S(paint.Reverse, " ")))
	}
	if n := s.hand.note; n != "" {
		note := paint.Line{Spans: []paint.Span{paint.S(paint.Odd|paint.Bold, " "+n)}, Hang: 1}.Fit(r.w)
		out = append(out, note[:min(len(note), 2)]...)
	}
	return append(out, s.keys(r)...)
}

// tail is the end of a text, as much as has room: what was typed last is seen. It is read from there, for a paste can be long and comes
// with each frame again.
func tail(t string, w int) string {
	room := max(w, 1)
	for at := len(t); at > 0; {
		r, n := utf8.DecodeLastRuneInString(t[:at])
		if room -= paint.Width(string(r)); room < 0 {
			return t[at:]
		}
		at -= n
	}
	return t
}

// keys is what may be done now: the machine's actions, then the keys that are always there.
func (s *Station) keys(r room) []paint.Line {
	var items, cannot [][]paint.Span
	add := func(key, text string) { items = append(items, []paint.Span{paint.B(key), paint.P(" " + text)}) }
	if s.hand.form != nil {
		add("enter", label(rack.Action{Name: s.hand.form.Action.Name}))
		add("esc", "later")
		return paint.Flow(items, r.w, 1)
	}
	for _, a := range s.shot.Rack.Actions() {
		if a.Disabled != "" {
			cannot = append(cannot, []paint.Span{paint.P(words.Key(a.Key) + " " + label(a) + " (" + a.Disabled + ")")})
			continue
		}
		add(words.Key(a.Key), label(a))
	}
	if s.visited() != "" {
		add("v", "service view")
	}
	items = append(items, cannot...)
	add("?", "help")
	if s.Door {
		add("h", "home")
	}
	add("q", "quit")
	return paint.Flow(items, r.w, min(2, max(r.h/3, 1)))
}

// help is the page of keys.
func (s *Station) help() []paint.Line {
	key := func(name, text string) paint.Line {
		return paint.Line{Spans: []paint.Span{paint.Cell(12, paint.B(" "+name)), paint.P(text)}, Hang: 12}
	}
	out := []paint.Line{paint.L(paint.B(" Now"))}
	for _, a := range s.shot.Rack.Actions() {
		text := label(a)
		if a.Disabled != "" {
			text += ": not now, " + a.Disabled
		}
		out = append(out, key(words.Key(a.Key), text))
	}
	if s.visited() != "" {
		out = append(out, key("v", "service view: what is in this unit against the ledger, when no lane works"))
	}
	out = append(out, paint.Line{}, paint.L(paint.B(" Always")),
		key("digits", "belong to the label scanner: no digit is ever a command"),
		key("enter", "ends what was typed: a label, or the four digits that a lane asks for"),
		key("tab", "turns to the next lane"),
		key("esc", "back: help, what was typed, the lane"),
		key("?", "this page"))
	if s.Door {
		out = append(out, key("h", "home: the start screen, when no lane works"))
	}
	return append(out, key("q / ctrl+c", "quit; what is in flight is stopped first"))
}

// nobody says that a unit is waited for.
func (s *Station) nobody(r room) []paint.Line {
	out := []paint.Line{{Detail: true}}
	out = append(out, paint.Big("NEXT UNIT", paint.Here, r.w-2, max(r.h/2, 5))...)
	out = append(out, paint.Line{}, paint.Text(" plug a unit in"+scanToo(s.shot.Rack)))
	if l := s.shot.Rack.Waiting(); l != 0 {
		out = append(out, paint.L(paint.P(" label "), paint.B(l.String()), paint.P(" waits for its unit")))
	}
	return indent(out)
}

func scanToo(r rack.Rack) string {
	if r.Start() == rack.Labelled {
		return ", and scan its label"
	}
	return ", or scan its label first"
}

// indent sets large letters off the edge.
func indent(ls []paint.Line) []paint.Line {
	for i := range ls {
		if len(ls[i].Spans) > 0 && ls[i].Cut {
			ls[i].Spans = append([]paint.Span{paint.P(" ")}, ls[i].Spans...)
		}
	}
	return ls
}

// seconds is how long something took, or takes by now.
func seconds(d time.Duration) string { return words.Milliseconds(d.Milliseconds()) }
