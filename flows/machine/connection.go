package machine

import (
	"example.org/sectag/flows"
	"example.org/sectag/flows/turn"
)

type connectionPhase uint8

const (
	connectionNone   connectionPhase = iota // it was not tried
	connectionAsking                        // ConnectServer is in flight
	connectionOver                          // the far end has made something of the unit
)

// Connection proves the unit at the server with its own certificate and key. Whoever begins it sees to it that this process
// still has them.
type Connection struct {
	turn.Turn
	phase   connectionPhase
	verdict flows.Outcome
}

// Fresh is a machine that has tried nothing; the numbers of effects go on.
func (m Connection) Fresh() Connection { return Connection{Turn: m.Turn} }

// Begin connects with the set that was just written.
func (m Connection) Begin() (Connection, []flows.Effect) {
	m.phase, m.verdict = connectionAsking, flows.NoOutcome
	return m, []flows.Effect{flows.ConnectServer{ID: m.Ask(flows.ConnectionScreen)}}
}

// Verdict is what the far end made of the unit.
func (m Connection) Verdict() flows.Outcome { return m.verdict }

// Step takes an event.
func (m Connection) Step(e flows.Event) (Connection, []flows.Effect, bool) {
	was := m
	switch e := e.(type) {
	case flows.ConnectWanted:
		if m.phase == connectionOver {
			m, do := m.Begin()
			return m, do, false
		}
	case flows.Retry:
		if m.Stage() == flows.Failing {
			m, do := m.Begin()
			return m, do, false
		}
	case flows.Connected:
		if m.Took(e.ID) {
			m.phase, m.verdict = connectionOver, flows.FailedOutcome
			if e.Verdict == flows.Passed || e.Verdict == flows.Warned {
				m.verdict = e.Verdict
			}
			return m, nil, false
		}
	case flows.Failed:
		if m.Took(e.ID) {
			m.phase, m.verdict = connectionOver, flows.FailedOutcome
			return m, nil, false
		}
	}
	return was, nil, true
}

// Stage is the machine from far.
func (m Connection) Stage() flows.Stage {
	switch {
	case m.phase == connectionNone:
		return flows.Idle
	case m.phase == connectionAsking:
		return flows.Running
	case m.verdict == flows.FailedOutcome:
		return flows.Failing
	}
	return flows.Done
}

// Actions is what a person may do now.
func (m Connection) Actions() []flows.Action {
	switch {
	case m.Stage() == flows.Failing:
		return []flows.Action{{Name: "retry", Key: 'r', Event: flows.Retry{}}}
	case m.phase == connectionOver:
		return []flows.Action{{Name: "connect", Key: 'c', Event: flows.ConnectWanted{}}}
	}
	return nil
}
