// Package compare makes the plan for a unit: what the modem lists, held against what the profile asks for. It is pure.
package compare

import (
	"slices"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
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

// Plan makes the plan: only what differs is written. A private key cannot be got back, whoever made it, so key and
// certificate stand or fall together. A key that the modem makes comes before its certificate, which is signed for it.
func Plan(list []Listed, want []Wanted) flows.Plan {
	var p flows.Plan
	makes := [flows.MaxSlots]bool{}
	for _, w := range keyFirst(want) {
		if int(p.N) == flows.MaxSlots {
			break
		}
		s := flows.SlotPlan{Slot: w.Slot, Has: holding(find(list, w.Slot), w)}
		if s.Has != flows.Current {
			s.Op = writing(w.Make)
		}
		p.Slots[p.N], makes[p.N] = s, w.Make
		p.N++
	}
	renewTogether(&p, makes)
	for i := range p.Slots[:p.N] {
		if s := &p.Slots[i]; s.Op == flows.MakeSlot {
			s.Old = find(list, s.Slot)
		}
	}
	return p
}

// writing is how a slot gets something new.
func writing(inModem bool) flows.Op {
	if inModem {
		return flows.MakeSlot
	}
	return flows.WriteSlot
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

func holding(listed cred.Digest, w Wanted) flows.Holding {
	switch {
	case listed.IsZero():
		return flows.Empty
	case listed == w.Current:
		return flows.Current
	case listed == w.Ours:
		return flows.Ours
	}
	return flows.Foreign
}

// renewTogether makes the whole identity new when a part of it is: the certificate and key of every tag, and a PSK with its
// identity. What stood there was ours, since it was current.
func renewTogether(p *flows.Plan, makes [flows.MaxSlots]bool) {
	for i := range p.Slots[:p.N] {
		if p.Slots[i].Op == flows.Keep {
			continue
		}
		for j := range p.Slots[:p.N] {
			if l := &p.Slots[j]; l.Op == flows.Keep && together(p.Slots[i].Slot, l.Slot) {
				l.Has, l.Op = flows.Ours, writing(makes[j])
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
