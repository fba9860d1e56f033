package desk

import (
	"context"

	"example.org/sectag/bench/past"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/codec"
	"example.org/sectag/flows/turn"
)

// identify reads who is at the port; it alone opens it. The unit's screen always gets a new opening: another board may stand there
// by now, and nothing of the one before may be taken for its. In the middle of the work an open session is only asked for the
// IMEI, which tells a swapped board from the same one in a few bytes.
func (d *Desk) identify(ctx context.Context, e flows.Identify) (flows.Event, error) {
	if turn.Asker(e.ID) == flows.UnitScreen {
		d.session.HangUp()
		d.meet()
	}
	if m, _ := d.session.Modem(); m != nil {
		imei, err := m.IMEI(ctx)
		if err != nil {
			return nil, err
		}
		return d.identified(e.ID, imei), nil
	}
	m, err := d.session.Open(ctx)
	if err != nil {
		return nil, err
	}
	unit, items, before, err := past.Who(ctx, m, d.reader(), d.tags()...)
	if err == nil && d.Claim != nil {
		err = d.Claim(past.Seen(unit, items))
	}
	if err != nil {
		_ = m.Close()
		return nil, err
	}
	d.mu.Lock()
	d.unit, d.items, d.before, d.fresh, d.looked = unit, items, before, !m.Cut(), false
	d.mu.Unlock()
	d.session.Hold(m)
	return d.identified(e.ID, unit.IMEI), nil
}

// relist has the next plan list the slots anew: what was listed with the identity may not be so after a person's own command.
func (d *Desk) relist() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fresh = false
}

// meet takes the time: from here on a unit is worked on.
func (d *Desk) meet() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.met = d.Now()
	d.session.Forget()
	d.makesNone = false
}

// identified is the answer for the unit of this session, with the IMEI that it just told.
func (d *Desk) identified(id flows.ID, imei cred.IMEI) flows.Event {
	m, opening := d.session.Modem()
	d.mu.Lock()
	defer d.mu.Unlock()
	facts := flows.UnitFacts{
		IMEI: imei, IMEIValid: imei.Valid(), Model: d.unit.Model, Firmware: d.unit.Firmware, Hardware: d.unit.Hardware,
		Host: d.unit.Host, FunctionalMode: d.unit.FunctionalMode, UUID: d.unit.UUID, Record: d.before.Newest,
	}
	return flows.Identified{
		ID: id, Session: opening, IMEI: imei, Identity: past.Modem(d.unit, d.items), Firmware: m.FirmwareOK() == nil,
		Mode: uint8(d.unit.FunctionalMode), Doc: codec.Doc(facts),
	}
}

// done gives the port back when no other unit is expected at it.
func (d *Desk) done() {
	if d.Once {
		d.session.HangUp()
	}
}
