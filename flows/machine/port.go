package machine

import (
	"example.org/sectag/flows"
	"example.org/sectag/flows/turn"
)

type portPhase uint8

const (
	portNone     portPhase = iota // nothing was asked
	portListing                   // ListPorts is in flight
	portAsking                    // the list is there: which one?
	portTaking                    // UsePort is in flight
	portChosen                    // there is a port to work on
	portUnlisted                  // the list could not be made
	portRefused                   // the named port cannot be used
)

// Port chooses the port that the unit is on.
type Port struct {
	turn.Turn
	phase portPhase
	held  bool // a port was chosen before and still is
}

// Step takes an event.
func (m Port) Step(e flows.Event) (Port, []flows.Effect, bool) {
	was := m
	if do, ok := m.asked(e); ok {
		return m, do, false
	}
	if m.answered(e) {
		return m, nil, false
	}
	return was, nil, true
}

func (m *Port) asked(e flows.Event) ([]flows.Effect, bool) {
	if !m.Rest() {
		return nil, false
	}
	switch e := e.(type) {
	case flows.PortsWanted:
		return m.list(), true
	case flows.PortNamed:
		return m.take(e.Name), true
	case flows.Retry:
		if m.phase == portUnlisted {
			return m.list(), true
		}
		if m.phase == portRefused {
			return m.take(""), true
		}
	}
	return nil, false
}

func (m *Port) list() []flows.Effect {
	m.phase = portListing
	return []flows.Effect{flows.ListPorts{ID: m.Ask(flows.PortScreen)}}
}

// take uses a port; an empty name is the one that was named last.
func (m *Port) take(name string) []flows.Effect {
	m.phase, m.held = portTaking, false
	return []flows.Effect{flows.UsePort{ID: m.Ask(flows.PortScreen), Name: name}}
}

func (m *Port) answered(e flows.Event) bool {
	switch e := e.(type) {
	case flows.PortsListed:
		ok := m.phase == portListing && m.Took(e.ID)
		m.phase = portAsking
		if m.held {
			m.phase = portChosen
		}
		return ok
	case flows.PortChosen:
		ok := m.phase == portTaking && m.Took(e.ID)
		m.phase, m.held = portChosen, true
		return ok
	case flows.Failed:
		failed := portRefused
		if m.phase == portListing {
			failed = portUnlisted
		}
		m.phase = failed
		return m.Took(e.ID)
	}
	return false
}

// Stage is the machine from far.
func (m Port) Stage() flows.Stage {
	switch m.phase {
	case portNone:
		return flows.Idle
	case portChosen:
		return flows.Done
	case portUnlisted, portRefused:
		return flows.Failing
	}
	return flows.Running
}

// Actions is what a person may do now.
func (m Port) Actions() []flows.Action {
	if !m.Rest() {
		return nil
	}
	as := []flows.Action{
		{Name: "choose-port", Key: '\r', Ask: flows.AskPort},
		{Name: "list-ports", Key: 'l', Event: flows.PortsWanted{}},
	}
	if m.Stage() == flows.Failing {
		as = append(as, flows.Action{Name: "retry", Key: 'r', Event: flows.Retry{}})
	}
	return as
}
