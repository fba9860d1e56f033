package past

import (
	"context"
	"slices"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/ledger"
)

// tries bounds how often a unit is asked for what nobody knows beforehand.
const tries = 3

// Who reads who is there and what these tags hold, and what the ledger knows of it. What is not in the ledger, names or slots, is heard
// twice before it is believed: a flipped bit makes another unit of one that we know, and somebody else's credential of one that is ours.
func Who(ctx context.Context, m *device.Modem, l *ledger.Reader, tags ...cred.SecTag) (unit device.Identity, items []device.Item, before Past, err error) {
	for range tries {
		if unit, items, err = m.Survey(ctx, tags...); err != nil {
			return unit, items, before, err
		}
		if before, err = Of(ctx, l, Seen(unit, items)); err != nil {
			return unit, items, before, err
		}
		sure := before.Sure
		if !sure {
			sure, err = m.Sure(ctx, unit, items)
		}
		if sure && err == nil {
			sure, err = before.still(ctx, m, items, tags)
		}
		if sure || err != nil {
			return unit, items, before, err
		}
	}
	return unit, items, before, cred.Failed("line.garbled", "the unit told another name or other slots each time that it was asked", "try another cable or USB port")
}

// Look reads what these tags of a known unit hold, as Who does.
func Look(ctx context.Context, m *device.Modem, l *ledger.Reader, unit device.Identity, tags ...cred.SecTag) (items []device.Item, before Past, err error) {
	for range tries {
		if items, err = m.ListTags(ctx, tags...); err != nil {
			return items, before, err
		}
		if before, err = Of(ctx, l, Seen(unit, items)); err != nil {
			return items, before, err
		}
		if sure, err := before.still(ctx, m, items, tags); sure || err != nil {
			return items, before, err
		}
	}
	return items, before, cred.Failed("line.garbled", "the unit told other slots each time that it was asked", "try another cable or USB port")
}

// still asks for the list once more if there is something in it that we did not put there, and tells whether it is the same.
func (p Past) still(ctx context.Context, m *device.Modem, items []device.Item, tags []cred.SecTag) (bool, error) {
	if p.knows(items) {
		return true, nil
	}
	again, err := m.ListTags(ctx, tags...)
	return slices.Equal(again, items), err
}

// knows tells whether all that a modem lists, but for its own items, is what we put there: then none of it was misheard.
func (p Past) knows(items []device.Item) bool {
	for _, i := range items {
		if !i.Reserved() && !slices.Contains(p.ours[i.Slot], i.SHA256) {
			return false
		}
	}
	return true
}
