package setup

import (
	"slices"

	"example.org/sectag/flows/setup"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/pick"
	"example.org/sectag/tui/way"
)

// Press gives a key to what is on top: the list, the question, the file.
func (s *Screens) Press(k form.Key) way.Act {
	switch {
	case k.Name == form.Interrupt:
		s.Over(s.parting(), false)
		return way.Quit
	case s.m.Phase != setup.Asking:
		return way.Nothing
	case len(s.judge.ahead) > 0:
		return s.waits(k)
	case s.list != nil:
		s.pressList(k)
		return way.Nothing
	}
	s.note, s.fault = "", nil
	if k.Name == form.Esc {
		return s.step(setup.BackWanted{})
	}
	if s.m.At == setup.Review {
		return s.pressReview(k)
	}
	return s.pressForm(k)
}

func (s *Screens) pressList(k form.Key) {
	path, done := s.list.Press(k)
	if !done {
		return
	}
	s.list = nil
	if path != "" {
		s.form.Fill(path)
		s.take()
	}
}

func (s *Screens) pressForm(k form.Key) way.Act {
	f := &s.form.Fields[s.form.At]
	if k.Name == form.Files {
		if f.Path {
			s.list = pick.Open(s.bench.List, ".")
		}
		return way.Nothing
	}
	taken, send := s.form.Press(k)
	switch {
	case send:
		return s.send(k)
	case !taken && k.Name == form.Up:
		s.form.At = max(s.form.At-1, 0)
	case !taken && k.Name == form.Down:
		s.form.At = min(s.form.At+1, len(s.form.Fields)-1)
	}
	s.take()
	return way.Nothing
}

// send gives the answer, once what is in the profile by it is judged.
func (s *Screens) send(k form.Key) way.Act {
	s.take()
	if !slices.ContainsFunc(s.keys, func(k setup.Key) bool { return k != none }) {
		return s.give()
	}
	return s.needs(k)
}

// give gives the answer; what is wrong with it is said at its field.
func (s *Screens) give() way.Act {
	e, at, wrong := s.answer()
	if wrong != "" {
		s.form.At, s.form.Wrong = at, wrong
	}
	return s.step(e)
}

// pressReview writes, or turns the pages of the file.
func (s *Screens) pressReview(k form.Key) way.Act {
	page := max(s.h-8, 1)
	switch {
	case k.Name == form.PageDown:
		s.page += page
	case k.Name == form.PageUp:
		s.page = max(s.page-page, 0)
	case k.Step() != 0:
		s.page = max(s.page+k.Step(), 0)
	case k.Name == form.Down:
		s.page++
	case k.Name == form.Up:
		s.page = max(s.page-1, 0)
	case k.Name == form.Enter || k.Char == 'r':
		if k.Name == form.Enter && s.m.Exists && !s.m.Edit {
			s.note = "the file is there: r replaces it"
			return way.Nothing
		}
		return s.needs(k)
	}
	return way.Nothing
}
