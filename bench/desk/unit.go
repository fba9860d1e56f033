package desk

import (
	"context"
	"time"

	"example.org/sectag/bench/past"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/flows"
	"example.org/sectag/flows/codec"
	"example.org/sectag/flows/machine"
)

// identify reads who is at the port; it alone opens it. The unit's screen always gets a new opening: another board may stand there
// by now, and nothing of the one before may be taken for its. In the middle of the work an open session is only asked for the
// IMEI, which tells a swapped board from the same one in a few bytes.
func (d *Desk) identify(ctx context.Context, e flows.Identify) (flows.Event, error) {
	if machine.Asker(e.ID) == flows.UnitScreen {
		d.hangUp()
		d.meet()
	}
	if m := d.session(); m != nil {
		imei, err := m.IMEI(ctx)
		if err != nil {
			return nil, err
		}
		return d.identified(e.ID, imei), nil
	}
	m, err := d.open(ctx)
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
	d.modem, d.unit, d.items, d.before, d.fresh, d.looked = m, unit, items, before, !m.Cut(), false
	d.opened++
	d.mu.Unlock()
	return d.identified(e.ID, unit.IMEI), nil
}

// meet takes the time: from here on a unit is worked on.
func (d *Desk) meet() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.met = d.Now()
	d.heard.Reset()
	d.makesNone = false
}

// identified is the answer for the unit of this session, with the IMEI that it just told.
func (d *Desk) identified(id flows.ID, imei cred.IMEI) flows.Event {
	d.mu.Lock()
	defer d.mu.Unlock()
	facts := flows.UnitFacts{
		IMEI: imei, IMEIValid: imei.Valid(), Model: d.unit.Model, Firmware: d.unit.Firmware, Hardware: d.unit.Hardware,
		Host: d.unit.Host, FunctionalMode: d.unit.FunctionalMode, UUID: d.unit.UUID, Record: d.before.Newest,
	}
	return flows.Identified{
		ID: id, Session: d.opened, IMEI: imei, Identity: past.Modem(d.unit, d.items), Firmware: d.modem.FirmwareOK() == nil,
		Mode: uint8(d.unit.FunctionalMode), Doc: codec.Doc(facts),
	}
}

func (d *Desk) open(ctx context.Context) (*device.Modem, error) {
	d.mu.Lock()
	name := d.port
	d.mu.Unlock()
	l, err := d.Dialer.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	m, err := device.Attach(ctx, l, device.Options{
		Now: d.Now,
		Trace: func(t device.Trace) {
			d.heard.Add(t.Out, t.Text)
			d.Trace(flows.TraceLine{At: t.At, Out: t.Out, Text: t.Text})
		},
		Notice: func(ctx context.Context, n device.Notice) error { return d.Notice(ctx, past.Noticed(n)) },
		Wait: func(what string, until time.Time) {
			d.Progress(flows.Progress{Waiting: what, Until: until})
		},
	})
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	return m, nil
}

func (d *Desk) session() *device.Modem {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.modem
}

// must is the open session, or the failure of whoever needs one.
func (d *Desk) must() (*device.Modem, error) {
	if m := d.session(); m != nil {
		return m, nil
	}
	return nil, cred.Failed("port.lost", "the session with the modem is over", "plug the board in again and retry: the unit is identified first")
}

// hangUp ends the session; what the modem had before is put back if it still answers.
func (d *Desk) hangUp() {
	d.mu.Lock()
	m := d.modem
	d.modem = nil
	d.mu.Unlock()
	if m == nil {
		return
	}
	_ = m.Close() // what it could not put back stands in the record as the mode that was found
	d.mu.Lock()
	d.stats = m.Stats()
	d.mu.Unlock()
}

// done gives the port back when no other unit is expected at it.
func (d *Desk) done() {
	if d.Once {
		d.hangUp()
	}
}
