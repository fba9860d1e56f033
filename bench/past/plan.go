package past

import (
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/shelf"
	"example.org/sectag/flows"
	"example.org/sectag/flows/tale"
)

// Plan is the document of a plan: everything the modem lists, and for each planned slot what stands there.
type Plan struct {
	Slots []flows.SlotFacts `json:"slots"`
	Plan  []PlanLine        `json:"plan"`
	Past  *tale.Tale        `json:"past,omitempty"` // in service
}

// PlanLine is a planned slot and the digest that is listed for it, zero where it is empty.
type PlanLine struct {
	Slot   cred.Slot   `json:"slot"`
	Old    cred.Digest `json:"old"`
	Stray  bool        `json:"stray,omitempty"` // a run before let it go astray
	Reason string      `json:"reason,omitempty"`
}

// Describe writes down what a plan was made of.
func (p Past) Describe(plan flows.Plan, items []device.Item) Plan {
	out := Plan{Slots: p.Slots(items), Plan: []PlanLine{}}
	for _, s := range plan.Slots[:plan.N] {
		out.Plan = append(out.Plan, p.line(s, Listed(items, s.Slot)))
	}
	return out
}

// Listed is the digest that the modem lists for a slot; zero where it is empty.
func Listed(items []device.Item, s cred.Slot) cred.Digest {
	for _, i := range items {
		if i.Slot == s {
			return i.SHA256
		}
	}
	return cred.Digest{}
}

// Lines is the modem's list in the words of flows.
func Lines(items []device.Item) []flows.Listed {
	var out []flows.Listed
	for _, i := range items {
		out = append(out, flows.Listed{Slot: i.Slot, SHA256: i.SHA256})
	}
	return out
}

// Noticed is what the device found in the middle of a command, in the words of flows.
func Noticed(n device.Notice) flows.Noticed {
	found := map[shelf.What]flows.Found{
		shelf.Damaged: flows.FoundDamaged, shelf.Stray: flows.FoundStray, shelf.Erased: flows.FoundErased, shelf.Lost: flows.FoundLost,
	}
	return flows.Noticed{Slot: n.Slot, Found: found[n.What], Was: n.Was, Now: n.Now, Text: n.Text(), Hint: n.Hint()}
}

// Hand is the plan for one slot that is worked on by hand and lists this now.
func (p Past) Hand(hand flows.Hand, now cred.Digest) flows.SlotPlan {
	line := flows.SlotPlan{Slot: hand.Slot, Op: hand.Op, Has: flows.Foreign}
	switch {
	case now.IsZero():
		line.Has = flows.Empty
	case p.Ours(hand.Slot, now):
		line.Has = flows.Ours
	}
	if hand.Op == flows.DeleteSlot && now.IsZero() {
		line.Op = flows.Keep
	}
	return line
}
