package frame

import (
	"strings"

	"example.org/sectag/flows"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/screen"
	"example.org/sectag/tui/words"
)

// console is the transcript, and below it what came of the last command where the transcript cannot tell.
func console(s window, r screen.Room) []paint.Line {
	var below []paint.Line
	c := s.Facts.Console
	if f := c.Failure; f != nil {
		below = append(below, paint.Line{Spans: []paint.Span{paint.S(paint.Bad|paint.Bold, "✗ "), paint.B(f.Text), paint.P("  "), paint.S(paint.Bad, f.Code)}, Hang: 2}.Fit(r.W)...)
		below = append(below, paint.Line{Spans: []paint.Span{paint.S(paint.Bold, "→ "), paint.P(f.Hint)}, Hang: 2}.Fit(r.W)...)
	} else if c.Saved != "" {
		below = append(below, paint.L(paint.P("saved in "), paint.B(c.Saved)).Fit(r.W)...)
	}
	below = below[:min(len(below), r.H)]
	r.H -= len(below)
	return append(transcript(s, r), below...)
}

// marked is a text with what was looked for in reverse.
func marked(text, query string, style paint.Style) (out []paint.Span) {
	low, q := strings.ToLower(text), strings.ToLower(query)
	for q != "" && len(low) == len(text) { // letters that change their length with their case are not marked
		i := strings.Index(low, q)
		if i < 0 {
			break
		}
		out = append(out, paint.S(style, text[:i]), paint.S(style|paint.Reverse, text[i:i+len(q)]))
		text, low = text[i+len(q):], low[i+len(q):]
	}
	return append(out, paint.S(style, text))
}

// consoleKeys is what may be done on the console's page now.
func (s window) consoleKeys() (items [][]paint.Span) {
	add := func(key, text string) { items = append(items, []paint.Span{paint.B(key), paint.P(" " + text)}) }
	if s.Form != nil {
		add("enter", map[bool]string{true: "send", false: "take it"}[s.Form.Action.Ask == flows.AskCommand || s.Form.Action.Ask == flows.AskSend])
		add("esc", map[bool]string{true: "drop the command", false: "close the question"}[s.Form.Action.Ask == flows.AskSend])
		if s.Form.Action.Ask == flows.AskCommand {
			add("tab", "complete")
			add("↑↓", "commands before")
		}
		return items
	}
	for _, a := range s.Machine.Console() {
		if a.Disabled != "" {
			items = append(items, []paint.Span{paint.P(words.Key(a.Key) + " " + screen.Label(a) + " (" + a.Disabled + ")")})
			continue
		}
		add(words.Key(a.Key), screen.Label(a))
	}
	add("/", "search")
	add("y", "copy")
	if screen.Explains(s.Scene) {
		add("e", "explain")
	}
	if s.Query != "" {
		add("n N", "older, newer")
	}
	add("esc", "back")
	return items
}
