package desk

import (
	"context"

	"example.org/sectag/bench/evidence/derived"
	"example.org/sectag/bench/identity"
	"example.org/sectag/bench/past"
	"example.org/sectag/bench/slotfile"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

// prepareHand reads what a person wants in one slot. An identity that is another unit's is refused here as everywhere, and so is a
// unit's certificate that is itself an authority.
func (d *Desk) prepareHand(ctx context.Context, set *identity.Set, hand flows.Hand) error {
	if hand.Op != flows.WriteSlot {
		return nil
	}
	content, err := slotfile.Read(hand.Slot.Kind, hand.File)
	if err != nil {
		return err
	}
	claims, err := set.Import(hand, content)
	if hand.Slot.Kind == cred.PSK && err == nil {
		d.weigh(set, content)
	}
	if err != nil || d.Ledger == nil || len(claims) == 0 {
		return err
	}
	d.mu.Lock()
	unit := past.Seen(d.unit, d.items)
	d.mu.Unlock()
	return d.Ledger.Check(ctx, unit, claims...)
}

// weigh looks whether a PSK is one that could be worked out from what stands on the unit.
func (d *Desk) weigh(set *identity.Set, psk []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	label := derived.Label{IMEI: d.unit.IMEI.String(), Name: d.Profile.ID.Name(d.unit.IMEI), Others: []string{d.unit.UUID}}
	d.roots.Doubts = append(d.roots.Doubts, set.Weigh(psk, label)...)
}
