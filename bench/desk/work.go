package desk

import (
	"context"

	"example.org/sectag/bench/desk/session"
	"example.org/sectag/bench/secrecy"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/flows"
)

func (d *Desk) takeOffline(ctx context.Context, e flows.TakeOffline) (flows.Event, error) {
	m, err := d.session.Must()
	if err != nil {
		return nil, err
	}
	was, err := m.Offline(ctx)
	if err != nil {
		return nil, err
	}
	now := was
	if flows.Active(uint8(was)) {
		now = 4
	}
	d.inMode(now)
	return flows.Offline{ID: e.ID, Was: uint8(was)}, nil
}

// restoreMode puts back the mode that the unit is owed, whoever took it away: this session, an earlier one, or a process that died.
func (d *Desk) restoreMode(ctx context.Context, e flows.RestoreMode) (flows.Event, error) {
	m, err := d.session.Must()
	if err != nil {
		return nil, err
	}
	if err := m.SetMode(ctx, int(e.Mode)); err != nil {
		return nil, err
	}
	d.inMode(int(e.Mode))
	return flows.Restored{ID: e.ID}, nil
}

// inMode notes the functional mode that this session has set: the next Identify tells it, and what the unit is owed hangs on it.
func (d *Desk) inMode(mode int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unit.FunctionalMode = mode
}

// slot is the planned slot behind an index.
func (d *Desk) slot(index uint8) (cred.Slot, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if index >= d.plan.N {
		return cred.Slot{}, cred.Failed("internal", "the plan has no such slot", "this is a defect of sectag: please report it")
	}
	return d.plan.Slots[index].Slot, nil
}

// at is the open session and the planned slot behind an index.
func (d *Desk) at(index uint8) (*device.Modem, cred.Slot, error) {
	m, err := d.session.Must()
	if err != nil {
		return nil, cred.Slot{}, err
	}
	s, err := d.slot(index)
	return m, s, err
}

func (d *Desk) delete(ctx context.Context, e flows.Delete) (flows.Event, error) {
	m, s, err := d.at(e.Index)
	if err != nil {
		return nil, err
	}
	found, err := m.Delete(ctx, s)
	if err != nil {
		return nil, err
	}
	return flows.Deleted{ID: e.ID, Found: found}, nil
}

func (d *Desk) write(ctx context.Context, e flows.Write) (flows.Event, error) {
	m, s, err := d.at(e.Index)
	if err != nil {
		return nil, err
	}
	content := d.set.Contents[e.Index]
	if content == nil {
		return nil, cred.Failed("internal", "nothing was prepared for "+s.String(), "this is a defect of sectag: please report it")
	}
	d.set.Written = nil
	err = m.Write(ctx, s, content, func(sent, total int) {
		st := m.Stats()
		d.Progress(flows.Progress{ID: e.ID, Sent: sent, Total: total, BytesOut: st.BytesOut, BytesIn: st.BytesIn, Line: session.LineTime(st)})
	})
	d.again(m, s)
	if err != nil {
		return nil, err
	}
	d.set.Written = content
	return flows.Written{ID: e.ID}, nil
}

// readSlot reads what a slot holds. What was just written is proved: if the line damaged it, it is written again, more slowly. A secret
// that stands there is asked for, and must be refused.
func (d *Desk) readSlot(ctx context.Context, e flows.ReadSlot) (flows.Event, error) {
	content := d.set.Written
	d.set.Written = nil
	m, s, err := d.at(e.Index)
	if err != nil {
		return nil, err
	}
	defer d.again(m, s)
	now, right, err := secrecy.Read(ctx, m, s, content)
	if err == nil && right && (content != nil || d.set.Made != nil) {
		var asked bool
		if asked, err = d.guarded(ctx, m, s); asked && err == nil {
			now, _, err = secrecy.Read(ctx, m, s, content)
		}
	}
	if err != nil {
		return nil, err
	}
	return flows.ReadBack{ID: e.ID, SHA256: now}, nil
}

// again notes how often a slot was written again, more slowly.
func (d *Desk) again(m *device.Modem, s cred.Slot) {
	n := m.Repeats(s)
	d.mu.Lock()
	defer d.mu.Unlock()
	if n > 0 {
		d.repeats[s] = n
	}
}
