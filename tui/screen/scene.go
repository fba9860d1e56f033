// Package screen draws the bench: one pure function a screen, from what the machine and the facts say to lines of text. It
// decides nothing and remembers nothing; what may be done now comes from the machine's Actions.
//
// Read scene.go (what a screen is drawn from), then one file a screen: authority, port, unit, credentials, endpoint,
// connection, record (with the verdict). failure.go is what a person must not miss. What stands round a screen is drawn by frame.
package screen

import (
	"strings"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/paint"
)

// Machine is what the screens ask of the bench's machine.
type Machine interface {
	Actions() []flows.Action
	Rest() bool
	Screen() flows.Screen
	Stage(flows.Screen) flows.Stage
	Outcome() flows.Outcome
	Aim() flows.Aim          // what the plan is for
	Hand() flows.Op          // work by hand on one slot; Keep is the profile's plan
	Console() []flows.Action // what may be done at the console; nil where there is none
}

// Failures is why each screen is failing; nil where it is not, or where nobody said.
type Failures [flows.Screens]*cred.Fault

// Explainer is what the page of the codes says of a code: why it comes, and what to do.
type Explainer func(code string) (cause, do string, ok bool)

// Over is what lies over the screen.
type Over uint8

// What can lie over the screen.
const (
	Nothing    Over = iota
	Transcript      // the masked AT transcript
	Digests         // all digests in full
	Help            // the page of keys and signs
	Console         // the transcript with a prompt, in the lab
	Explained       // what the codes' page says of what is on the screen
)

// Scene is all that a frame is drawn from.
type Scene struct {
	Machine  Machine
	Facts    flows.Facts
	Failures Failures
	Compared bool // the anchor that was probed is the one that was to be stored
	Palette  paint.Palette
	Explain  Explainer // nil: no code is explained
	Title    string    // the product
	Station  string
	Form     *form.Form // the open question, nil when there is none
	Query    string     // what was looked for in the transcript; "" for nothing
	Note     string     // what the last key or answer led to, in one line
	Door     string     // what h comes back to; "": there is nothing
	Over     Over
	Scroll   int // lines that have gone above the upper edge
	Progress flows.Progress
	Trace    []flows.TraceLine
	Now      time.Time // wall time, for "until when" and the bars of lifetimes; zero where it is not known
	Since    time.Time // when the work in flight began; zero at rest
}

// Room is the part of the window that a screen may fill.
type Room struct {
	W, H  int
	Small bool // below 80x24
}

// Names are the screens as the stepper calls them.
var names = [flows.Screens]string{"Authority", "Port", "Unit", "Credentials", "Endpoint", "Connection", "Record"}

// Name is a screen as the stepper calls it.
func Name(s flows.Screen) string {
	if int(s) < len(names) {
		return names[s]
	}
	return "?"
}

// Content is the screen that the machine stands on.
func Content(s Scene, r Room) []paint.Line {
	draw := [flows.Screens]func(Scene, Room) []paint.Line{authority, port, unit, credentials, endpoint, connection, record}
	at := s.Machine.Screen()
	if int(at) >= len(draw) {
		return nil
	}
	lines := draw[at](s, r)
	if s.Machine.Stage(at) == flows.Failing && !s.final() {
		lines = append(failure(s), lines...)
	}
	return lines
}

// final tells whether a verdict about the unit is what the screen is about.
func (s Scene) final() bool {
	return s.Machine.Screen() == flows.RecordScreen && s.Machine.Outcome() != flows.NoOutcome
}

// Explain says what an action of a bench in service leads to, where its name does not; empty elsewhere.
func Explain(a flows.Action) string {
	w, ok := a.Event.(flows.PlanWanted)
	if !ok {
		return ""
	}
	return map[flows.Aim]string{
		flows.ForRenewal:    ": plans a new identity; nothing is changed before the digits",
		flows.ForRetirement: ": plans to take it out of service; nothing is changed before the digits",
	}[w.Aim]
}

// Label is an action as a person reads it.
func Label(a flows.Action) string { return strings.ReplaceAll(a.Name, "-", " ") }
