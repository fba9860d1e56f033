// Package plans works out what a unit is to hold: the profile's slots, held against what the modem lists and what the ledger knows. The desk asks the modem
// and the ledger beforehand.
package plans

import (
	"time"

	"example.org/sectag/bench/identity"
	"example.org/sectag/bench/past"
	"example.org/sectag/bench/profile"
	"example.org/sectag/bench/slotfile"
	"example.org/sectag/ca"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/flows"
	"example.org/sectag/ledger/record"
)

// Ask is what a plan is made of.
type Ask struct {
	Profile profile.Profile
	Slots   []profile.Slot
	InModem bool    // the modem is to make the key
	Root    ca.Root // its Cert is nil when none is loaded
	Unit    record.Unit
	Items   []device.Item // as the modem lists them
	Before  past.Past
	Now     time.Time
	Stored  func(cred.Slot, []byte) cred.Digest // of a content, as this modem will list it
	Renew   bool                                // everything is made new, although it is current
	Anchors map[cred.SecTag][]byte              // a tag without one has none yet, which is said when the set is prepared
}

// Plan compares what is wanted with what is there.
func (a Ask) Plan() flows.Plan {
	var want []flows.Wanted
	for _, s := range a.Slots {
		var current cred.Digest // of the anchor
		if anchor := a.Anchors[s.SecTag]; anchor != nil {
			current = a.Stored(cred.Slot{SecTag: s.SecTag, Kind: cred.RootCA}, anchor)
		}
		agrees := a.agrees(s, current)
		for _, k := range s.Kinds() {
			at := cred.Slot{SecTag: s.SecTag, Kind: k}
			w := flows.Wanted{Slot: at, Make: a.InModem && k == cred.ClientKey}
			if k == cred.RootCA {
				w.Current = current
			} else if agrees {
				w.Current = a.Before.Named(at)
			}
			if now := past.Listed(a.Items, at); a.Before.Ours(at, now) {
				w.Ours = now
			}
			if a.Renew && !w.Current.IsZero() { // what is current is not foreign, whoever put it there
				w.Ours, w.Current = w.Current, cred.Digest{}
			}
			want = append(want, w)
		}
	}
	return flows.Compare(past.Lines(a.Items), want)
}

// agrees tells whether the newest passing record is of what the profile asks for today.
func (a Ask) agrees(s profile.Slot, anchor cred.Digest) bool {
	p, name := a.Profile, a.Profile.ID.Name(a.Unit.IMEI)
	if s.PSK {
		return a.Before.Shares(s.SecTag, name, p.PSK.Bytes)
	}
	return a.Root.Cert != nil && a.Before.Agrees(past.Wish{
		SecTag: s.SecTag, Issuer: cred.Sum(a.Root.PEM), Name: name, Origin: p.Origin.Recorded(), Profile: p.Certificate.Record(),
		Anchor: anchor, Behind: identity.Behind(p.Chain, a.Root).Sums(), Now: a.Now,
	})
}

// AnchorsFit asks of each root that a plan writes whether it fits.
func (a Ask) AnchorsFit(plan flows.Plan, fits func(cred.Slot, []byte) error) error {
	for _, s := range plan.Slots[:plan.N] {
		if anchor := a.Anchors[s.Slot.SecTag]; s.Op == flows.WriteSlot && s.Slot.Kind == cred.RootCA && anchor != nil {
			if err := fits(s.Slot, anchor); err != nil {
				return err
			}
		}
	}
	return nil
}

// CannotMakeKey is the fault of a firmware that makes no key where the profile wants it to.
func CannotMakeKey(firmware string) *cred.Fault {
	return cred.Failed("keygen.unknown", "the profile wants the key made in the modem, and the firmware "+firmware+" cannot",
		`write key = "auto" (or "host") in the profile, or update the modem's firmware`)
}

// Origin is who makes the unit's secret by this plan: "modem", "host", or "" where the unit keeps the one that it has.
func Origin(plan flows.Plan) string {
	switch {
	case plan.MakesKey():
		return "modem"
	case plan.Writes(cred.ClientKey), plan.Writes(cred.PSK):
		return "host"
	}
	return ""
}

// Hand plans one slot that a person works on, of which the modem lists this now.
func Hand(hand flows.Hand, before past.Past, now cred.Digest, stored func(cred.Slot, []byte) cred.Digest) (flows.Plan, error) {
	p := flows.Plan{N: 1}
	line := before.Hand(hand, now)
	if hand.Op == flows.WriteSlot {
		content, err := slotfile.Read(hand.Slot.Kind, hand.File)
		if err != nil {
			return p, err
		}
		if stored(hand.Slot, content) == now {
			line.Has, line.Op = flows.Current, flows.Keep
		}
		clear(content)
	}
	p.Slots[0] = line
	return p, nil
}
