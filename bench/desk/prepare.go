package desk

import (
	"cmp"
	"context"

	"example.org/sectag/bench/desk/plans"
	"example.org/sectag/bench/identity"
	"example.org/sectag/bench/past"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/flows"
	"example.org/sectag/flows/codec"
)

// prepare makes the set ready without changing the modem, so that a failure here leaves the unit as it was: the modem's firmware
// can list digests, every command fits the host's buffer, the anchor is there, the identity is free in the ledger, the clock is
// believed, the certificate is signed and judged.
func (d *Desk) prepare(ctx context.Context, e flows.Prepare) (flows.Event, error) {
	m, err := d.session.Must()
	if err != nil {
		return nil, err
	}
	if err := m.FirmwareOK(); err != nil {
		return nil, err
	}
	d.set.Clear()
	if err := d.lease(ctx); err != nil {
		return nil, err
	}
	plan, hand, aim := d.planned()
	var set identity.Set
	origin := ""
	switch {
	case hand.Op != flows.Keep:
		err = d.prepareHand(ctx, &set, hand)
	case aim == flows.ForRetirement: // nothing is made
	default:
		origin = plans.Origin(plan)
		err = d.prepareIdentity(ctx, &set, plan)
	}
	if err == nil {
		err = set.Fits(plan, d.fits(m))
	}
	if err == nil {
		err = set.Keep(ctx) // last: what can be refused is refused before
	}
	if err != nil {
		set.Clear()
		return nil, err
	}
	d.set = set
	return d.ready(e.ID, m, plan, origin), nil
}

// lease takes the unit for this run, until its record is written or another unit is taken: no other station may give it an identity
// meanwhile.
func (d *Desk) lease(ctx context.Context) error {
	if d.Ledger == nil {
		return nil
	}
	d.mu.Lock()
	run, imei := d.run, d.unit.IMEI
	d.mu.Unlock()
	return d.Ledger.Lease(ctx, run, imei)
}

// fits asks the unit's host and the product's firmware whether a credential has room.
func (d *Desk) fits(m *device.Modem) func(cred.Slot, []byte) error {
	p := d.profile()
	return func(s cred.Slot, content []byte) error { return cmp.Or(p.Fits(s, content), m.Fits(s, content)) }
}

func (d *Desk) planned() (flows.Plan, flows.Hand, flows.Aim) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.plan, d.hand, d.aim.Aim
}

func (d *Desk) ready(id flows.ID, m *device.Modem, plan flows.Plan, origin string) flows.Prepared {
	answer := flows.Prepared{ID: id}
	for i, s := range plan.Slots[:plan.N] {
		if c := d.set.Contents[i]; c != nil {
			answer.Want[i] = m.Stored(s.Slot, c)
		}
	}
	d.mu.Lock()
	facts := d.set.Facts(plan, d.why)
	d.mu.Unlock()
	facts.KeyOrigin = origin
	answer.Doc = codec.Doc(facts)
	return answer
}

// prepareIdentity issues the unit's certificate for a key that this computer makes now. Where the modem makes it, everything is made
// ready for that.
func (d *Desk) prepareIdentity(ctx context.Context, set *identity.Set, plan flows.Plan) error {
	for i, s := range plan.Slots[:plan.N] {
		if s.Slot.Kind != cred.RootCA || s.Op == flows.DeleteSlot {
			continue
		}
		anchor, err := d.anchorBytes(s.Slot.SecTag)
		if err != nil {
			return err
		}
		if set.Anchor == nil {
			set.Anchor = anchor
		}
		if s.Op == flows.WriteSlot {
			set.Contents[i] = anchor
		}
	}
	if plan.Writes(cred.PSK) {
		return d.drawPSK(ctx, set, plan)
	}
	if !plan.Writes(cred.ClientCert) {
		return nil
	}
	m, err := d.maker(ctx)
	if err != nil {
		return err
	}
	set.Behind = identity.Behind(d.profile().Chain, d.rootNow())
	if plan.MakesKey() {
		set.Ready, err = m.Prepare(ctx)
		return err
	}
	if set.Key, set.Cert, err = m.ByHost(ctx, ""); err == nil {
		set.Lay(plan)
	}
	return err
}

// maker is what the unit's identity is made with.
func (d *Desk) maker(ctx context.Context) (identity.Maker, error) {
	clock, err := d.clock(ctx)
	if err != nil {
		return identity.Maker{}, err
	}
	p := d.profile()
	_, auth := d.keys.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	return identity.Maker{
		Auth: auth, Clock: clock, Ledger: d.Ledger, Run: d.run, Unit: past.Seen(d.unit, d.items), Name: p.ID.Name(d.unit.IMEI),
		Profile: p.Certificate, Days: p.Days, Until: p.Until,
	}, nil
}
