// Package frame shares a window between the head, the stepper, the screen, the question and the keys, and says what gives way when it
// is small. It knows nothing of what the screens say.
//
// Read frame.go, then foot.go (what is waited for, what may be done now) and over.go (what lies over a screen: transcript, digests,
// help).
package frame

import (
	"strconv"
	"strings"

	"example.org/sectag/flows"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/screen"
	"example.org/sectag/tui/words"
)

// The window from which on everything has its place, and the stepper's width in it.
const (
	wide, high = 80, 24
	stepper    = 18
)

// window is a scene in a window.
type window struct{ screen.Scene }

// Draw draws the scene into a window of w by h cells. It is never wider nor taller. What gives way first: rules and stepper,
// then details of the screen, then its end (which can be scrolled to); the head of a screen, the question and the keys stay.
func Draw(scene screen.Scene, w, h int) string {
	return scene.Palette.Frame(Lines(scene, w, h), w, h)
}

// Lines are what Draw draws, for who wants to know what stands in a cell.
func Lines(scene screen.Scene, w, h int) []paint.Line {
	s := window{scene}
	if w < 1 || h < 1 {
		return nil
	}
	r := screen.Room{W: w, H: h, Small: w < wide || h < high}
	foot := s.foot(r)
	head := s.head(r)
	r.H = max(h-len(head)-len(foot), 0)
	body := s.body(r)
	lines := append(head, body...)
	for len(lines)+len(foot) < h {
		lines = append(lines, paint.Line{})
	}
	return append(lines[:min(len(lines), max(h-len(foot), 0))], foot...)
}

// head is the first line: product and station, and whose units these are. In a small window it says where we are. Where there is
// little room the product's title gives way, then the station, then the authority's name; that it is locked is always said.
func (s window) head(r screen.Room) []paint.Line {
	at := s.Machine.Screen()
	left, titles := []paint.Span{paint.B(" sectag")}, []string{}
	if r.Small {
		sign, style := s.mark(at)
		left = []paint.Span{paint.S(style|paint.Bold, sign+" "+strconv.Itoa(int(at)+1)+"/"+strconv.Itoa(flows.Screens)+" "+screen.Name(at))}
	}
	if s.Facts.Terms.Service {
		titles = append(titles, " · service")
	}
	if s.Station != "" {
		titles = append(titles, " · station "+s.Station)
	}
	if s.Title != "" {
		titles = append(titles, " · "+s.Title)
	}
	name, state := s.owner(r)
	room := r.W - paint.L(left...).Width() - paint.Width(state) - 1
	for len(titles) > 0 && paint.Width(strings.Join(titles, "")+name) > room {
		titles = titles[:len(titles)-1]
	}
	for _, t := range titles {
		left = append(left, paint.P(t))
	}
	right := append(paint.Row(paint.P(name)).Clip(max(room-paint.Width(strings.Join(titles, "")), 0)).Spans, paint.P(state))
	gap := max(r.W-paint.L(left...).Width()-paint.L(right...).Width(), 1)
	line := paint.Row(append(append(left, paint.P(strings.Repeat(" ", gap))), right...)...)
	if r.Small {
		return []paint.Line{line}
	}
	return []paint.Line{line, rule(r.W)}
}

// owner is the authority whose units these are, and whether its key is open.
func (s window) owner(r screen.Room) (name, state string) {
	if name = words.CommonName(s.Facts.Authority.Subject); name == "" {
		return "", ""
	}
	state = "locked"
	if s.Machine.Stage(flows.AuthorityScreen) == flows.Done {
		state = "unlocked"
	}
	if r.Small {
		return "", state
	}
	return name, ", " + state + " "
}

func rule(w int) paint.Line { return paint.Row(paint.P(strings.Repeat("─", w))) }

// body is the screen, with the stepper beside it where there is room, and the question below it.
func (s window) body(r screen.Room) []paint.Line {
	inner := r
	if !r.Small {
		inner.W -= stepper + 2
	}
	question := s.Form.Draw(inner.W, inner.H, inner.Small)
	inner.H = max(r.H-len(question), 0)
	var text []paint.Line
	if s.Over == screen.Nothing {
		text = paint.Window(screen.Content(s.Scene, inner), inner.W, inner.H, s.Scroll)
	} else {
		if s.Over != screen.Console {
			question, inner.H = nil, r.H
		}
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
func (s window) beside(text []paint.Line, r screen.Room) []paint.Line {
	out := make([]paint.Line, r.H)
	for i := range out {
		left := []paint.Span{paint.P(strings.Repeat(" ", stepper))}
		if i < flows.Screens {
			at := flows.Screen(i)
			sign, style := s.mark(at)
			if at == s.Machine.Screen() {
				style |= paint.Bold
			}
			left = []paint.Span{paint.S(style, " "+sign+" "), paint.Cell(stepper-3, paint.S(style&^paint.Good, screen.Name(at)))}
		}
		out[i] = paint.Row(append(left, paint.P("│ "))...)
		if i < len(text) {
			out[i].Spans = append(out[i].Spans, text[i].Spans...)
		}
	}
	return out
}

// mark is the sign of a screen in the stepper.
func (s window) mark(at flows.Screen) (string, paint.Style) {
	stage := s.Machine.Stage(at)
	switch {
	case stage == flows.Failing:
		return "✗", paint.Bad
	case at == s.Machine.Screen():
		return "▸", paint.Here
	case stage == flows.Done:
		return "●", paint.Good
	case at == flows.AuthorityScreen && s.Facts.Terms.PSK:
		return "–", paint.Plain
	}
	return "○", paint.Plain
}
