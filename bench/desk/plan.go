package desk

import (
	"context"

	"example.org/sectag/bench/desk/plans"
	"example.org/sectag/bench/identity"
	"example.org/sectag/bench/past"
	"example.org/sectag/bench/profile"
	"example.org/sectag/bench/service"
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
	tags := append(d.tags(), e.SecTag, e.Hand.Slot.SecTag)
	if e.Aim == flows.ForRetirement {
		d.unplanned()
		tags = append(d.tags(), d.before.Tags()...)
	}
	items, before, err := d.look(ctx, m, tags)
	if err != nil {
		return nil, err
	}
	unit, serves, why := past.Seen(d.who(), items), d.facts().Terms.Service, ""
	var plan flows.Plan
	switch {
	case e.Hand.Op != flows.Keep:
		plan, err = d.planHand(m, e.Hand, items, before)
	case e.Aim == flows.ForRetirement:
		plan, err = service.Retirement(before, items, d.tags())
	default:
		plan, err = d.planProfile(m, e, unit, items, before)
		if err == nil {
			err = d.chainFits(ctx, m, plan)
		}
	}
	if serves {
		plan, why, err = service.Excuse(e, plan, err)
	}
	if err != nil {
		return nil, err
	}
	plan = before.Sweep(plan, items)
	doc := before.Describe(plan, items)
	if serves {
		before.Tell(&doc, items, d.rootNow(), d.Now())
		doc.Past.Trouble = why
	}
	d.mu.Lock()
	d.plan, d.repeats, d.whole, d.aim = plan, map[cred.Slot]int{}, !m.Cut(), service.Work{Aim: e.Aim, Past: doc.Past}
	d.watch.Begin()
	d.mu.Unlock()
	return flows.Planned{ID: e.ID, Plan: plan, Doc: codec.Doc(doc), Revokes: e.Aim == flows.ForRetirement && len(doc.Past.Revocable()) > 0}, nil
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
	ask := plans.Ask{
		Profile: p, Slots: slots, InModem: inModem, Root: d.rootNow(), Unit: unit, Items: items, Before: before, Now: d.Now(),
		Stored: m.Stored, Anchors: map[cred.SecTag][]byte{}, Renew: e.Aim == flows.ForRenewal,
	}
	for _, s := range slots {
		if anchor, err := d.anchorBytes(s.SecTag); err == nil {
			ask.Anchors[s.SecTag] = anchor
			d.trust(s.SecTag, anchor)
		}
	}
	plan := ask.Plan()
	if plan.MakesKey() && !can && m.FirmwareOK() == nil {
		return plan, plans.CannotMakeKey(d.who().Firmware)
	}
	return plan, ask.AnchorsFit(plan, d.fits(m))
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

// who is the unit of this session.
func (d *Desk) who() device.Identity {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.unit
}

// planHand plans one slot. A file that is not named again is the one that was named last.
func (d *Desk) planHand(m *device.Modem, hand flows.Hand, items []device.Item, before past.Past) (flows.Plan, error) {
	d.mu.Lock()
	if hand.File == "" {
		hand.File = d.handFile
	}
	d.hand, d.handFile, d.roots = hand, hand.File, slotfile.Trust{}
	d.mu.Unlock()
	return plans.Hand(hand, before, past.Listed(items, hand.Slot), m.Stored)
}

// unplanned forgets what only a plan of the profile or of one slot has.
func (d *Desk) unplanned() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hand, d.handFile, d.slots, d.why, d.roots = flows.Hand{}, "", nil, "", slotfile.Trust{}
}
