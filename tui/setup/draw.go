package setup

import (
	"fmt"
	"strings"

	"example.org/sectag/flows/setup"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/pick"
	"example.org/sectag/tui/way"
	"example.org/sectag/tui/words"
)

// View draws the window.
func (s *Screens) View() string { return s.Palette.Frame(s.lines(), s.w, s.h) }

// Click presses the key that is clicked, or chooses a file from the list.
func (s *Screens) Click(x, y int) way.Act {
	spot := paint.At(s.lines(), x, y)
	if s.list != nil && s.list.Stand(spot) {
		return s.Press(form.Key{Name: form.Enter})
	}
	if k, is := form.Named(spot); is {
		return s.Press(k)
	}
	return way.Nothing
}

func (s *Screens) lines() []paint.Line {
	small := s.w < 80 || s.h < 24
	head := s.head(small)
	foot := s.foot(small)
	room := max(s.h-len(head)-len(foot), 0)
	var body []paint.Line
	if s.list != nil {
		body = s.list.Draw(max(s.w-1, 1), room)
	} else {
		body = s.body(small)
	}
	for i := range body {
		body[i].Spans = append([]paint.Span{paint.P(" ")}, body[i].Spans...)
		body[i].Hang++
	}
	body = paint.Window(body, s.w, room, s.page)
	lines := append(head, body...)
	for len(lines)+len(foot) < s.h {
		lines = append(lines, paint.Line{})
	}
	return append(lines, foot...)
}

func rule(w int) paint.Line { return paint.Row(paint.P(strings.Repeat("─", max(w, 0)))) }

// head says where we are.
func (s *Screens) head(small bool) []paint.Line {
	n, of := s.m.Place()
	name := "set up"
	if s.m.Edit {
		name = "profile"
	}
	l := paint.Row(paint.B(" sectag"), paint.P(fmt.Sprintf(" · %s · %d of %d · ", name, n, of)), paint.P(s.File))
	if small {
		return []paint.Line{l}
	}
	return []paint.Line{l, rule(s.w), {}}
}

// body is the question, or the file.
func (s *Screens) body(small bool) []paint.Line {
	if s.m.At == setup.Review {
		return append(s.failure(), s.review()...)
	}
	w := max(s.w-1, 1)
	lines := s.failure()
	if s.m.Made && s.m.At == setup.AskFiles {
		lines = append(lines, paint.Text("The authority was made here. Its files stay."))
	}
	if s.m.At == setup.AskSlot && s.paper.Slots > 1 {
		lines = append(lines, paint.Text("This is the first of "+words.Count(s.paper.Slots, "sec_tag")+": the others stay as they are."))
	}
	lines = append(lines, s.form.Draw(w, s.h, small)...)
	if f := &s.form.Fields[s.form.At]; f.Path {
		lines = append(lines, paint.AsDetail(paint.Row(paint.P("  "), paint.B("ctrl+o"), paint.P(" lists the files to choose from")).On("ctrl+o"))...)
	}
	return append(lines, s.said()...)
}

// said is what is said against the field that is being typed into.
func (s *Screens) said() []paint.Line {
	k := s.keys[s.form.At]
	f := &s.form.Fields[s.form.At]
	if k == none || s.form.Wrong != "" || f.Len() == 0 {
		return nil
	}
	r := s.paper.On(k)
	if r == nil {
		return nil
	}
	return []paint.Line{
		{Spans: []paint.Span{paint.S(paint.Odd|paint.Bold, "not yet: "+r.Text)}, Hang: 2},
		{Spans: []paint.Span{paint.P("→ " + r.Hint)}, Hang: 2},
	}
}

// failure is why the bench did not do what was asked.
func (s *Screens) failure() []paint.Line {
	if s.fault == nil {
		return nil
	}
	return []paint.Line{
		{Spans: []paint.Span{paint.S(paint.Bad|paint.Bold, "✗ "+s.fault.text)}, Hang: 2},
		{Spans: []paint.Span{paint.P("→ " + s.fault.hint)}, Hang: 2},
		{Detail: true},
	}
}

