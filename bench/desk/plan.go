package desk

import (
	"context"

	"example.org/sectag/bench/identity"
	"example.org/sectag/bench/past"
	"example.org/sectag/bench/profile"
	"example.org/sectag/bench/slotfile"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/flows"
	"example.org/sectag/flows/codec"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// makePlan lists the unit's slots and compares them with what the profile (or the hand) asks for and what the ledger knows.
func (d *Desk) makePlan(ctx context.Context, e flows.MakePlan) (flows.Event, error) {
	m, err := d.session.Must()
	if err != nil {
		return nil, err
	}
	d.set.Clear() // another unit's, or an older one of this
	items, before, err := d.look(ctx, m, append(d.tags(), e.SecTag, e.Hand.Slot.SecTag))
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	unit := past.Seen(d.unit, items)
	d.mu.Unlock()
	var plan flows.Plan
	if e.Hand.Op != flows.Keep {
		plan, err = d.planHand(m, e.Hand, items, before)
	} else {
		plan, err = d.planProfile(m, e, unit, items, before)
		if err == nil {
			err = d.chainFits(ctx, m, plan)
		}
	}
	if err != nil {
		return nil, err
	}
	plan = before.Sweep(plan, items)
	d.mu.Lock()
	d.plan, d.repeats = plan, map[cred.Slot]int{}
	d.mu.Unlock()
	return flows.Planned{ID: e.ID, Plan: plan, Doc: codec.Doc(before.Describe(plan, items))}, nil
}

// look is the modem's list (of these tags, when the whole is too long) and the unit's history: those that came with the identity when
// nothing was done since, else new ones.
func (d *Desk) look(ctx context.Context, m *device.Modem, tags []cred.SecTag) ([]device.Item, past.Past, error) {
	d.mu.Lock()
	items, before, fresh, unit := d.items, d.before, d.fresh, d.unit
	d.fresh, d.looked = false, fresh
	d.mu.Unlock()
	if fresh {
		return items, before, nil
	}
	items, before, err := past.Look(ctx, m, d.reader(), unit, tags...)
	if err != nil {
		return nil, before, err
	}
	d.mu.Lock()
	d.items, d.before, d.looked = items, before, true
	d.mu.Unlock()
	return items, before, nil
}

// Held is what a slot held when the list for a plan was read, zero for nothing. Where it was not read nobody knows.
func (d *Desk) Held(s cred.Slot) (now cred.Digest, known bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.looked {
		return cred.Digest{}, false
	}
	return past.Listed(d.items, s), true
}

// reader is the ledger for questions; nil without one.
func (d *Desk) reader() *ledger.Reader {
	if d.Ledger == nil {
		return d.Past
	}
	return d.Ledger.Reader
}

// planProfile plans the slots of the profile, or of the sec_tag that was chosen. No slots at all is an open plan: which sec_tag?
func (d *Desk) planProfile(m *device.Modem, e flows.MakePlan, unit record.Unit, items []device.Item, before past.Past) (flows.Plan, error) {
	p := d.profile()
	if p.Shares() && p.Ledger == "" && d.reader() == nil {
		return flows.Plan{}, identity.NoLedger()
	}
	slots := p.Slots
	if e.Chosen {
		slots = []profile.Slot{profile.Chosen(slots, e.SecTag)}
	}
	d.mu.Lock()
	can := m.CanMakeKey() && !d.makesNone
	inModem, why := p.Origin.InModem(can, len(slots) > 1)
	d.hand, d.handFile, d.slots, d.why, d.roots = flows.Hand{}, "", slots, why, slotfile.Trust{}
	d.mu.Unlock()
	var want []flows.Wanted
	anchors := map[cred.SecTag][]byte{}
	for _, s := range slots {
		var current cred.Digest // of the anchor; zero when there is none, which is said when the set is prepared
		if anchor, err := d.anchorBytes(s.SecTag); err == nil {
			anchors[s.SecTag], current = anchor, m.Stored(cred.Slot{SecTag: s.SecTag, Kind: cred.RootCA}, anchor)
			d.trust(s.SecTag, anchor)
		}
		agrees := d.agrees(before, s, unit, current)
		for _, k := range s.Kinds() {
			at := cred.Slot{SecTag: s.SecTag, Kind: k}
			w := flows.Wanted{Slot: at, Make: inModem && k == cred.ClientKey}
			if k == cred.RootCA {
				w.Current = current
			} else if agrees {
				w.Current = before.Named(at)
			}
			if now := past.Listed(items, at); before.Ours(at, now) {
				w.Ours = now
			}
			want = append(want, w)
		}
	}
	plan := flows.Compare(past.Lines(items), want)
	if plan.MakesKey() && !can && m.FirmwareOK() == nil {
		return plan, cred.Failed("keygen.unknown", "the profile wants the key made in the modem, and the firmware "+d.firmware()+" cannot",
			`write key = "auto" (or "host") in the profile, or update the modem's firmware`)
	}
	for _, s := range plan.Slots[:plan.N] {
		if anchor := anchors[s.Slot.SecTag]; s.Op == flows.WriteSlot && s.Slot.Kind == cred.RootCA && anchor != nil {
			if err := d.fits(m)(s.Slot, anchor); err != nil {
				return plan, err
			}
		}
	}
	return plan, nil
}

// chainFits refuses a plan whose certificates could become too long with what is sent behind them.
func (d *Desk) chainFits(ctx context.Context, m *device.Modem, plan flows.Plan) error {
	root := d.rootNow()
	behind := identity.Behind(d.profile().Chain, root)
	if len(behind) == 0 {
		return nil
	}
	maker, err := d.maker(ctx)
	if err != nil {
		return err
	}
	return maker.ChainFits(root, behind, plan, d.fits(m))
}

func (d *Desk) firmware() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.unit.Firmware
}

// agrees tells whether the newest passing record is of what the profile asks for today.
func (d *Desk) agrees(before past.Past, s profile.Slot, unit record.Unit, anchor cred.Digest) bool {
	root, p := d.rootNow(), d.profile()
	if s.PSK {
		return before.Shares(s.SecTag, p.ID.Name(unit.IMEI), p.PSK.Bytes)
	}
	return root.Cert != nil && before.Agrees(past.Wish{
		SecTag: s.SecTag, Issuer: cred.Sum(root.PEM), Name: p.ID.Name(unit.IMEI), Origin: p.Origin.Recorded(),
		Profile: p.Certificate.Record(),
		Anchor:  anchor, Behind: identity.Behind(p.Chain, root).Sums(), Now: d.Now(),
	})
}

// planHand plans one slot. A file that is not named again is the one that was named last.
func (d *Desk) planHand(m *device.Modem, hand flows.Hand, items []device.Item, before past.Past) (flows.Plan, error) {
	d.mu.Lock()
	if hand.File == "" {
		hand.File = d.handFile
	}
	d.hand, d.handFile, d.roots = hand, hand.File, slotfile.Trust{}
	d.mu.Unlock()
	now := past.Listed(items, hand.Slot)
	p := flows.Plan{N: 1}
	line := before.Hand(hand, now)
	if hand.Op == flows.WriteSlot {
		content, err := slotfile.Read(hand.Slot.Kind, hand.File)
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
