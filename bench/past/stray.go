package past

import (
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/flows"
	"example.org/sectag/ledger/record"
)

// parcel is a content that a record says was sent to a slot of the unit, or stood there rightly.
type parcel struct {
	at     cred.Slot
	sum    cred.Digest
	proved bool // it was found there: this sending of it went nowhere else
}

// sent notes what a record sent to a slot, and what it found right there. What the line brought into a slot was not sent to it (Bytes).
func (p *Past) sent(at cred.Slot, s record.Slot) {
	right := s.Action == "written" || s.Action == "kept"
	if right && !s.SHA256.IsZero() {
		p.parcels = append(p.parcels, parcel{at, s.SHA256, true})
	}
	if s.Bytes > 0 && !s.Sent.IsZero() && (!right || s.Repeats > 0) {
		p.parcels = append(p.parcels, parcel{at, s.Sent, false})
	}
}

// alone are the types whose content one unit has and in one slot: a root may stand under several tags, and a PSK's identity, too.
var alone = map[cred.Kind]bool{cred.ClientCert: true, cred.ClientKey: true, cred.PSK: true}

// stray tells whether what a slot lists is ours and was meant for another slot, and for which. Its digest proves it: it was sent there,
// nobody found it there at once, and it was never sent here nor found right here. What may stand under several tags is only proved by
// another type. Where the history is longer than is looked at, nobody knows what was never sent here.
func (p Past) stray(at cred.Slot, listed cred.Digest) (meant cred.Slot, is bool) {
	if p.more || listed.IsZero() || at.SecTag.Reserved() || !at.Kind.Writable() {
		return meant, false
	}
	for _, s := range p.parcels {
		switch {
		case s.sum != listed:
		case s.at == at:
			return meant, false
		case !s.proved && !is && (alone[s.at.Kind] || s.at.Kind != at.Kind):
			meant, is = s.at, true
		}
	}
	return meant, is
}

// Sweep adds to a plan the deletion of what a run before let go astray, behind all that is planned and as far as there is room. A plan of
// nothing is an open question, and stays one.
func (p Past) Sweep(plan flows.Plan, items []device.Item) flows.Plan {
	if plan.N == 0 {
		return plan
	}
	for _, i := range items {
		if _, is := p.stray(i.Slot, i.SHA256); is {
			plan = plan.Sweep(i.Slot)
		}
	}
	return plan
}

// line is a planned slot as it is shown. Why something is deleted that the plan did not name is said.
func (p Past) line(s flows.SlotPlan, listed cred.Digest) PlanLine {
	out := PlanLine{Slot: s.Slot, Old: listed}
	if meant, is := p.stray(s.Slot, listed); is && s.Op == flows.DeleteSlot {
		out.Stray, out.Reason = true, "it went astray: it was meant for "+meant.String()
	}
	return out
}
