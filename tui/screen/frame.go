package screen

import (
	"strconv"
	"strings"

	"example.org/sectag/flows"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/words"
)

// The window from which on everything has its place, and the stepper's width in it.
const (
	wide, high = 80, 24
	stepper    = 18
)

// Frame draws the scene into a window of w by h cells. It is never wider nor taller. What gives way first: rules and stepper,
// then details of the screen, then its end (which can be scrolled to); the head of a screen, the question and the keys stay.
func Frame(s Scene, w, h int) string {
	if w < 1 || h < 1 {
		return ""
	}
	r := Room{W: w, H: h, Small: w < wide || h < high}
	foot := s.foot(r)
	head := s.head(r)
	r.H = max(h-len(head)-len(foot), 0)
	body := s.body(r)
	lines := append(head, body...)
	for len(lines)+len(foot) < h {
		lines = append(lines, paint.Line{})
	}
	lines = append(lines[:min(len(lines), max(h-len(foot), 0))], foot...)
	return s.Palette.Frame(lines, w, h)
}

// head is the first line: product and station, and whose units these are. In a small window it says where we are.
func (s Scene) head(r Room) []paint.Line {
	title := " sectag"
	for _, t := range []string{map[bool]string{true: "station " + s.Station}[s.Station != ""], s.Title} {
		if t != "" {
			title += " · " + t
		}
	}
	at := s.Machine.Screen()
	if r.Small {
		where := strconv.Itoa(int(at)+1) + "/" + strconv.Itoa(flows.Screens) + " " + Name(at)
		sign, style := mark(s.Machine, at)
		return []paint.Line{paint.Row(paint.S(style|paint.Bold, sign+" "+where), paint.P(title))}
	}
	right := words.CommonName(s.Facts.Authority.Subject)
	if right != "" {
		right += map[bool]string{true: ", unlocked ", false: ", locked "}[s.Machine.Stage(flows.AuthorityScreen) == flows.Done]
	}
	gap := max(r.W-paint.Width(title)-paint.Width(right), 1)
	return []paint.Line{
		paint.Row(paint.B(title), paint.P(strings.Repeat(" ", gap)+right)),
		rule(r.W),
	}
}

func rule(w int) paint.Line { return paint.Row(paint.P(strings.Repeat("─", w))) }

// body is the screen, with the stepper beside it where there is room, and the question below it.
func (s Scene) body(r Room) []paint.Line {
	inner := r
	if !r.Small {
		inner.W -= stepper + 2
	}
	question := s.Form.Draw(inner.W, inner.H, inner.Small)
	inner.H = max(r.H-len(question), 0)
	var text []paint.Line
	if s.Over == Nothing {
		text = window(s.content(inner), inner, s.Scroll)
	} else {
		question = nil
		inner.H = r.H
		text = s.over(inner)
	}
	for len(question) > 0 && len(text)+len(question) < r.H {
		text = append(text, paint.Line{})
	}
	text = append(text, question...)
	if r.Small {
		return text
	}
	return s.beside(text, r)
}

// beside puts the stepper to the left of a text.
func (s Scene) beside(text []paint.Line, r Room) []paint.Line {
	out := make([]paint.Line, r.H)
	for i := range out {
		left := []paint.Span{paint.P(strings.Repeat(" ", stepper))}
		if i < flows.Screens {
			at := flows.Screen(i)
			sign, style := mark(s.Machine, at)
			if at == s.Machine.Screen() {
				style |= paint.Bold
			}
			left = []paint.Span{paint.S(style, " "+sign+" "), paint.Cell(stepper-3, paint.S(style&^paint.Good, Name(at)))}
		}
		out[i] = paint.Row(append(left, paint.P("│ "))...)
		if i < len(text) {
			out[i].Spans = append(out[i].Spans, text[i].Spans...)
		}
	}
	return out
}

// mark is the sign of a screen in the stepper.
func mark(m Machine, at flows.Screen) (string, paint.Style) {
	stage := m.Stage(at)
	switch {
	case stage == flows.Failing:
		return "✗", paint.Bad
	case at == m.Screen():
		return "▸", paint.Here
	case stage == flows.Done:
		return "●", paint.Good
	}
	return "○", paint.Plain
}

// window fits lines into the room. What does not fit gives way: details first, then what is below the lower edge. That there is
// more is said, and who scrolls gets to see all of it.
func window(lines []paint.Line, r Room, scroll int) []paint.Line {
	all := fit(lines, r, false)
	if len(all) <= r.H {
		return all
	}
	if r.H < 2 {
		return all[:r.H]
	}
	view := all
	if scroll == 0 {
		view = fit(lines, r, true)
	}
	from := min(scroll, len(all)-r.H+1)
	view = append([]paint.Line(nil), view[from:min(from+r.H-1, len(view))]...)
	note := strconv.Itoa(from) + " lines above: page up"
	if below := len(all) - from - len(view); below > 0 {
		note = "more: page down"
	}
	return append(view, paint.Row(paint.S(paint.Here, "… "+note)))
}

func fit(lines []paint.Line, r Room, short bool) []paint.Line {
	var out []paint.Line
	for _, l := range lines {
		if short && l.Detail {
			continue
		}
		out = append(out, l.Fit(r.W)...)
	}
	return out
}
