package setup

import (
	"fmt"
	"strings"

	"example.org/sectag/flows/setup"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/way"
	"example.org/sectag/tui/words"
)

// Speech is the question for those who see no window: what is asked, what is offered, and what is wrong with the answer before.
func (s *Screens) Speech() way.Speech {
	n, of := s.m.Place()
	holds := len(s.judge.ahead) > 0 || s.m.At == setup.Review && s.judge.busy
	out := way.Speech{Lines: []string{fmt.Sprintf("question %d of %d of the profile %s", n, of, s.File)}, Works: !s.m.Rest() || holds, Holds: holds}
	add := func(ls ...paint.Line) {
		for _, l := range ls {
			text := ""
			for _, p := range l.Spans {
				text += p.Text
			}
			out.Lines = append(out.Lines, strings.TrimSpace(text))
		}
	}
	add(s.failure()...)
	for _, a := range s.m.Actions() {
		if a.Disabled == "" {
			out.Keys = append(out.Keys, words.Key(a.Key)+" "+a.Name)
		}
	}
	if s.m.At == setup.Review {
		add(s.review()...)
	} else {
		f := &s.form.Fields[s.form.At]
		out.Lines = append(out.Lines, s.form.Title)
		out.Lines = append(out.Lines, s.form.Lines...)
		for _, c := range f.Choices {
			out.Lines = append(out.Lines, f.Label+" "+c.Text+": "+c.Note)
		}
		if v := f.Value(); v != "" {
			out.Lines = append(out.Lines, f.Label+" is "+v+": an empty line keeps it")
		}
		if s.form.Wrong != "" {
			out.Lines = append(out.Lines, s.form.Wrong)
		}
		out.Asks, out.Secret = f.Label, f.Secret
	}
	if s.note != "" {
		out.Lines = append(out.Lines, s.note)
	}
	return out
}
