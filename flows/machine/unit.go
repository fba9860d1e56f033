package machine

import (
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/turn"
)

// Who is the unit at the other end of one opening of the port.
type Who struct {
	IMEI     cred.IMEI
	Identity cred.Digest // of the modem's own; zero where it has none
	Session  uint32      // which opening of the port
	Firmware bool        // new enough to be written to
}

// same tells whether two answers of Identify speak of one modem, whatever the opening.
func (w Who) same(o Who) bool { return w.IMEI == o.IMEI && w.Identity == o.Identity }

func who(e flows.Identified) Who {
	return Who{IMEI: e.IMEI, Identity: e.Identity, Session: e.Session, Firmware: e.Firmware}
}

type unitPhase uint8

const (
	unitNone      unitPhase = iota // nothing was asked
	unitLooking                    // Identify is in flight
	unitAsking                     // it told who it is: is this the one?
	unitConfirmed                  // a person, or the policy in a person's name, said yes
	unitFailed                     // it did not tell
)

// Unit learns who is at the port and gets that confirmed.
type Unit struct {
	turn.Turn
	phase unitPhase
	who   Who
}

// Fresh is a machine that knows of no unit; the numbers of effects go on.
func (m Unit) Fresh() Unit { return Unit{Turn: m.Turn} }

// Who is the unit as it was identified; zero before.
func (m Unit) Who() Who { return m.who }

// Asking tells whether the unit was identified and waits to be confirmed.
func (m Unit) Asking() bool { return m.phase == unitAsking && m.who.IMEI != 0 }

// Step takes an event.
func (m Unit) Step(e flows.Event) (Unit, []flows.Effect, bool) {
	was := m
	switch e := e.(type) {
	case flows.UnitWanted:
		if m.Rest() {
			return m.look()
		}
	case flows.Retry:
		if m.phase == unitFailed {
			return m.look()
		}
	case flows.Identified:
		if m.phase == unitLooking && m.Took(e.ID) {
			m.phase, m.who = unitAsking, who(e)
			return m, nil, false
		}
	case flows.UnitConfirmed:
		if m.phase == unitAsking && e.IMEI != 0 && e.IMEI == m.who.IMEI {
			m.phase = unitConfirmed
			return m, nil, false
		}
	case flows.Failed:
		if m.Took(e.ID) {
			m.phase = unitFailed
			return m, nil, false
		}
	case flows.Lost:
		if m.Took(e.ID) {
			m.phase = unitFailed
			return m, nil, false
		}
	}
	return was, nil, true
}

func (m Unit) look() (Unit, []flows.Effect, bool) {
	m = Unit{Turn: m.Turn, phase: unitLooking}
	return m, []flows.Effect{flows.Identify{ID: m.Ask(flows.UnitScreen)}}, false
}

// Stage is the machine from far.
func (m Unit) Stage() flows.Stage {
	return [...]flows.Stage{unitNone: flows.Idle, unitLooking: flows.Running, unitAsking: flows.Running, unitConfirmed: flows.Done, unitFailed: flows.Failing}[m.phase]
}

// Actions is what a person may do now.
func (m Unit) Actions() []flows.Action {
	switch m.phase {
	case unitAsking:
		a := flows.Action{Name: "confirm", Key: '\r', Event: flows.UnitConfirmed{IMEI: m.who.IMEI}}
		if m.who.IMEI == 0 {
			a.Disabled = "it has no IMEI"
		}
		return []flows.Action{a, identify()}
	case unitFailed:
		return []flows.Action{{Name: "retry", Key: 'r', Event: flows.Retry{}}}
	case unitLooking:
		return nil
	}
	return []flows.Action{identify()}
}

func identify() flows.Action {
	return flows.Action{Name: "identify", Key: 'i', Event: flows.UnitWanted{}}
}
