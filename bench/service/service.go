// Package service is what a bench in service does beside what every bench does: it plans the retirement of a unit, and puts an end to the
// certificates that a retired or renewed unit had.
package service

import (
	"context"
	"slices"
	"strings"

	"example.org/sectag/bench/office"
	"example.org/sectag/bench/past"
	"example.org/sectag/ca"
	"example.org/sectag/ca/revoke"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/flows"
	"example.org/sectag/flows/tale"
)

// Retirement plans that everything goes which our records put into a unit, and what would let it log in under the profile's tags, whoever
// put it there. What is empty of the identity that the unit had last is shown as such. The modem's own is left alone. Faults:
// store.too-many, because a unit that was retired in part would be said to be retired.
func Retirement(before past.Past, items []device.Item, tags []cred.SecTag) (flows.Plan, error) {
	var plan flows.Plan
	for _, i := range items {
		if i.Reserved() || !i.Slot.Kind.Writable() {
			continue
		}
		line := flows.SlotPlan{Slot: i.Slot, Op: flows.DeleteSlot, Has: flows.Foreign}
		switch {
		case before.Ours(i.Slot, i.SHA256):
			line.Has = flows.Ours
		case !slices.Contains(tags, i.Slot.SecTag) || !identifies(i.Slot.Kind):
			continue
		}
		if plan.N == flows.MaxSlots {
			return flows.Plan{}, cred.Failed("store.too-many", "more slots are to be deleted than one plan takes", "delete some with sectag slots delete first, then retire the unit")
		}
		plan.Slots[plan.N] = line
		plan.N++
	}
	if before.Pass == nil {
		return plan, nil
	}
	for _, s := range before.Pass.Slots {
		at := cred.Slot{SecTag: s.SecTag, Kind: s.Type}
		if plan.N < flows.MaxSlots && past.Listed(items, at).IsZero() && s.Type.Writable() {
			plan.Slots[plan.N] = flows.SlotPlan{Slot: at}
			plan.N++
		}
	}
	return plan, nil
}

// Excuse lets a unit be looked at though no plan of the profile comes about: why is told beside what is in it, and nothing is planned.
// What the line or the ledger failed to tell is no such reason.
func Excuse(e flows.MakePlan, plan flows.Plan, err error) (left flows.Plan, why string, fatal error) {
	if err == nil || e.Aim != flows.ForProfile || e.Hand.Op != flows.Keep {
		return plan, "", err
	}
	f := cred.AsFault(err)
	switch family, _, _ := strings.Cut(f.Code, "."); family {
	case "config", "keygen", "ca", "chain", "store":
		return flows.Plan{}, f.Text + " (" + f.Code + ")", nil
	}
	return plan, "", err
}

// identifies tells whether a slot of this kind is a part of what a unit logs in with.
func identifies(k cred.Kind) bool { return k != cred.RootCA }

// Work is what a bench in service has in hand: one plan, from its making until its record and the revocations are written.
type Work struct {
	Aim    flows.Aim
	Past   *tale.Tale // as it was shown with the plan; nil where the bench is not in service
	Record string     // that was written of it; its revocations may still be missing
}

// End records in the ledger that the certificates are believed no more which the unit had before it was retired, or before it was given a
// new one. A run that dies before leaves certificates that are believed still, which the next look at the unit shows. Nothing is signed: the
// authority's next list says it. What was revoked before stays as it was. Faults: ca.locked, those of the clock and of the ledger.
func (w Work) End(ctx context.Context, o office.Office, by *ca.Authority, u office.Holder) ([]tale.Certificate, error) {
	if w.Aim == flows.ForProfile {
		return nil, nil
	}
	given := w.Past.Revocable()
	if len(given) == 0 {
		return nil, nil
	}
	if by == nil {
		return nil, cred.Failed("ca.locked", "the authority was locked again before the unit's certificates were revoked", "open it and retry: the record is written, the revocations are not")
	}
	reason := revoke.Reason("cessationOfOperation")
	if w.Aim == flows.ForRenewal {
		reason = "superseded"
	}
	var serials []string
	for _, c := range given {
		serials = append(serials, c.Serial)
	}
	done, err := o.End(ctx, by, u, serials, reason)
	if err != nil {
		return nil, err
	}
	for i, d := range done {
		given[i].Revoked, given[i].Record = d.Reason, d.Record
	}
	return given, nil
}
