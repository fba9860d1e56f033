package flows

import "example.org/sectag/cred"

// Holds says what the slot holds after the work on the unit broke off, in the contract's words: "old", "new", "missing", or
// "unknown" where only reading it again can tell.
func (p PlanFacts) Holds() string {
	if p.Spoiled {
		if p.Now.IsZero() {
			return "missing"
		}
		return "unknown"
	}
	switch p.Stage {
	case SlotPlanned:
		if p.Old.IsZero() {
			return "missing"
		}
		return "old"
	case SlotDeleted, SlotGone:
		return "missing"
	case SlotMatches:
		return "new"
	case SlotDiffers:
		switch {
		case p.Now.IsZero():
			return "missing"
		case p.Now == p.New:
			return "new"
		case p.Now == p.Old:
			return "old"
		}
	}
	return "unknown"
}

// Action says what was done to the slot, in the contract's words; for a plan that nobody carried out, what would be.
func (p PlanFacts) Action() string {
	switch {
	case p.Op == WriteSlot || p.Op == MakeSlot:
		return "written"
	case p.Op == DeleteSlot:
		return "deleted"
	case p.Old.IsZero():
		return "absent"
	}
	return "kept"
}

// Done tells whether the slot is as the plan wants it: it was right before, or the modem lists what was sent, or nothing where it
// was to be deleted.
func (p PlanFacts) Done() bool {
	return !p.Spoiled && (p.Op == Keep || p.Stage == SlotMatches || p.Stage == SlotGone)
}

// Listed is what the slot lists after the work on the unit broke off, zero where that is not known: only what was read is told.
func (p PlanFacts) Listed() cred.Digest {
	if p.Holds() != "unknown" || p.Stage == SlotDiffers || p.Spoiled {
		return p.Now
	}
	return p.Damaged
}

// KeyAlone tells whether the slot holds a key that the modem made and that no certificate is for.
func (p PlanFacts) KeyAlone(plan []PlanFacts) bool {
	if p.Op != MakeSlot || p.Stage != SlotMatches || p.Spoiled {
		return false
	}
	for _, o := range plan {
		if o.Slot.SecTag == p.Slot.SecTag && o.Slot.Kind == cred.ClientCert {
			return o.Stage != SlotMatches
		}
	}
	return true
}

// Begun tells whether the work on any slot of a plan has begun.
func Begun(plan []PlanFacts) bool {
	for _, p := range plan {
		if p.Stage != SlotPlanned {
			return true
		}
	}
	return false
}
