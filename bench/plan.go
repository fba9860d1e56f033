package bench

import (
	"context"
	"time"

	"example.org/sectag/bench/profile"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/flows"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// planDoc is the document of a plan: everything the modem lists, and for each planned slot what stands there.
type planDoc struct {
	Slots []flows.SlotFacts `json:"slots"`
	Plan  []planLine        `json:"plan"`
}

type planLine struct {
	Slot cred.Slot   `json:"slot"`
	Old  cred.Digest `json:"old"`
}

// makePlan lists the unit's slots and compares them with what the profile (or the hand) asks for and what the ledger knows.
func (d *Desk) makePlan(ctx context.Context, e flows.MakePlan) (flows.Event, error) {
	m, err := d.must()
	if err != nil {
		return nil, err
	}
	items, err := d.list(ctx, m)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	unit := seen(d.unit, items)
	d.mu.Unlock()
	past, err := past(ctx, d.reader(), unit)
	if err != nil {
		return nil, err
	}
	var plan flows.Plan
	if e.Hand.Op != flows.Keep {
		plan, err = d.planHand(m, e.Hand, items, past)
	} else {
		plan, err = d.planProfile(m, e, unit, items, past)
	}
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.plan = plan
	d.mu.Unlock()
	return flows.Planned{ID: e.ID, Plan: plan, Doc: doc(describe(plan, items, past))}, nil
}

// list is the modem's list: the one that came with the identity when nothing was done since, else a new one.
func (d *Desk) list(ctx context.Context, m *device.Modem) ([]device.Item, error) {
	d.mu.Lock()
	items, fresh := d.items, d.fresh
	d.fresh = false
	d.mu.Unlock()
	if fresh {
		return items, nil
	}
	items, err := m.List(ctx)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.items = items
	d.mu.Unlock()
	return items, nil
}

// history is what the ledger knows of a unit: the newest passing record of what it was given, and every digest that a record
// since then put into a slot.
type history struct {
	any  bool // there is a ledger
	pass *record.Record
	ours map[cred.Slot][]cred.Digest
}

// pastRecords bounds how far back is looked.
const pastRecords = 50

// reader is the ledger for questions; nil without one.
func (d *Desk) reader() *ledger.Reader {
	if d.Ledger == nil {
		return nil
	}
	return d.Ledger.Reader
}

func past(ctx context.Context, l *ledger.Reader, unit record.Unit) (history, error) {
	h := history{any: l != nil, ours: map[cred.Slot][]cred.Digest{}}
	if l == nil || unit.Name() == "" {
		return h, nil
	}
	pass, found, err := l.NewestPassing(ctx, unit, record.Provision)
	if err != nil {
		return h, err
	}
	if found {
		h.pass = &pass
	}
	list, err := l.List(ctx, ledger.Query{IMEI: unit.IMEI, Limit: pastRecords})
	if err != nil {
		return h, err
	}
	for i := len(list) - 1; i >= 0; i-- {
		r, _, err := l.Show(ctx, list[i].Record)
		if err != nil {
			return h, err
		}
		if !r.Seen().Same(unit) {
			continue
		}
		h.add(r)
		if found && r.ID == pass.ID {
			break // what stood there before is what this record replaced
		}
	}
	return h, nil
}

// add notes what a record put into slots: what was sent, and what was found right and kept.
func (h *history) add(r record.Record) {
	for _, s := range r.Slots {
		at := cred.Slot{SecTag: s.SecTag, Kind: s.Type}
		if !s.Sent.IsZero() {
			h.ours[at] = append(h.ours[at], s.Sent)
		}
		if s.Action == "kept" && r.Kind != record.Slots && !s.SHA256.IsZero() {
			h.ours[at] = append(h.ours[at], s.SHA256)
		}
	}
}

func (h history) isOurs(s cred.Slot, listed cred.Digest) bool {
	for _, o := range h.ours[s] {
		if o == listed {
			return true
		}
	}
	return false
}

// planProfile plans the slots of the profile, or of the sec_tag that was chosen. No slots at all is an open plan: which sec_tag?
func (d *Desk) planProfile(m *device.Modem, e flows.MakePlan, unit record.Unit, items []device.Item, past history) (flows.Plan, error) {
	d.hand, d.handFile = flows.Hand{}, ""
	d.slots = chosen(d.Profile.Slots, e)
	var want []flows.Wanted
	for _, s := range d.slots {
		agrees := d.agrees(past.pass, s, unit)
		for _, k := range []cred.Kind{cred.RootCA, cred.ClientCert, cred.ClientKey} {
			at := cred.Slot{SecTag: s.SecTag, Kind: k}
			w := flows.Wanted{Slot: at}
			if k == cred.RootCA {
				w.Current = d.anchorDigest(m, at)
			} else if agrees {
				w.Current = named(past.pass, at)
			}
			if listed := listed(items, at); past.isOurs(at, listed) {
				w.Ours = listed
			}
			want = append(want, w)
		}
	}
	return flows.Compare(lines(items), want), nil
}

// chosen are the slots to plan: the profile's, or of a chosen tag the profile's one, or a new one with the profile's anchor.
func chosen(slots []profile.Slot, e flows.MakePlan) []profile.Slot {
	if !e.Chosen {
		return slots
	}
	out := profile.Slot{SecTag: e.SecTag}
	for _, s := range slots {
		if s.SecTag == e.SecTag {
			return []profile.Slot{s}
		}
		if out.Anchor == "" {
			out.Anchor = s.Anchor
		}
	}
	return []profile.Slot{out}
}

// renewAt is the life that a certificate must have left to be kept.
const renewAt = 30 * 24 * time.Hour

// agrees tells whether a record is of what the profile asks for today: issuer, id, anchor, key origin and sec_tag, with enough life left.
func (d *Desk) agrees(r *record.Record, s profile.Slot, unit record.Unit) bool {
	if r == nil || r.Cert == nil || r.Authority == nil || r.Anchor == nil || d.root.Cert == nil {
		return false
	}
	anchor, err := d.anchorBytes(s.SecTag)
	if err != nil {
		return false
	}
	end, err := record.ParseStamp(r.Cert.NotAfter)
	if err != nil || end.Sub(d.Now()) <= renewAt {
		return false
	}
	return r.Authority.SHA256 == cred.Sum(d.root.PEM) && r.Cert.Name == d.Profile.ID.Name(unit.IMEI) &&
		r.Anchor.SHA256 == cred.Sum(anchor) && (d.Profile.Origin != profile.Host || r.KeyOrigin == "host")
}

// named is the digest that a record names for a slot.
func named(r *record.Record, at cred.Slot) cred.Digest {
	for _, s := range r.Slots {
		if s.SecTag == at.SecTag && s.Type == at.Kind {
			return s.SHA256
		}
	}
	return cred.Digest{}
}

// anchorDigest is what the modem lists when the slot holds the configured anchor; zero without one.
func (d *Desk) anchorDigest(m *device.Modem, at cred.Slot) cred.Digest {
	anchor, err := d.anchorBytes(at.SecTag)
	if err != nil {
		return cred.Digest{}
	}
	return m.Stored(at, anchor)
}

// planHand plans one slot. A file that is not named again is the one that was named last.
func (d *Desk) planHand(m *device.Modem, hand flows.Hand, items []device.Item, past history) (flows.Plan, error) {
	if hand.File == "" {
		hand.File = d.handFile
	}
	d.hand, d.handFile = hand, hand.File
	now := listed(items, hand.Slot)
	p := flows.Plan{N: 1}
	line := flows.SlotPlan{Slot: hand.Slot, Op: hand.Op, Has: flows.Foreign}
	switch {
	case now.IsZero():
		line.Has = flows.Empty
	case past.isOurs(hand.Slot, now):
		line.Has = flows.Ours
	}
	if hand.Op == flows.DeleteSlot && now.IsZero() {
		line.Op = flows.Keep
	}
	if hand.Op == flows.WriteSlot {
		content, err := slotFile(hand.Slot.Kind, hand.File)
		if err != nil {
			return p, err
		}
		if m.Stored(hand.Slot, content) == now {
			line.Has, line.Op = flows.Current, flows.Keep
		}
		clear(content)
	}
	p.Slots[0] = line
	return p, nil
}

func listed(items []device.Item, s cred.Slot) cred.Digest {
	for _, i := range items {
		if i.Slot == s {
			return i.SHA256
		}
	}
	return cred.Digest{}
}

func lines(items []device.Item) []flows.Listed {
	var out []flows.Listed
	for _, i := range items {
		out = append(out, flows.Listed{Slot: i.Slot, SHA256: i.SHA256})
	}
	return out
}

func describe(plan flows.Plan, items []device.Item, past history) planDoc {
	out := planDoc{Slots: slotList(items, past), Plan: []planLine{}}
	for _, s := range plan.Slots[:plan.N] {
		out.Plan = append(out.Plan, planLine{Slot: s.Slot, Old: listed(items, s.Slot)})
	}
	return out
}

// slotList writes the modem's list in the contract's words. Whether a digest is known is only said with a ledger.
func slotList(items []device.Item, past history) []flows.SlotFacts {
	out := []flows.SlotFacts{}
	for _, i := range items {
		f := flows.SlotFacts{
			SecTag: uint32(i.Slot.SecTag), Type: i.Slot.Kind, Kind: i.Slot.Kind.String(), SHA256: i.SHA256, Reserved: i.Reserved(),
		}
		if past.any && !f.Reserved {
			known := past.isOurs(i.Slot, i.SHA256)
			f.Known = &known
		}
		out = append(out, f)
	}
	return out
}
