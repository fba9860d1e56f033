// Package secrecy decides which units are asked for the secret that was just written to them, and for what beside it, and keeps the
// answers for the record. The conversation is device/readback's. A refusal is a property of the modem's firmware, so that one unit of
// each is enough for a file of evidence, and the others lose no time.
package secrecy

import (
	"context"
	"slices"

	"example.org/sectag/bench/inventory"
	"example.org/sectag/bench/profile"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/readback"
	"example.org/sectag/flows"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// Unit is what the rule goes by.
type Unit struct {
	Rule     profile.Readback
	Firmware string      // of the modem
	Profile  cred.Digest // of the profile's file
}

// Watch keeps what came of the unit in work. The zero value has asked nobody.
type Watch struct {
	done    []readback.Measurement
	of      Unit   // whom earlier is about
	earlier string // the record in which that passed; "" when there is none
}

// Begin forgets the answers of the unit before, or of an earlier try.
func (w *Watch) Begin() { w.done = nil }

// Answers are those of this unit, and the record of an earlier one that makes them needless, or "".
func (w *Watch) Answers() (done []readback.Measurement, earlier string) {
	return slices.Clone(w.done), w.earlier
}

// Due tells whether a unit is to be asked for the secret in a slot. Without a ledger nobody is: there is no record that would say so.
func (w *Watch) Due(ctx context.Context, l *ledger.Reader, u Unit, s cred.Slot) (bool, error) {
	asked := slices.ContainsFunc(w.done, func(m readback.Measurement) bool { return m.Slot == s })
	if l == nil || asked || !s.Kind.Secret() || u.Rule == profile.Never {
		return false, nil
	}
	if u.Rule == profile.Each {
		return true, nil
	}
	if w.of != u {
		w.of, w.earlier = u, ""
	}
	if w.earlier != "" {
		return false, nil
	}
	var err error
	w.earlier, err = Earlier(ctx, l, u)
	return err == nil && w.earlier == "", err
}

// depth bounds how many records are looked at: with more of other firmware in between the question is put again.
const depth = 64

// Earlier is the record in which a unit with this firmware, worked on for this profile, refused its secret; "" when none is near. Each
// record since then names it, so that the newest is enough.
func Earlier(ctx context.Context, l *ledger.Reader, u Unit) (string, error) {
	list, err := l.List(ctx, ledger.Query{Limit: depth})
	if err != nil {
		return "", err
	}
	for _, s := range slices.Backward(list) {
		if s.Kind != record.Provision && s.Kind != record.Test {
			continue
		}
		r, _, err := l.Show(ctx, s.Record)
		if err != nil {
			return "", err
		}
		if r.Firmware != u.Firmware || r.Bench.Profile != u.Profile {
			continue
		}
		for _, m := range r.Tests {
			named, is := m.PassedIn()
			switch {
			case m.Test != "T3":
			case m.Result == "pass":
				return r.ID, nil
			case is:
				return named, nil
			}
		}
	}
	return "", nil
}

// Read is what a slot lists, and whether it may be what was written, of which content is nil where nobody knows it. What bytes were lost of
// on the line is written again first (device.Modem.Prove).
func Read(ctx context.Context, m *device.Modem, s cred.Slot, content []byte) (now cred.Digest, right bool, err error) {
	if content == nil {
		item, err := m.Learn(ctx, s)
		return item.SHA256, !item.SHA256.IsZero(), err
	}
	proof, err := m.Prove(ctx, s, content, nil)
	if err != nil && cred.AsFault(err).Code == "store.mismatch" {
		return proof.SHA256, false, nil
	}
	return proof.SHA256, true, err
}

// Ask has a modem asked for the secret in a slot. One that gives it out is store.readback.
func (w *Watch) Ask(ctx context.Context, m readback.Modem, q readback.Question) error {
	got, err := readback.Ask(ctx, m, q)
	if got.Secret != "" {
		w.done = append(w.done, got)
	}
	if err == nil && got.Outcome == readback.Returned {
		err = GivenOut("the secret in " + q.Secret.String())
	}
	return err
}

// GivenOut is the failure of a modem that gave out what.
func GivenOut(what string) *cred.Fault {
	return cred.Failed("store.readback", "the modem gave out "+what+" when it was asked to read it",
		"do not ship this unit: with this firmware whoever reaches the AT port has its secret; update the modem's firmware and provision it anew")
}

// Question is for the secret in a slot, with its controls: something that can be read and is known to be there, best under the same tag,
// and a slot that is empty. Without the first the modem's refusal of everything would look like that of the secret; its digest is zero
// then. Of what the plan does not work on only roots are believed to be there still: in a PSK identity the line's ends are tried.
func Question(s cred.Slot, items []device.Item, plan []flows.PlanFacts) readback.Question {
	q := readback.Question{Secret: s}
	for _, i := range inventory.Held(items, settled(plan)) {
		sure := i.Slot.Kind == cred.RootCA || i.Slot.Kind == cred.PSKID && slices.ContainsFunc(plan, func(p flows.PlanFacts) bool { return p.Slot == i.Slot })
		nearer := q.Holds.IsZero() || i.SecTag == s.SecTag && q.Control.SecTag != s.SecTag
		if sure && !i.Reserved() && nearer {
			q.Control, q.Holds = i.Slot, i.SHA256
		}
	}
	taken := func(s cred.Slot) bool {
		return slices.ContainsFunc(items, func(i device.Item) bool { return i.Slot == s }) ||
			slices.ContainsFunc(plan, func(p flows.PlanFacts) bool { return p.Slot == s })
	}
	for t := s.SecTag; ; t = (t + 1) % (cred.MaxSecTag + 1) {
		for _, k := range []cred.Kind{cred.PSKID, cred.RootCA} {
			if q.Empty = (cred.Slot{SecTag: t, Kind: k}); !taken(q.Empty) {
				return q
			}
		}
	}
}

// settled are the slots whose content is known now: of the others that of the list is not believed.
func settled(plan []flows.PlanFacts) []flows.PlanFacts {
	out := slices.Clone(plan)
	for i := range out {
		if !out[i].Done() {
			out[i].Now, out[i].Stage, out[i].Damaged = cred.Digest{}, flows.SlotUnknown, cred.Digest{}
		}
	}
	return out
}
