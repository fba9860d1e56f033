package machine

import "example.org/sectag/flows"

// turn numbers a machine's effects and remembers the one whose answer it waits for. Two machines never give the same number:
// what remains after dividing by flows.Screens is the screen, so that Asker knows whose an answer is.
type turn struct {
	seq  flows.ID // effects asked for so far
	wait flows.ID // the one in flight; 0 when there is none
}

// ask numbers the next effect of a screen's machine and waits for its answer.
func (t *turn) ask(s flows.Screen) flows.ID {
	t.seq++
	t.wait = t.seq*flows.Screens + flows.ID(s)
	return t.wait
}

// took takes an answer: false for one that nobody waits for.
func (t *turn) took(id flows.ID) bool {
	if t.wait == 0 || id != t.wait {
		return false
	}
	t.wait = 0
	return true
}

// Rest tells whether the machine waits for a person and no effect is in flight.
func (t turn) Rest() bool { return t.wait == 0 }

// Asker is the screen whose machine numbered an effect.
func Asker(id flows.ID) flows.Screen { return flows.Screen(id % flows.Screens) }
