package machine

import (
	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

// answered takes an effect's answer.
func (m *Credentials) answered(e flows.Event) ([]flows.Effect, bool) {
	switch e := e.(type) {
	case flows.Planned:
		return m.on(credListing, e.ID, func() []flows.Effect { return m.planned(e) })
	case flows.Prepared:
		return m.on(credPreparing, e.ID, func() []flows.Effect { return m.prepared(e.Want) })
	case flows.Identified:
		if m.phase == credReturning {
			return m.on(credReturning, e.ID, func() []flows.Effect { return m.returned(e) })
		}
		return m.on(credIdentifying, e.ID, func() []flows.Effect { return m.identified(e) })
	case flows.Offline:
		return m.on(credOffline, e.ID, func() []flows.Effect { return m.offline(e.Was) })
	case flows.Deleted:
		return m.on(credDeleting, e.ID, m.deleted)
	case flows.Written:
		return m.on(credWriting, e.ID, func() []flows.Effect {
			m.slots[m.at] = flows.SlotWritten
			return m.read()
		})
	case flows.KeyMade:
		return m.on(credMaking, e.ID, func() []flows.Effect {
			m.slots[m.at] = flows.SlotMade
			return m.read()
		})
	case flows.KeyByHost:
		return m.on(credMaking, e.ID, func() []flows.Effect { return m.byHost(e.Want) })
	case flows.Certified:
		return m.on(credCertifying, e.ID, func() []flows.Effect { return m.certified(e.Want) })
	case flows.ReadBack:
		return m.on(credReading, e.ID, func() []flows.Effect { return m.readBack(e.SHA256) })
	case flows.Restored:
		return m.on(credRestoring, e.ID, func() []flows.Effect {
			m.owed = 0
			return m.wind()
		})
	case flows.Failed:
		return m.on(m.phase, e.ID, m.refused)
	case flows.Lost:
		return m.on(m.phase, e.ID, m.lost)
	}
	return nil, false
}

// on goes on with an answer that was waited for in this phase.
func (m *Credentials) on(p credPhase, id flows.ID, then func() []flows.Effect) ([]flows.Effect, bool) {
	if m.phase != p || !m.Took(id) {
		return nil, false
	}
	return then(), true
}

func (m *Credentials) planned(e flows.Planned) []flows.Effect {
	p := e.Plan
	if p.N > flows.MaxSlots {
		m.cause = Unready
		return m.wind()
	}
	if m.again && !m.stop {
		return m.list("")
	}
	m.plan, m.revokes, m.phase = p, e.Revokes, credPlanned
	if p.N == 0 {
		m.phase = credOpen
	}
	return m.settle()
}

// prepared holds the new set against the plan: a slot that is written must have something to be compared with. Only the certificate
// for a key that is still to be made comes later.
func (m *Credentials) prepared(want [flows.MaxSlots]cred.Digest) []flows.Effect {
	m.want = want
	makes := false
	for i, s := range m.plan.Slots[:m.plan.N] {
		makes = makes || s.Op == flows.MakeSlot
		later := makes && s.Slot.Kind == cred.ClientCert
		if s.Op == flows.WriteSlot && want[i].IsZero() && !later {
			m.fail(Unready)
		}
	}
	if m.stop || m.cause != NoCause {
		return m.onward()
	}
	return m.identify()
}

// byHost goes on without a key of the modem's: its slot is empty still, and is written instead.
func (m *Credentials) byHost(want [flows.MaxSlots]cred.Digest) []flows.Effect {
	m.plan, m.want, m.slots[m.at] = m.plan.ByHost(), want, flows.SlotDeleted
	for i, s := range m.plan.Slots[:m.plan.N] {
		if s.Op == flows.WriteSlot && want[i].IsZero() {
			m.fail(Unready)
		}
	}
	return m.onward()
}

func (m *Credentials) identify() []flows.Effect {
	m.phase = credIdentifying
	return []flows.Effect{flows.Identify{ID: m.Ask(flows.CredentialsScreen)}}
}

// identified goes on only if the unit is the one and the port was not opened again behind our back.
func (m *Credentials) identified(e flows.Identified) []flows.Effect {
	w := who(e)
	switch {
	case !w.same(m.who):
		m.doubtAll()
		m.known, m.cause = false, Swapped
	case w.Session != m.who.Session:
		m.doubtAll()
		m.who.Session = w.Session // it is our unit, and may be put back as it was
		m.fail(Broken)
	default:
		m.claim = false
	}
	if m.off || m.stop || m.cause != NoCause || m.plan.AllKept() {
		return m.onward()
	}
	if m.owed == 0 && flows.Active(e.Mode) {
		m.owed = e.Mode // even if the answer is lost, this is what must be put back
	}
	m.phase = credOffline
	return []flows.Effect{flows.TakeOffline{ID: m.Ask(flows.CredentialsScreen)}}
}

// returned plans anew when the unit that was worked on answers again, on whatever opening of the port.
func (m *Credentials) returned(e flows.Identified) []flows.Effect {
	w := who(e)
	if !w.same(m.who) {
		m.alive, m.cause = true, Swapped
		return m.wind()
	}
	m.who, m.alive, m.known = w, true, true
	if m.stop {
		m.reset()
		return m.wind()
	}
	return m.list("")
}

func (m *Credentials) offline(was uint8) []flows.Effect {
	m.off = true
	if m.owed == 0 && flows.Active(was) {
		m.owed = was
	}
	return m.onward()
}

// deleted reads a slot back that shall be empty, and writes one that shall hold something.
func (m *Credentials) deleted() []flows.Effect {
	m.slots[m.at] = flows.SlotDeleted
	if m.plan.Slots[m.at].Op == flows.DeleteSlot {
		return m.read()
	}
	return m.onward()
}

func (m *Credentials) read() []flows.Effect {
	m.phase = credReading
	return []flows.Effect{flows.ReadSlot{ID: m.Ask(flows.CredentialsScreen), Index: m.at}}
}

// certified goes on with the certificate's slot, once there is something to be compared with what it will list.
func (m *Credentials) certified(want cred.Digest) []flows.Effect {
	m.want[m.at] = want
	if want.IsZero() {
		m.fail(Unready)
	}
	return m.onward()
}

// readBack compares what the modem lists with what was sent, and asks whose answer that was. Of a key that it made it must list
// something, and something else than before.
func (m *Credentials) readBack(got cred.Digest) []flows.Effect {
	m.claim = true
	stage := flows.SlotDiffers
	switch m.plan.Slots[m.at].Op {
	case flows.WriteSlot:
		if got == m.want[m.at] {
			stage = flows.SlotMatches
		}
	case flows.DeleteSlot:
		if got.IsZero() {
			stage = flows.SlotGone
		}
	case flows.MakeSlot:
		if !got.IsZero() && got != m.plan.Slots[m.at].Old {
			stage, m.want[m.at] = flows.SlotMatches, got
		}
	}
	m.slots[m.at] = stage
	if stage == flows.SlotDiffers {
		m.fail(Mismatch)
	}
	return m.identify()
}

// onward asks for the next deed; when there is none, or none may be done any more, it winds up.
func (m *Credentials) onward() []flows.Effect {
	if m.stop {
		m.fail(Stopped)
	}
	i, more := m.next()
	if m.cause != NoCause || !more {
		return m.wind()
	}
	m.at = i
	s := m.plan.Slots[i]
	switch {
	case s.Op == flows.WriteSlot && m.want[i].IsZero():
		m.phase = credCertifying
		return []flows.Effect{flows.Certify{ID: m.Ask(flows.CredentialsScreen), Index: i}}
	case s.Has != flows.Empty && m.slots[i] == flows.SlotPlanned:
		m.phase, m.slots[i] = credDeleting, flows.SlotDeleting
		return []flows.Effect{flows.Delete{ID: m.Ask(flows.CredentialsScreen), Index: i}}
	case s.Op == flows.MakeSlot:
		m.phase, m.slots[i] = credMaking, flows.SlotMaking
		return []flows.Effect{flows.MakeKey{ID: m.Ask(flows.CredentialsScreen), Index: i}}
	}
	m.phase, m.slots[i] = credWriting, flows.SlotWriting
	return []flows.Effect{flows.Write{ID: m.Ask(flows.CredentialsScreen), Index: i}}
}

// next is the first slot with work left on it.
func (m Credentials) next() (uint8, bool) {
	for i, s := range m.plan.Slots[:m.plan.N] {
		left := m.slots[i] == flows.SlotPlanned || m.slots[i] == flows.SlotDeleted
		if left && s.Changes() {
			return uint8(i), true
		}
	}
	return 0, false
}

// wind comes to the end: what a slot holds is read where it is in doubt, the functional mode is put back, and that was it.
func (m *Credentials) wind() []flows.Effect {
	switch {
	case m.alive && m.known && m.unread():
		return m.read()
	case m.alive && m.known && m.owed != 0:
		m.phase = credRestoring
		return []flows.Effect{flows.RestoreMode{ID: m.Ask(flows.CredentialsScreen), Mode: m.owed}}
	case m.cause != NoCause:
		m.phase = credFailed
	case m.begun:
		m.phase = credDone
	default:
		m.phase = credNone
	}
	return nil
}

// unread tells whether a deed was done on the slot in work that was not read back.
func (m Credentials) unread() bool {
	switch m.slots[m.at] {
	case flows.SlotDeleting, flows.SlotDeleted, flows.SlotWriting, flows.SlotWritten, flows.SlotMaking, flows.SlotMade:
		return true
	}
	return false
}

// doubt owns up to not knowing what the slot in work holds.
func (m *Credentials) doubt() {
	if m.unread() || m.claim {
		m.slots[m.at] = flows.SlotUnknown
	}
	m.claim = false
}

// doubtAll is for another unit, or another opening, than expected: if nobody was asked since the listing, it may be another's too.
func (m *Credentials) doubtAll() {
	m.doubt()
	for i := range m.plan.Slots[:m.plan.N] {
		if !m.off {
			m.slots[i] = flows.SlotUnknown
		}
	}
}

// fail keeps the first cause.
func (m *Credentials) fail(c Cause) {
	if m.cause == NoCause {
		m.cause = c
	}
}

// refused goes on after an effect that failed on a living session: no more deeds.
func (m *Credentials) refused() []flows.Effect {
	m.fail(Refused)
	switch m.phase {
	case credIdentifying, credReturning:
		m.doubt()
		m.known = false
	case credReading:
		m.slots[m.at] = flows.SlotUnknown
		return m.identify()
	case credRestoring:
		m.known = false
	}
	return m.wind()
}

// lost ends the work: nothing may be asked of a unit whose line is gone, before it was identified again.
func (m *Credentials) lost() []flows.Effect {
	m.fail(Broken)
	m.doubt()
	m.alive, m.known = false, false
	return m.wind()
}
