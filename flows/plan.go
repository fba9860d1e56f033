package flows

import (
	"slices"

	"example.org/sectag/cred"
)

// Sweep is the plan with the deletion of something of ours in a slot that it does not work on, as far as there is room.
func (p Plan) Sweep(s cred.Slot) Plan {
	if p.N == MaxSlots || slices.ContainsFunc(p.Slots[:p.N], func(l SlotPlan) bool { return l.Slot == s }) {
		return p
	}
	p.Slots[p.N] = SlotPlan{Slot: s, Op: DeleteSlot, Has: Ours}
	p.N++
	return p
}

// Changes tells whether a line of the plan does anything: an empty slot need not be deleted.
func (s SlotPlan) Changes() bool {
	return s.Op == WriteSlot || s.Op == MakeSlot || s.Op == DeleteSlot && s.Has != Empty
}

// MakesKey tells whether the modem makes a key in this plan, so that the certificate is signed in the middle of the work.
func (p Plan) MakesKey() bool {
	for _, s := range p.Slots[:p.N] {
		if s.Op == MakeSlot {
			return true
		}
	}
	return false
}

// ByHost is the plan where this computer makes the keys that the modem was to make.
func (p Plan) ByHost() Plan {
	for i := range p.Slots[:p.N] {
		if s := &p.Slots[i]; s.Op == MakeSlot {
			s.Op, s.Old = WriteSlot, cred.Digest{}
		}
	}
	return p
}

// Writes tells whether a slot of this kind is written.
func (p Plan) Writes(k cred.Kind) bool {
	for _, s := range p.Slots[:p.N] {
		if s.Op == WriteSlot && s.Slot.Kind == k {
			return true
		}
	}
	return false
}

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
