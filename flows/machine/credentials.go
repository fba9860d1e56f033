package machine

import (
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/turn"
)

type credPhase uint8

const (
	credNone        credPhase = iota // nothing is planned
	credListing                      // MakePlan is in flight
	credOpen                         // listed; nothing is asked for yet: which sec_tag, which slot?
	credPlanned                      // the plan is shown
	credPreparing                    // Prepare is in flight
	credIdentifying                  // Identify is in flight, on the session that is worked on
	credReturning                    // Identify is in flight, on whatever opening: after a failure
	credOffline                      // TakeOffline is in flight
	credDeleting                     // Delete is in flight
	credWriting                      // Write is in flight
	credMaking                       // MakeKey is in flight
	credCertifying                   // Certify is in flight
	credReading                      // ReadSlot is in flight
	credRestoring                    // RestoreMode is in flight
	credDone                         // every slot reads back as planned, or was kept
	credFailed                       // it did not work out; Cause says why
)

// Cause tells why the work on the slots stopped.
type Cause uint8

// The causes.
const (
	NoCause  Cause = iota
	Refused        // an effect failed, the session lives
	Broken         // the session is lost
	Mismatch       // a slot does not hold what was sent, or still holds what was deleted
	Swapped        // another unit answers
	Stopped        // a person stopped it
	Unready        // what was prepared does not fit the plan
)

// job is work by hand on one slot; the bench has the file's name. The zero value is the profile's plan.
type job struct {
	op   flows.Op
	slot cred.Slot
}

// Credentials puts the planned set into the unit's slots. In the order of the work: list, plan, confirm, prepare the whole set,
// identify, take offline, then slot by slot delete, write, read back, identify; at the end the functional mode is put back. Where
// the modem makes the key, it is asked to instead of a write, and the certificate is signed before its slot is touched.
type Credentials struct {
	turn.Turn
	phase   credPhase
	cause   Cause
	who     Who   // the unit that is worked on
	owed    uint8 // functional mode to put back; 0 when nothing is owed
	sure    bool  // the unit is confirmed; else it is only looked at
	alive   bool  // the session was not seen to be lost
	known   bool  // the last Identify on it told of our unit
	anchor  bool  // Terms.Anchor
	signer  bool  // the authority's key is open
	tagged  bool  // tag was chosen by a person
	tag     cred.SecTag
	hand    job
	aim     flows.Aim
	serves  bool // Terms.Service
	revokes bool // the plan ends with certificates that are believed no more
	plan    flows.Plan
	want    [flows.MaxSlots]cred.Digest
	slots   [flows.MaxSlots]flows.SlotStage
	at      uint8 // the slot in work, into the plan
	begun   bool  // the plan was accepted
	off     bool  // the unit was taken offline in this work
	claim   bool  // the slot at was read back, and nobody was asked since whose it is
	stop    bool  // cancelled
	again   bool  // an anchor was found while the plan was made: it is made once more
}

// Fresh is a machine that knows of no unit; the numbers of effects go on.
func (m Credentials) Fresh() Credentials {
	return Credentials{Turn: m.Turn, anchor: m.anchor, signer: m.signer, serves: m.serves}
}

// Begin looks at a unit that was identified just now, and works on it once sure. owed is the functional mode that an interrupted
// run left to be put back, or 0.
func (m Credentials) Begin(w Who, owed uint8, sure bool, hand flows.Hand) (Credentials, []flows.Effect) {
	m = m.Fresh()
	m.who, m.owed, m.sure, m.alive, m.known = w, owed, sure, true, true
	m.hand = job{hand.Op, hand.Slot}
	do := m.list(hand.File)
	return m, do
}

// Signer tells it whether the authority's key is open.
func (m Credentials) Signer(open bool) Credentials {
	m.signer = open
	return m
}

// Confirm tells it that the unit that was only looked at is the one to work on.
func (m Credentials) Confirm() (Credentials, []flows.Effect) {
	m.sure = true
	return m, m.settle()
}

// Step takes an event.
func (m Credentials) Step(e flows.Event) (Credentials, []flows.Effect, bool) {
	was := m
	if do, ok := m.asked(e); ok {
		return m, do, false
	}
	if do, ok := m.answered(e); ok {
		return m, do, false
	}
	return was, nil, true
}

