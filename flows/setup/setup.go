package setup

import "example.org/sectag/flows"

// Question is one of the questions, each with a few fields.
type Question uint8

// The questions in their order. What a slot holds is asked before the authority: a pre-shared key needs none.
const (
	AskProduct    Question = iota // name, life
	AskStation                    // id, operator
	AskSlot                       // sec_tag, mode, who makes the key
	AskAuthority                  // which there is: one to load, one to make, none yet
	AskFiles                      // certificate and key
	AskCreate                     // folder, subject, passphrase twice
	AskRecipients                 // who may open the units' pre-shared keys
	AskServer                     // its address
	AskRoot                       // the file of its root
	AskLedger                     // where the records go
	AskStart                      // who begins a unit at the station
	Review                        // the file as it will be written
	Questions     = iota          // how many there are
)

// Whose is which authority signs the units.
type Whose uint8

// The authorities.
const (
	Load  Whose = iota // there is one
	Make               // one is made now
	Later              // none yet: the station cannot sign
)

// Phase is what goes on.
type Phase uint8

// The phases. A machine that is written or left asks nothing more.
const (
	Asking Phase = iota
	Making       // the authority
	Saving       // the file
	Written
	Left
)

// Event is something that happened. Events are comparable structs.
type Event interface{ event() }

// The events.
type (
	// Answered is what a person gave to the question. Wrong: something is said against it.
	Answered struct {
		Wrong bool
		PSK   bool  // AskSlot: units get a pre-shared key
		Whose Whose // AskAuthority
	}
	// BackWanted goes to the question before, or leaves.
	BackWanted struct{}
	// WriteWanted writes the file. Wrong: something is said against it. Replace: a person has said that it may replace one.
	WriteWanted struct{ Wrong, Replace bool }
	// Made answers MakeAuthority.
	Made struct{ Failed bool }
	// Saved answers SaveProfile.
	Saved struct{ Failed bool }
)

func (Answered) event()    {}
func (BackWanted) event()  {}
func (WriteWanted) event() {}
func (Made) event()        {}
func (Saved) event()       {}

// Effect is something that the machine asks of the bench; one at a time.
type Effect uint8

// The effects. Nothing is the zero value.
const (
	Nothing        Effect = iota
	MakeAuthority         // a new key and its certificate, in files
	SaveProfile           // the file, which must not be there yet
	ReplaceProfile        // the file, in the place of the one that a person has seen
)

// Setup is the machine.
type Setup struct {
	At     Question
	Phase  Phase
	PSK    bool
	Whose  Whose
	Made   bool // an authority was made here: it stays, whatever becomes of the profile
	Edit   bool // the values are those of the file that is there
	Exists bool // a file is there
}

// New begins with the first question. For an edit there is a file.
func New(exists, edit, psk bool) Setup { return Setup{Exists: exists || edit, Edit: edit, PSK: psk} }

// Asked tells whether a question is asked at all, by what is known now.
func (s Setup) Asked(q Question) bool {
	switch q {
	case AskAuthority, AskRoot:
		return !s.PSK
	case AskFiles:
		return !s.PSK && s.Whose == Load
	case AskCreate:
		return !s.PSK && s.Whose == Make
	case AskRecipients:
		return s.PSK
	}
	return q < Questions
}

// Place is the number of the question, from 1, and how many there are.
func (s Setup) Place() (n, of int) {
	for q := range Question(Questions) {
		if s.Asked(q) {
			of++
			if q <= s.At {
				n++
			}
		}
	}
	return n, of
}

// Rest tells whether the machine waits for a person.
func (s Setup) Rest() bool { return s.Phase != Making && s.Phase != Saving }

// Step takes an event. One that is not expected changes nothing, and that is told.
func (s Setup) Step(e Event) (next Setup, do Effect, ignored bool) {
	switch e := e.(type) {
	case Answered:
		if s.Phase == Asking && s.At != Review && !e.Wrong {
			return s.answered(e)
		}
	case BackWanted:
		if s.Phase == Asking {
			return s.back(), Nothing, false
		}
	case WriteWanted:
		if s.Phase == Asking && s.At == Review && !e.Wrong && (e.Replace || s.Edit || !s.Exists) {
			s.Phase = Saving
			if s.Exists {
				return s, ReplaceProfile, false
			}
			return s, SaveProfile, false
		}
	case Made:
		if s.Phase == Making {
			s.Phase = Asking
			if !e.Failed {
				s.Made, s.Whose = true, Load // to be seen, and gone back to, as the files that it is now
				s.At = s.after()
			}
			return s, Nothing, false
		}
	case Saved:
		if s.Phase == Saving {
			s.Phase = Written
			if e.Failed {
				s.Phase = Asking
			}
			return s, Nothing, false
		}
	}
	return s, Nothing, true
}

func (s Setup) answered(e Answered) (Setup, Effect, bool) {
	switch s.At {
	case AskSlot:
		s.PSK = e.PSK
	case AskAuthority:
		s.Whose = min(e.Whose, Later)
	case AskCreate:
		s.Phase = Making
		return s, MakeAuthority, false
	}
	s.At = s.after()
	return s, Nothing, false
}

// after is the question after this one.
func (s Setup) after() Question {
	q := s.At + 1
	for q < Review && !s.Asked(q) {
		q++
	}
	return q
}

// back turns to the question before; before the first there is the door.
func (s Setup) back() Setup {
	for q := s.At; q > 0; {
		if q--; s.Asked(q) {
			s.At = q
			return s
		}
	}
	s.Phase = Left
	return s
}

// Actions are what a person may do now, as flows.Action has it; who shows them makes the event of the answer.
func (s Setup) Actions() []flows.Action {
	if s.Phase != Asking {
		return nil
	}
	back := flows.Action{Name: "back", Key: 27}
	if s.At == AskProduct {
		back.Name = "leave"
	}
	switch {
	case s.At == AskCreate:
		return []flows.Action{{Name: "create", Key: '\r', Danger: flows.Changes}, back}
	case s.At != Review:
		return []flows.Action{{Name: "next", Key: '\r'}, back}
	case s.Exists && !s.Edit:
		return []flows.Action{{Name: "replace", Key: 'r', Danger: flows.Changes}, {Name: "write", Key: '\r', Disabled: "the file is there"}, back}
	}
	return []flows.Action{{Name: "write", Key: '\r', Danger: flows.Changes}, back}
}
