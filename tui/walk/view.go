package walk

import (
	"slices"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/station"
	"example.org/sectag/tui/screen"
)

// view is the bench's machine as screens show it.
type view struct{ station.Bench }

// Hand is the work by hand on one slot that is planned or was done; Keep is the profile's plan.
func (v view) Hand() flows.Op { return v.Credentials().Hand() }

// Aim is what the plan is for.
func (v view) Aim() flows.Aim { return v.Credentials().Aim() }

// Actions is what the bench offers, with two changes for people. Of two actions on one key only the one that can be done is
// offered. And while a plan waits, esc throws it away only where it is shown: on any other screen it leads back to it.
func (v view) Actions() []flows.Action {
	as := v.Bench.Actions()
	if _, waits := v.Credentials().Planned(); waits && v.Screen() != flows.CredentialsScreen {
		for i, a := range as {
			if a.Event == (flows.Cancel{}) {
				as[i] = flows.Action{Name: "back-to-plan", Key: a.Key, Event: flows.Show{Screen: flows.CredentialsScreen}}
			}
		}
	}
	open := map[rune]bool{}
	for _, a := range as {
		open[a.Key] = open[a.Key] || a.Disabled == ""
	}
	return slices.DeleteFunc(as, func(a flows.Action) bool { return a.Disabled != "" && open[a.Key] })
}

// remember keeps why each screen failed as long as it is failing, for those who come back to it: the facts tell of one failure
// only, and forget it when a person goes on elsewhere.
func (s *sight) remember(m shotMsg) {
	for at := range flows.Screen(flows.Screens) {
		if m.machine.Stage(at) != flows.Failing {
			s.failures[at] = nil
		} else if s.failures[at] == nil {
			s.failures[at] = whyOf(at, m, s.failures)
		}
	}
}

// whyOf is the failure that a screen has just come to. The facts keep the first one, which may be another screen's.
func whyOf(at flows.Screen, m shotMsg, others screen.Failures) *cred.Fault {
	fault := m.facts.Failure
	for _, f := range others {
		if f != nil && f == fault {
			fault = nil
		}
	}
	if fault != nil {
		return fault
	}
	switch e := m.event.(type) {
	case flows.Failed:
		if flows.Screen(e.ID%flows.Screens) == at {
			fault = cred.Failed(e.Code, e.Text, e.Hint)
		}
	case flows.Lost:
		if flows.Screen(e.ID%flows.Screens) == at {
			fault = cred.Failed(e.Code, e.Text, e.Hint)
		}
	}
	return fault
}
