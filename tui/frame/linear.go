package frame

import (
	"strings"

	"example.org/sectag/flows"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/screen"
	"example.org/sectag/tui/way"
	"example.org/sectag/tui/words"
)

// Speech is a scene for those who see no window: the screen, what is asked and what may be done. Progress is left out, for it would be
// said again and again.
func Speech(scene screen.Scene) way.Speech {
	s := window{scene}
	s.Progress = flows.Progress{}
	at := s.Machine.Screen()
	r := screen.Room{W: 200, H: 1, Small: true} // no room for large letters
	out := way.Speech{Works: !s.Machine.Rest()}
	out.Lines = []string{screen.Name(at) + ": " + stages[s.Machine.Stage(at)]}
	body := screen.Content(s.Scene, r)
	if s.Over != screen.Nothing {
		r.H = 500
		body = s.over(r)
	}
	out.Lines = append(out.Lines, texts(body)...)
	if s.Note != "" {
		out.Lines = append(out.Lines, s.Note)
	}
	if f := s.Form; f != nil && (s.Over == screen.Nothing || s.Over == screen.Console) {
		out.Lines = append(out.Lines, f.Title)
		out.Lines = append(out.Lines, f.Lines...)
		x := &f.Fields[f.At]
		for _, c := range x.Choices {
			out.Lines = append(out.Lines, strings.TrimSpace("choice "+c.Text+"  "+c.Note))
		}
		if f.Wrong != "" {
			out.Lines = append(out.Lines, f.Wrong)
		}
		out.Keys = []string{"esc other actions"}
		out.Asks, out.Secret = x.Label, x.Secret
		if v := x.Value(); v != "" && !x.Secret {
			out.Asks += " (" + v + ")"
		}
		return out
	}
	if s.Over == screen.Console {
		out.Keys = said(s.consoleKeys())
		return out
	}
	for _, a := range s.Machine.Actions() {
		if _, turns := a.Event.(flows.Show); a.Disabled == "" && !(turns && a.Key >= '1' && a.Key <= '9') {
			out.Keys = append(out.Keys, words.Key(a.Key)+" "+screen.Label(a))
		}
	}
	for _, g := range globals {
		if g.key != 'h' || s.Door != "" {
			out.Keys = append(out.Keys, string(g.key)+" "+g.text)
		}
	}
	return out
}

// said are keys with what they do, in words. What cannot be done now has no key of its own.
func said(items [][]paint.Span) (out []string) {
	for _, i := range items {
		if len(i) > 1 {
			out = append(out, i[0].Text+i[1].Text)
		}
	}
	return out
}

// stages are a screen's stage in a word.
var stages = map[flows.Stage]string{flows.Idle: "not begun", flows.Running: "here", flows.Done: "done", flows.Failing: "failed"}

// texts are lines without their looks.
func texts(ls []paint.Line) (out []string) {
	for _, l := range ls {
		var b strings.Builder
		for _, s := range l.Spans {
			b.WriteString(s.Text)
		}
		out = append(out, together(b.String()))
	}
	return out
}

// together is a text without what is for the eye: bars, and letters that are spaced out.
func together(s string) string {
	if strings.ContainsAny(s, bars) {
		s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || strings.ContainsRune(bars, r) }), " ")
	}
	letters := strings.Fields(s)
	for _, l := range letters {
		if len(l) != 1 {
			return s
		}
	}
	return strings.Join(letters, "")
}

// bars are the characters that bars are drawn with.
const bars = "█▌▕▏"
