// Package setup shows the questions that make a profile, and those that change one: a few fields at a time, what is said against
// each while it is typed, and the file before it is written. Which question comes is decided by flows/setup, what is wrong by the
// bench; this draws, and turns keys into answers.
//
// Read setup.go (what it is for the shell), ask.go (the questions and their fields), judge.go (what waits for the bench), hand.go (keys), draw.go.
package setup

import (
	"time"

	"example.org/sectag/flows"
	"example.org/sectag/flows/setup"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/pick"
	"example.org/sectag/tui/way"
)

// Bench is all that the questions may ask of the bench.
type Bench interface {
	// Check judges a draft as the file that it would be, and tells of it from another goroutine.
	Check(d setup.Draft, tell func(setup.Paper))
	// List tells what a folder holds; a relative one is meant from the profile's.
	List(dir string) setup.Folder
	// Keep takes a secret, clears the slice, and gives a reference for Make.
	Keep(secret []byte) flows.Ref
	// Make makes an authority in a folder, and tells of it from another goroutine.
	Make(dir, subject string, pass flows.Ref, tell func(setup.Told))
	// Save writes a draft, and tells of it from another goroutine.
	Save(d setup.Draft, replace bool, tell func(setup.Told))
}

// Options are what the questions need to know of their surroundings.
type Options struct {
	File    string // the profile's
	Palette paint.Palette
	Over    func(note string, written bool) // is told how it ended, before it is left
}

// Screens are the questions while they are shown.
type Screens struct {
	Options
	bench Bench
	inbox *way.Inbox
	m     setup.Setup
	first setup.Draft // before anything was typed
	draft setup.Draft
	paper setup.Paper
	form  *form.Form
	keys  []setup.Key // of the form's fields; setup.Keys for one that is no key of the profile
	list  *pick.Pick
	note  string
	fault *faultShown
	judge judge
	page  int // how far the review is scrolled
	w, h  int
}

// faultShown is why something was not done.
type faultShown struct{ text, hint string }

// New shows the first question.
func New(b Bench, m setup.Setup, d setup.Draft, o Options) *Screens {
	m.PSK = d[setup.Mode] == "psk"
	switch {
	case d[setup.Cert] != "":
	case m.Edit:
		m.Whose = setup.Later
	default:
		m.Whose = setup.Make // whoever begins has none
	}
	s := &Screens{Options: o, bench: b, inbox: way.NewInbox(2, 1), m: m, first: d, draft: d, w: 80, h: 24}
	s.ask()
	s.check()
	return s
}

// Wake tells that the bench has answered.
func (s *Screens) Wake() <-chan struct{} { return s.inbox.Wake() }

// Come takes in what the bench answered.
func (s *Screens) Come(time.Time) way.Act {
	for _, m := range s.inbox.Take() {
		act := way.Nothing
		switch m := m.(type) {
		case setup.Told:
			act = s.told(m)
		case setup.Paper:
			act = s.judged(m)
		}
		if act != way.Nothing {
			return act
		}
	}
	return way.Nothing
}

// told is an answer of the bench.
func (s *Screens) told(t setup.Told) way.Act {
	s.fault = nil
	if t.Fault != nil {
		s.fault = &faultShown{t.Fault.Text + " (" + t.Fault.Code + ")", t.Fault.Hint}
		if s.m.At == setup.AskCreate {
			s.form.At = 2 // the passphrase went with the attempt
		}
	}
	if t.Event == (setup.Made{}) {
		s.draft[setup.Cert], s.draft[setup.AuthorityKey] = t.Cert, t.Key
		s.check()
		s.note = "made: " + t.Cert + " and " + t.Key + ". They stay, whatever becomes of the profile"
	}
	return s.step(t.Event)
}

// step moves the machine and does what it asks for.
func (s *Screens) step(e setup.Event) way.Act {
	next, do, _ := s.m.Step(e)
	asks := next.At != s.m.At
	s.m = next
	tell := func(t setup.Told) { s.inbox.Put(deeds, t) }
	switch do {
	case setup.MakeAuthority:
		f := s.form.Fields
		f[3].Clear()
		s.bench.Make(f[0].Value(), f[1].Value(), s.bench.Keep(f[2].Take()), tell)
	case setup.SaveProfile, setup.ReplaceProfile:
		s.bench.Save(s.draft, do == setup.ReplaceProfile, tell)
	}
	switch {
	case next.Phase == setup.Written:
		s.Over("profile saved: "+s.File, true)
		return way.Home
	case next.Phase == setup.Left:
		s.Over(s.parting(), false)
		return way.Home
	case asks:
		s.ask()
	}
	return way.Nothing
}

// parting says what is left behind by who leaves without a profile.
func (s *Screens) parting() string {
	if s.m.Made {
		return "no profile was written; the authority that was made stays: " + s.draft[setup.Cert]
	}
	return "no profile was written"
}

// Tick changes nothing.
func (s *Screens) Tick(time.Time) way.Act { return way.Nothing }

// Next is never: the questions wait for a person, the bench's answers wake.
func (s *Screens) Next() time.Duration { return 0 }

// Resize tells the window's size.
func (s *Screens) Resize(w, h int) { s.w, s.h = w, h }

// Close overwrites what was typed.
func (s *Screens) Close() {
	if s.form != nil {
		s.form.Clear()
	}
	s.judge.drop()
}
