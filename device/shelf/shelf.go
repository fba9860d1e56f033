package shelf

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"example.org/sectag/cred"
)

// What was found out about a slot in the middle of a command.
type What uint8

// The finds.
const (
	Damaged What = iota + 1 // the slot that was meant lists something else than was sent, and is deleted and written again
	Stray                   // a slot that was not meant, and empty, has got something: it is deleted again
	Erased                  // that is done, and the list shows it
	Lost                    // a slot that was not meant held something and lists something else now, or nothing; or a stray stays. It is left alone
)

// Notice is a find, with the digests that are listed; zero is an empty slot.
type Notice struct {
	Slot     cred.Slot
	Was, Now cred.Digest
	What     What
}

// Store is a modem whose store is looked after.
type Store interface {
	Still(ctx context.Context) error              // fails where another unit answers than the one whose store this was
	All(ctx context.Context) ([]Item, error)      // lists everything
	Erase(ctx context.Context, s cred.Slot) error // deletes what a slot holds
	Notice(ctx context.Context, n Notice) error   // tells a find; what is done about it waits until it is told
}

// Shelf is what a store is believed to hold: what it listed before the work, and what was done and read back since. The zero value
// knows nothing.
type Shelf struct{ held map[cred.Slot]cred.Digest }

// Listed takes the whole list.
func (s *Shelf) Listed(items []Item) {
	s.held = make(map[cred.Slot]cred.Digest, len(items))
	for _, i := range items {
		s.held[i.Slot] = i.SHA256
	}
}

// Known tells whether the whole store was ever listed.
func (s *Shelf) Known() bool { return s.held != nil }

// Put takes what a slot was read back to hold; a zero digest is nothing.
func (s *Shelf) Put(at cred.Slot, sum cred.Digest) {
	switch {
	case !s.Known():
	case sum.IsZero():
		delete(s.held, at)
	default:
		s.held[at] = sum
	}
}

// Check lists the whole store after a command on one slot that did not end as it should, and finds what changed in all others: what
// the line made of the command. A slot that was empty is emptied again, since nobody else is at the line and what stands there may be a
// private key. What held something before is left alone, whatever it lists now. That, and what could not be emptied, is store.stray.
func (s *Shelf) Check(ctx context.Context, st Store, meant cred.Slot) error {
	if !s.Known() {
		return nil
	}
	if err := st.Still(ctx); err != nil {
		return err
	}
	var lost, strays []Notice
	for {
		finds, err := s.look(ctx, st, meant, strays)
		if err == nil && len(finds) > 0 {
			err = st.Still(ctx) // what was listed is still ours, and what is deleted is
		}
		if err != nil {
			return err
		}
		strays = nil
		for _, n := range finds {
			if err := st.Notice(ctx, n); err != nil {
				return err
			}
			switch n.What {
			case Stray:
				strays = append(strays, n)
			case Lost:
				lost = append(lost, n)
				s.Put(n.Slot, n.Now) // it is told once
			}
		}
		for _, n := range strays {
			if err := st.Erase(ctx, n.Slot); err != nil {
				return err
			}
		}
		if len(strays) == 0 {
			return stray(lost)
		}
	}
}

// look lists the whole store and tells what changed. That must come twice, since the line that changed a command can change a list.
func (s *Shelf) look(ctx context.Context, st Store, meant cred.Slot, strays []Notice) (finds []Notice, err error) {
	const tries = 4
	for n := range tries {
		items, err := st.All(ctx)
		if err != nil {
			return nil, err
		}
		last := finds
		if finds = s.finds(items, meant, strays); len(finds) == 0 || n > 0 && slices.Equal(finds, last) {
			return finds, nil
		}
	}
	return nil, cred.Failed("line.garbled", "the list of what the unit holds is another each time", "try another cable or USB port")
}

// finds holds a list against what the store is believed to hold, but for one slot. strays were erased just now.
func (s *Shelf) finds(items []Item, meant cred.Slot, strays []Notice) (out []Notice) {
	var now Shelf
	now.Listed(items)
	for _, n := range strays {
		if now.held[n.Slot].IsZero() {
			n.What = Erased
			out = append(out, n)
		}
	}
	for _, at := range s.slots(now) {
		n := Notice{Slot: at, Was: s.held[at], Now: now.held[at], What: Lost}
		if at == meant || n.Was == n.Now {
			continue
		}
		again := slices.ContainsFunc(strays, func(o Notice) bool { return o.Slot == at })
		if n.Was.IsZero() && !again && at.Kind.Writable() && !at.SecTag.Reserved() {
			n.What = Stray
		}
		out = append(out, n)
	}
	return out
}

// slots are all that either of two stores holds, in order.
func (s *Shelf) slots(o Shelf) []cred.Slot {
	var out []cred.Slot
	for at := range s.held {
		out = append(out, at)
	}
	for at := range o.held {
		out = append(out, at)
	}
	slices.SortFunc(out, func(a, b cred.Slot) int { return cmp.Or(cmp.Compare(a.SecTag, b.SecTag), cmp.Compare(a.Kind, b.Kind)) })
	return slices.Compact(out)
}

// stray is the failure for what was lost.
func stray(lost []Notice) error {
	if len(lost) == 0 {
		return nil
	}
	text := lost[0].Text()
	if n := len(lost) - 1; n > 0 {
		text += fmt.Sprintf(", and %d more", n)
	}
	return cred.Failed("store.stray", text, lost[0].Hint())
}

// Text says a find in one line.
func (n Notice) Text() string {
	at := n.Slot.String()
	switch {
	case n.What == Damaged:
		return at + " listed " + n.Now.Short() + ", which is not what was sent"
	case n.What == Erased:
		return "what was meant for another slot came into " + at + ", which was empty, and was deleted there again"
	case n.What == Stray:
		return "what was meant for another slot came into " + at + ", which was empty, and nobody knows whether it was deleted there"
	case n.Now.IsZero():
		return at + " is empty, which nobody asked for: it held " + n.Was.Short()
	case n.Was.IsZero():
		return "what was meant for another slot came into " + at + ", which was empty, and stands there: " + n.Now.Short()
	}
	return at + " holds " + n.Now.Short() + ", which nobody asked for: it held " + n.Was.Short()
}

// Hint says what to do about it.
func (n Notice) Hint() string {
	switch {
	case n.What == Damaged || n.What == Erased:
		return "nothing is left of it; use another cable or USB port, which changes no bytes"
	case n.Was.IsZero():
		return fmt.Sprintf("delete it: sectag slots delete --sec-tag %d --type %s; then use another cable or USB port, which changes no bytes", n.Slot.SecTag, n.Slot.Kind)
	}
	return "a line that changes bytes made another command of ours: write that slot anew, and use another cable or USB port"
}
