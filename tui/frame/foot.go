package frame

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"example.org/sectag/flows"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/screen"
	"example.org/sectag/tui/words"
)

// foot is the lower edge: what is waited for, what the last key led to, and what may be done now.
func (s window) foot(r screen.Room) []paint.Line {
	var out []paint.Line
	if !r.Small {
		out = append(out, rule(r.W))
	}
	if w := s.waiting(); w != "" {
		wait := paint.Line{Spans: []paint.Span{paint.S(paint.Here, " "+w)}, Hang: 1}.Fit(r.W)
		out = append(out, wait[:min(len(wait), 2)]...)
	}
	if s.Note != "" {
		note := paint.Line{Spans: []paint.Span{paint.S(paint.Odd|paint.Bold, " "+s.Note)}, Hang: 1}.Fit(r.W)
		out = append(out, note[:min(len(note), 3)]...)
	}
	return append(out, s.keys(r)...)
}

// patience is how long work may take before the screen says what it waits for.
const patience = 2 * time.Second

// waiting says what is waited for and until when, from two seconds on.
func (s window) waiting() string {
	if s.Machine.Rest() {
		return ""
	}
	took := ""
	if !s.Since.IsZero() && s.Now.Sub(s.Since) >= patience {
		took = strconv.Itoa(int(s.Now.Sub(s.Since)/time.Second)) + " s"
	}
	p := s.Progress
	switch {
	case p.Waiting != "" && took != "":
		text := "waiting for " + p.Waiting
		if !p.Until.IsZero() {
			text += " until " + p.Until.Format("15:04:05")
			if left := p.Until.Sub(s.Now); !s.Now.IsZero() && left > 0 {
				text += " (" + strconv.Itoa(int((left+time.Second-1)/time.Second)) + " s left)"
			}
		}
		return text
	case took != "":
		return "working for " + took + ": " + doing(s)
	}
	return ""
}

// doing says what the screen is at, for the time when nobody says it better.
func doing(s window) string {
	texts := [flows.Screens]string{
		"reading or unlocking the authority", "looking for ports", "asking the modem who it is",
		"at the credentials", "talking to the server", "connecting", "writing the record",
	}
	if at := s.Machine.Screen(); int(at) < len(texts) {
		return texts[at]
	}
	return "the answer is not here yet"
}

// keys is what may be done now: the machine's actions, then the keys that every screen has. A disabled action says why.
func (s window) keys(r screen.Room) []paint.Line {
	var items [][]paint.Span
	add := func(key, text string) { items = append(items, []paint.Span{paint.B(key), paint.P(" " + text)}) }
	switch {
	case s.Over == screen.Console:
		items = s.consoleKeys()
	case s.Over != screen.Nothing:
		add("esc", "back")
		add("page up/down", "scroll")
		if s.Over == screen.Transcript {
			add("y", "copy")
		}
	case s.Form != nil:
		add("enter", map[bool]string{true: "next", false: screen.Label(s.Form.Action)}[s.Form.At < len(s.Form.Fields)-1])
		add("esc", map[bool]string{true: "other actions", false: "close the question"}[len(s.Machine.Actions()) > 1])
		if len(s.Form.Fields) > 1 {
			add("tab", "next field")
		}
		if len(s.Form.Fields[s.Form.At].Choices) > 0 {
			add("↑↓", "choose")
		}
		if s.Form.Fields[s.Form.At].Path {
			add("ctrl+o", "files")
		}
	default:
		items = s.actions()
		if s.Machine.Console() != nil {
			add(":", "console")
		}
		if screen.Explains(s.Scene) {
			add("e", "explain")
		}
	}
	for _, g := range globals {
		if g.key == 'h' && s.Door == "" {
			continue
		}
		if s.Form == nil || Free(s.Form, g.key) {
			add(string(g.key), g.text)
		}
	}
	return paint.Flow(items, r.W, min(3, max(r.H/3, 1)))
}

// globals are the keys that every screen has.
var globals = []struct {
	key  rune
	text string
}{{'t', "transcript"}, {'d', "digests"}, {'?', "help"}, {'h', "home"}, {'q', "quit"}}

// Free tells whether an open question leaves the key of a page to the screen: fields that take only digits do.
func Free(f *form.Form, k rune) bool {
	x := f.Fields[f.At]
	return !form.Aside(f.Action.Ask) && strings.ContainsRune("td?", k) && x.Accept != nil && !x.Accept(k)
}

// actions are the machine's: what Enter stands for, those that can be done, those that cannot.
func (s window) actions() [][]paint.Span {
	var first, can, cannot [][]paint.Span
	turns := false
	for _, a := range s.Machine.Actions() {
		if _, show := a.Event.(flows.Show); show && a.Key >= '1' && a.Key <= '9' {
			turns = true // one item for all of them
			continue
		}
		if a.Disabled != "" {
			why := []paint.Span{paint.P(words.Key(a.Key) + " " + screen.Label(a) + " (" + a.Disabled + ")")}
			if a.Key == '\r' {
				first = append(first, why) // what everybody waits to do
			} else {
				cannot = append(cannot, why)
			}
			continue
		}
		style := paint.Bold
		if a.Danger == flows.Destroys {
			style |= paint.Bad
		}
		text := " " + screen.Label(a)
		if a.Danger == flows.Destroys {
			text += "!"
		}
		can = append(can, []paint.Span{paint.S(style, words.Key(a.Key)), paint.P(text)})
	}
	if turns {
		can = append(can, []paint.Span{paint.B("←→"), paint.P(" screens")})
	}
	return slices.Concat(first, can, cannot)
}
