// Package door is the door: which ways in there are, which of them can be gone now, and why not. It is pure, like all of flows;
// it asks nothing of the world.
package door

import "example.org/sectag/flows"

// Way is a way in.
type Way uint8

// The ways, in the order in which they are offered.
const (
	Station Way    = iota // a technician: plug in, PASS, unplug, next
	Service               // a field engineer: what is in a returned unit, and what becomes of it
	Lab                   // a developer: the seven screens, step by step, and what goes over the line
	SetUp                 // whoever has no profile yet
	Edit                  // whoever has one, and wants another value in it
	Ways    = iota        // how many there are
)

// names are what flags, profiles and people call the ways.
var names = [Ways]string{"station", "service", "lab", "set-up", "profile"}

// String is the way's name, as flags have it.
func (w Way) String() string {
	if int(w) < len(names) {
		return names[w]
	}
	return "?"
}

// Parse reads a way's name.
func Parse(s string) (Way, bool) {
	for w, n := range names {
		if n == s {
			return Way(w), true
		}
	}
	return 0, false
}

// Door is the start screen's machine.
type Door struct {
	Profile bool // there is a profile file
	Ledger  bool // records have a place
	At      Way  // the one that Enter takes
}

// New stands before the way that most people want: the station, or what it still needs.
func New(profile, ledger bool) Door {
	d := Door{Profile: profile, Ledger: ledger}
	if d.Closed(Station) != "" {
		d.At = SetUp
	}
	return d
}

// Closed is why a way cannot be gone now, in a few words; empty when it can.
func (d Door) Closed(w Way) string {
	switch {
	case w == Station && !d.Profile:
		return "it works by a profile: set up makes one"
	case w == Service && !d.Ledger:
		return "it holds a unit against the ledger, and none is named"
	case w == Edit && !d.Profile:
		return "there is none yet: set up makes one"
	}
	return ""
}

// Move stands before the next way or the one before.
func (d Door) Move(step int) Door {
	d.At = Way((int(d.At) + step + Ways) % Ways)
	return d
}

// Actions are what a person may do: one for each way, by its key, and Enter for the one that is stood before. No event is in them:
// who shows the door goes the way of the action's name.
func (d Door) Actions() []flows.Action {
	keys := [Ways]rune{'s', 'v', 'l', 'w', 'e'}
	out := []flows.Action{{Name: d.At.String(), Key: '\r', Disabled: d.Closed(d.At)}}
	for w := range Way(Ways) {
		out = append(out, flows.Action{Name: w.String(), Key: keys[w], Disabled: d.Closed(w)})
	}
	return out
}
