package flows

import (
	"slices"

	"example.org/sectag/cred"
)

// Found is what was found out about a slot in the middle of an effect.
type Found uint8

// The finds. Only a bad line makes them.
const (
	_            Found = iota
	FoundDamaged       // the planned slot lists something else than was sent; it is deleted and written again
	FoundStray         // another slot, which was empty, has got what was meant for the planned one; it is deleted again
	FoundErased        // that is done, and the list shows it
	FoundLost          // another slot held something and lists something else now, or nothing; or a stray stays. It is left alone
)

// Noticed is told in the middle of a device effect, which goes on once this is on the disk: what was found in the unit, before anything is
// done about it. It decides nothing, and is the one event beside Interrupted that the machines ignore and the facts hear.
type Noticed struct {
	Slot  cred.Slot   `json:"slot"`
	Found Found       `json:"found"`
	Was   cred.Digest `json:"was"`
	Now   cred.Digest `json:"now"`
	Text  string      `json:"text"`
	Hint  string      `json:"hint"`
}

func (Noticed) event() {}

// With are the facts after something was found. What a slot that was to hold something else lists is known to be ours, whether it is
// still there or not. Of a slot that was not meant only the newest find counts.
func (f Facts) With(n Noticed) Facts {
	f.Plan, f.Strays = slices.Clone(f.Plan), slices.Clone(f.Strays)
	at := slices.IndexFunc(f.Plan, func(p PlanFacts) bool { return p.Slot == n.Slot })
	switch {
	case n.Found == FoundDamaged:
		if at >= 0 && n.Now != f.Plan[at].Old {
			f.Plan[at].Damaged = n.Now
		}
		return f
	case at >= 0 && n.Found == FoundErased:
		f.Plan[at].Spoiled, f.Plan[at].Now = false, cred.Digest{}
	case at >= 0:
		f.Plan[at].Spoiled, f.Plan[at].Now = true, n.Now
	}
	f.Strays = slices.DeleteFunc(f.Strays, func(o Noticed) bool { return o.Slot == n.Slot })
	f.Strays = append(f.Strays, n)
	return f
}
