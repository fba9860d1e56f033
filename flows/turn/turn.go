// Package turn numbers effects: a machine asks for one at a time and takes only the answer to that one.
package turn

import "example.org/sectag/flows"

// Turn numbers a machine's effects and remembers the one whose answer it waits for. Two machines never give the same number:
// what remains after dividing by flows.Screens is the screen, so that Asker knows whose an answer is.
type Turn struct {
	Seq  flows.ID // effects asked for so far
	Wait flows.ID // the one in flight; 0 when there is none
}

// Ask numbers the next effect of a screen's machine and waits for its answer.
func (t *Turn) Ask(s flows.Screen) flows.ID {
	t.Seq++
	t.Wait = t.Seq*flows.Screens + flows.ID(s)
	return t.Wait
}

// Took takes an answer: false for one that nobody waits for.
func (t *Turn) Took(id flows.ID) bool {
	if t.Wait == 0 || id != t.Wait {
		return false
	}
	t.Wait = 0
	return true
}

// Rest tells whether the machine waits for a person and no effect is in flight.
func (t Turn) Rest() bool { return t.Wait == 0 }

// Aside is set in the numbers of the console's effects, which no screen's machine asked for.
const Aside flows.ID = 1 << 31

// AskAside numbers the next effect of the console and waits for its answer.
func (t *Turn) AskAside() flows.ID {
	t.Seq++
	t.Wait = Aside | t.Seq
	return t.Wait
}

// Asker is the screen whose machine numbered an effect; flows.Screens for one of the console.
func Asker(id flows.ID) flows.Screen {
	if id&Aside != 0 {
		return flows.Screens
	}
	return flows.Screen(id % flows.Screens)
}

// Counter is the turn itself, for tests that walk all states: numbers that only grow would make every state a new one.
func (t *Turn) Counter() *Turn { return t }
