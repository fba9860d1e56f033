package flows

import (
	"slices"

	"example.org/sectag/cred"
)

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
	Make    bool        // the modem shall make this private key itself
}

// Compare makes the plan: only what differs is written. A private key cannot be got back, whoever made it, so key and
// certificate stand or fall together. A key that the modem makes comes before its certificate, which is signed for it.
func Compare(list []Listed, want []Wanted) Plan {
	var p Plan
	makes := [MaxSlots]bool{}
	for _, w := range keyFirst(want) {
		if int(p.N) == MaxSlots {
			break
		}
		s := SlotPlan{Slot: w.Slot, Has: holding(find(list, w.Slot), w)}
		if s.Has != Current {
			s.Op = writing(w.Make)
		}
		p.Slots[p.N], makes[p.N] = s, w.Make
		p.N++
	}
	p.renewTogether(makes)
	for i := range p.Slots[:p.N] {
		if s := &p.Slots[i]; s.Op == MakeSlot {
			s.Old = find(list, s.Slot)
		}
	}
	return p
}

// writing is how a slot gets something new.
func writing(inModem bool) Op {
	if inModem {
		return MakeSlot
	}
	return WriteSlot
}

// keyFirst puts each key that the modem makes before the certificate of its tag.
func keyFirst(want []Wanted) []Wanted {
	out := slices.Clone(want)
	for i, w := range out {
		if !w.Make {
			continue
		}
		cert := slices.IndexFunc(out[:i], func(o Wanted) bool { return o.Slot == cred.Slot{SecTag: w.Slot.SecTag, Kind: cred.ClientCert} })
		if cert >= 0 {
			copy(out[cert+1:i+1], out[cert:i])
			out[cert] = w
		}
	}
	return out
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
func (p *Plan) renewTogether(makes [MaxSlots]bool) {
	for i := range p.Slots[:p.N] {
		if p.Slots[i].Op == Keep {
			continue
		}
		for j := range p.Slots[:p.N] {
			if l := &p.Slots[j]; l.Op == Keep && together(p.Slots[i].Slot, l.Slot) {
				l.Has, l.Op = Ours, writing(makes[j])
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
