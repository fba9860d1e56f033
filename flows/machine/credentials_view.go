package machine

import (
	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

// Block tells why the plan cannot be started.
type Block uint8

// The blocks, first things first.
const (
	NotBlocked  Block = iota
	Unsure            // the unit is only looked at
	OldFirmware       // its firmware proves nothing by the digests that it lists, or does not tell its version: nothing may be changed
	NoAnchor          // there is no trust anchor to write
	NoSigner          // the authority's key is not open
)

// Block is why the plan cannot be started. A plan that changes nothing needs nothing.
func (m Credentials) Block() Block {
	switch {
	case !m.sure && !m.serves: // in service the digits say which unit it is
		return Unsure
	case m.plan.AllKept() && !m.revokes:
		return NotBlocked
	case !m.who.Firmware:
		return OldFirmware
	case m.hand.op == flows.Keep && m.plan.Writes(cred.RootCA) && !m.anchor:
		return NoAnchor
	case m.hand.op == flows.Keep && (m.revokes || m.plan.Writes(cred.ClientCert)) && !m.signer:
		return NoSigner
	}
	return NotBlocked
}

// Asks tells whether the unit must be named before the plan is begun: something is lost that is not ours, or it is a bench in service.
func (m Credentials) Asks() bool { return m.serves || m.plan.Destroys() }

// Aim is what the plan is for.
func (m Credentials) Aim() flows.Aim { return m.aim }

// Renews tells whether the plan gives the unit a new key, which can be tried at a server before this computer forgets it. A plan that
// only puts the trust anchor right leaves a key that no computer has any more.
func (m Credentials) Renews() bool {
	return m.hand.op == flows.Keep && (m.plan.Writes(cred.ClientCert) || m.plan.Writes(cred.PSK))
}

// Planned tells whether the plan is shown and waits for its start, and which it is.
func (m Credentials) Planned() (flows.Plan, bool) { return m.plan, m.phase == credPlanned }

// Who is the unit that is worked on or looked at; zero when there is none.
func (m Credentials) Who() Who { return m.who }

// Sure tells whether the unit is confirmed.
func (m Credentials) Sure() bool { return m.sure }

// Begun tells whether the plan was accepted: a record is due when it ends.
func (m Credentials) Begun() bool { return m.begun }

// Kept tells whether the plan changes nothing.
func (m Credentials) Kept() bool { return m.plan.AllKept() }

// Hand is the work by hand that is planned; Keep is the profile's plan.
func (m Credentials) Hand() flows.Op { return m.hand.op }

// Tag is the sec_tag that a person chose.
func (m Credentials) Tag() (t cred.SecTag, chosen bool) { return m.tag, m.tagged }

// Cause is why the work stopped.
func (m Credentials) Cause() Cause { return m.cause }

// Slot is how far the work on a slot of the plan got.
func (m Credentials) Slot(i int) flows.SlotStage { return m.slots[i] }

// At is the slot in work, into the plan.
func (m Credentials) At() int { return int(m.at) }

// Owes tells whether the unit is left in another functional mode than it was found in, and can be helped.
func (m Credentials) Owes() bool { return m.alive && m.known && m.owed != 0 }

// Owed is the functional mode that the unit is still owed; 0 when it is as it was found.
func (m Credentials) Owed() uint8 { return m.owed }

// Actions is what a person may do now.
func (m Credentials) Actions() []flows.Action {
	if !m.Rest() {
		return nil
	}
	var as []flows.Action
	switch m.phase {
	case credPlanned:
		as = append(as, m.startAction())
	case credOpen:
		key := '\r'
		if !m.sure {
			key = 's' // the first question is whose slots these are
		}
		as = append(as, flows.Action{Name: "choose-sec-tag", Key: key, Ask: flows.AskSecTag})
	case credFailed:
		as = append(as, flows.Action{Name: "retry", Key: 'r', Event: flows.Retry{}})
	}
	if !m.canPlan() {
		return as
	}
	if m.phase != credOpen {
		as = append(as,
			flows.Action{Name: "plan", Key: 'p', Event: flows.PlanWanted{}},
			flows.Action{Name: "choose-sec-tag", Key: 's', Ask: flows.AskSecTag})
	}
	if m.serves {
		return append(as,
			flows.Action{Name: "renew", Key: 'w', Event: flows.PlanWanted{Aim: flows.ForRenewal}},
			flows.Action{Name: "retire", Key: 'x', Event: flows.PlanWanted{Aim: flows.ForRetirement}})
	}
	return append(as,
		flows.Action{Name: "write-slot", Key: 'w', Ask: flows.AskSlot, Event: flows.PlanWanted{Hand: flows.Hand{Op: flows.WriteSlot}}},
		flows.Action{Name: "delete-slot", Key: 'x', Ask: flows.AskSlot, Event: flows.PlanWanted{Hand: flows.Hand{Op: flows.DeleteSlot}}})
}

// startAction begins the plan. What is lost for ever is named first, by the unit's last digits.
func (m Credentials) startAction() flows.Action {
	a := flows.Action{Name: "start", Key: '\r', Danger: flows.Changes, Event: flows.Accepted{}}
	a.Disabled = [...]string{
		Unsure: "confirm the unit first", OldFirmware: "needs mfw_nrf9160_1.3.2 or newer; this is older or not told",
		NoAnchor: "there is no trust anchor yet", NoSigner: "the authority is locked",
	}[m.Block()]
	if m.plan.AllKept() {
		a.Danger = flows.Harmless
	}
	if m.Asks() {
		a.Danger, a.Ask, a.Event = flows.Destroys, flows.AskDigits, nil
	}
	if m.serves && m.aim == flows.ForProfile {
		a.Key = 'g' // nobody is asked for the digits of a unit that he has only begun to look at
	}
	return a
}