// review is the file as it will be written, after what must be known before.
func (s *Screens) review() (out []paint.Line) {
	warn := func(text string) {
		out = append(out, paint.Line{Spans: []paint.Span{paint.S(paint.Odd|paint.Bold, text)}, Hang: 2})
	}
	if s.paper.Replaces != "" {
		warn("r replaces " + s.paper.Replaces)
	}
	if s.paper.Lost {
		warn("The comments of the file are lost: it is laid out so that it can only be written anew.")
	}
	for _, r := range s.paper.Refusals {
		warn("✗ " + r.Key.String() + ": " + r.Text)
		out = append(out, paint.Text("→ "+r.Hint))
	}
	for _, open := range s.open() {
		out = append(out, paint.Line{Spans: []paint.Span{paint.P("still open: " + open)}, Hang: 2})
	}
	switch {
	case len(s.paper.Changes) > 0:
		out = append(out, paint.L(paint.B(words.Count(len(s.paper.Changes), "change"))))
		for _, c := range s.paper.Changes {
			out = append(out, paint.Line{Spans: []paint.Span{paint.P("* " + c.Key.String() + ": " + orNone(c.Was) + " → "), paint.B(orNone(c.Now))}, Hang: 4})
		}
	case s.m.Edit:
		out = append(out, paint.Text("Nothing was changed."))
	}
	out = append(out, paint.Line{Detail: true}, paint.L(paint.B("The file as it will be written:")))
	for _, l := range strings.Split(strings.TrimSuffix(s.paper.Text, "\n"), "\n") {
		out = append(out, paint.Line{Spans: []paint.Span{paint.P("│ " + l)}, Hang: 4})
	}
	return out
}

// open is what the profile leaves to be done later.
func (s *Screens) open() (out []string) {
	if s.m.PSK {
		return nil
	}
	if s.draft[setup.Cert] == "" {
		out = append(out, "no authority is named, so nothing can be signed")
	}
	if s.draft[setup.Anchor] == "" {
		out = append(out, "no root is named: the lab fetches it from the server, and you compare it")
	}
	return out
}

func orNone(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// foot is what goes on, what the last key led to, and the keys.
func (s *Screens) foot(small bool) (out []paint.Line) {
	if !small {
		out = append(out, rule(s.w))
	}
	note := s.note
	switch {
	case s.list != nil:
		note = s.list.Note()
	case s.m.Phase == setup.Making:
		note = "making the authority"
	case s.m.Phase == setup.Saving:
		note = "writing " + s.File
	case len(s.judge.ahead) > 0 || s.m.At == setup.Review && s.judge.busy:
		note = "reading what the profile names"
	}
	if note != "" {
		l := paint.Line{Spans: []paint.Span{paint.S(paint.Odd|paint.Bold, " "+note)}, Hang: 1}.Fit(s.w)
		out = append(out, l[:min(len(l), 3)]...)
	}
	items := s.items()
	if s.list != nil {
		items = pick.Keys()
	}
	return append(out, paint.Flow(items, s.w, 2)...)
}

// items are the machine's actions and the keys of the fields.
func (s *Screens) items() (out [][]paint.Span) {
	add := func(key, text string) { out = append(out, []paint.Span{paint.B(key), paint.P(" " + text)}) }
	for _, a := range s.m.Actions() {
		if a.Disabled == "" {
			add(words.Key(a.Key), a.Name)
		}
	}
	switch {
	case s.m.Phase != setup.Asking:
	case s.form == nil:
		add("page up/down", "scroll")
	default:
		if len(s.form.Fields) > 1 {
			add("tab", "next field")
		}
		if len(s.form.Fields[s.form.At].Choices) > 0 {
			add("↑↓", "choose")
		}
		if s.form.Fields[s.form.At].Path {
			add("ctrl+o", "files")
		}
	}
	add("ctrl+c", "quit")
	return out
}
