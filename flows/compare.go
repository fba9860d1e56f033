package flows

import "example.org/sectag/cred"

// Listed is one line of the modem's list.
type Listed struct {
	Slot   cred.Slot
	SHA256 cred.Digest
}

// Wanted is one slot that the profile asks for. A digest is zero where there is none.
type Wanted struct {
	Slot    cred.Slot
	Current cred.Digest // that makes it current: what the newest passing record names, if that record agrees with the profile
	Ours    cred.Digest // what the newest record of this unit put there
}

// Compare makes the plan: only what differs is written. A private key that a host made is gone once it is written, so key and
// certificate stand or fall together.
func Compare(list []Listed, want []Wanted) Plan {
	var p Plan
	for _, w := range want {
		if int(p.N) == MaxSlots {
			break
		}
		has := holding(find(list, w.Slot), w)
		op := WriteSlot
		if has == Current {
			op = Keep
		}
		p.Slots[p.N] = SlotPlan{Slot: w.Slot, Has: has, Op: op}
		p.N++
	}
	p.renewTogether()
	return p
}

func find(list []Listed, s cred.Slot) cred.Digest {
	for _, l := range list {
		if l.Slot == s {
			return l.SHA256
		}
	}
	return cred.Digest{}
}

func holding(listed cred.Digest, w Wanted) Holding {
	switch {
	case listed.IsZero():
		return Empty
	case listed == w.Current:
		return Current
	case listed == w.Ours:
		return Ours
	}
	return Foreign
}

// renewTogether makes the whole identity new when a part of it is: the certificate and key of every tag, and a PSK with its
// identity. What stood there was ours, since it was current.
func (p *Plan) renewTogether() {
	for i := range p.Slots[:p.N] {
		if p.Slots[i].Op != WriteSlot {
			continue
		}
		for j := range p.Slots[:p.N] {
			if l := &p.Slots[j]; l.Op == Keep && together(p.Slots[i].Slot, l.Slot) {
				l.Has, l.Op = Ours, WriteSlot
			}
		}
	}
}

// together tells whether two slots hold parts of one identity. A unit has one key pair, whichever tags it stands under.
func together(a, b cred.Slot) bool {
	pair := func(s cred.Slot) bool { return s.Kind == cred.ClientCert || s.Kind == cred.ClientKey }
	psk := func(s cred.Slot) bool { return s.Kind == cred.PSK || s.Kind == cred.PSKID }
	return pair(a) && pair(b) || psk(a) && psk(b) && a.SecTag == b.SecTag
}

// Changes tells whether a line of the plan does anything: an empty slot need not be deleted.
func (s SlotPlan) Changes() bool { return s.Op == WriteSlot || s.Op == DeleteSlot && s.Has != Empty }

// AllKept tells whether the plan changes nothing.
func (p Plan) AllKept() bool {
	for _, s := range p.Slots[:p.N] {
		if s.Changes() {
			return false
		}
	}
	return true
}

// Destroys tells whether the plan would lose something that is not ours, so that the unit must be named first.
func (p Plan) Destroys() bool {
	for _, s := range p.Slots[:p.N] {
		if s.Op != Keep && s.Has == Foreign {
			return true
		}
	}
	return false
}
