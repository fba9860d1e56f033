package desk

import (
	"context"

	"example.org/sectag/bench/inventory"
	"example.org/sectag/bench/secrecy"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/flows"
)

// declares tells whether a profile says what the unit may hold, and all of that was listed. Callers hold the lock.
func (d *Desk) declares(plan []flows.PlanFacts) bool {
	return len(plan) > 0 && d.looked && d.whole && d.hand.Op == flows.Keep && !d.Profile.SHA256.IsZero()
}

// undeclared is what the unit holds beside that. Callers hold the lock.
func (d *Desk) undeclared(plan []flows.PlanFacts) []cred.Finding {
	if !d.declares(plan) {
		return nil
	}
	return inventory.Undeclared(d.items, plan, d.Profile.Also)
}

// guarded has the modem asked for the secret in a slot that was written for the profile, where the rule wants that of this unit, and
// tells whether it was: the line can make a deletion of a read, so that the slot is to be proved again.
func (d *Desk) guarded(ctx context.Context, m *device.Modem, s cred.Slot) (asked bool, err error) {
	d.mu.Lock()
	u := secrecy.Unit{Rule: d.Profile.Readback, Firmware: d.unit.Firmware, Profile: d.Profile.SHA256}
	items, byHand := d.items, d.hand.Op != flows.Keep
	d.mu.Unlock()
	if byHand || d.Ledger == nil {
		return false, nil
	}
	due, err := d.watch.Due(ctx, d.Ledger.Reader, u, s)
	if !due || err != nil {
		return false, err
	}
	return true, d.watch.Ask(ctx, m, secrecy.Question(s, items, d.facts().Plan))
}