// asked takes what a person wants.
func (m *Credentials) asked(e flows.Event) ([]flows.Effect, bool) {
	switch e := e.(type) {
	case flows.TermsSet:
		found := e.Terms.Anchor && !m.anchor
		changed := e.Terms.Anchor != m.anchor || e.Terms.Service != m.serves
		m.anchor, m.serves = e.Terms.Anchor, e.Terms.Service
		if found && m.phase == credPlanned {
			return m.list(""), true // what is current depends on the anchor
		}
		m.again = m.again || found && m.phase == credListing
		return nil, changed
	case flows.SecTagChosen:
		ok := m.canPlan() && !e.SecTag.Reserved()
		if ok {
			m.tag, m.tagged, m.hand, m.aim = e.SecTag, true, job{}, flows.ForProfile
			return m.list(""), true
		}
	case flows.PlanWanted:
		if m.canPlan() && Allowed(e.Hand) && (e.Aim == flows.ForProfile || m.serves && e.Aim <= flows.ForRetirement && e.Hand == (flows.Hand{})) {
			m.hand, m.aim = job{e.Hand.Op, e.Hand.Slot}, e.Aim
			return m.list(e.Hand.File), true
		}
	case flows.Accepted:
		if m.phase == credPlanned && m.Block() == NotBlocked && !m.Asks() {
			return m.start(), true
		}
	case flows.Confirmed:
		if m.phase == credPlanned && m.Block() == NotBlocked && m.named(e) {
			m.sure = true // in service this is how a unit is confirmed
			return m.start(), true
		}
	case flows.Cancel:
		return m.cancel()
	case flows.Retry:
		if m.phase == credFailed {
			m.reset()
			m.known = false
			m.phase = credReturning
			return []flows.Effect{flows.Identify{ID: m.Ask(flows.CredentialsScreen)}}, true
		}
	}
	return nil, false
}

// canPlan tells whether a new plan may be asked for: at rest, with a unit on an open line.
func (m Credentials) canPlan() bool { return m.Rest() && m.alive && m.known && m.who.IMEI != 0 }

// Allowed refuses work by hand on what is the modem's own.
func Allowed(h flows.Hand) bool {
	return h.Op == flows.Keep || h.Op <= flows.DeleteSlot && !h.Slot.SecTag.Reserved() && h.Slot.Kind.Writable()
}

func (m Credentials) named(e flows.Confirmed) bool {
	if e.IMEI != 0 {
		return e.IMEI == m.who.IMEI
	}
	return uint64(e.Last4) == uint64(m.who.IMEI)%10_000
}

// reset forgets the plan and how far it got.
func (m *Credentials) reset() {
	m.plan, m.want, m.slots = flows.Plan{}, [flows.MaxSlots]cred.Digest{}, [flows.MaxSlots]flows.SlotStage{}
	m.revokes, m.cause, m.at, m.begun, m.off, m.claim, m.stop, m.again = false, NoCause, 0, false, false, false, false, false
}

// list asks for the slots and a plan; a file that is not named is the one that was named last.
func (m *Credentials) list(file string) []flows.Effect {
	m.reset()
	m.phase = credListing
	hand := flows.Hand{Op: m.hand.op, Slot: m.hand.slot, File: file}
	return []flows.Effect{flows.MakePlan{ID: m.Ask(flows.CredentialsScreen), SecTag: m.tag, Chosen: m.tagged, Hand: hand, Aim: m.aim}}
}

// cancel lets the effect in flight end and puts back what was changed.
func (m *Credentials) cancel() ([]flows.Effect, bool) {
	switch {
	case m.Wait != 0:
		ok := !m.stop
		m.stop = true
		return nil, ok
	case m.phase == credOpen || m.phase == credPlanned:
		m.reset()
		return m.wind(), true
	}
	return nil, false
}

// settle goes on by itself where nothing has to be changed.
func (m *Credentials) settle() []flows.Effect {
	if m.phase == credPlanned && m.sure && !m.serves && !m.stop && m.plan.AllKept() {
		return m.start()
	}
	return nil
}

// start begins the accepted plan.
func (m *Credentials) start() []flows.Effect {
	m.begun, m.stop = true, false
	if m.plan.AllKept() && m.aim != flows.ForRetirement { // which does something even to a unit that is empty
		return m.wind()
	}
	m.phase = credPreparing
	return []flows.Effect{flows.Prepare{ID: m.Ask(flows.CredentialsScreen)}}
}

// Stage is the machine from far.
func (m Credentials) Stage() flows.Stage {
	switch m.phase {
	case credNone:
		return flows.Idle
	case credDone:
		return flows.Done
	case credFailed:
		return flows.Failing
	}
	return flows.Running
}
