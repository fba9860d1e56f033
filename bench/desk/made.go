package desk

import (
	"cmp"
	"context"

	"example.org/sectag/bench/identity"
	"example.org/sectag/bench/profile"
	"example.org/sectag/ca"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/flows"
	"example.org/sectag/flows/codec"
)

// makeKey has the modem make its key, and hears what it says of it. What the modem says of itself is asked before, because nothing may
// stand between the key and its answer.
func (d *Desk) makeKey(ctx context.Context, e flows.MakeKey) (flows.Event, error) {
	m, s, err := d.at(e.Index)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	uuid := d.unit.UUID
	d.mu.Unlock()
	said, err := identity.Attest(ctx, m, uuid)
	if f := cred.AsFault(err); f != nil && (lost[f.Code] || f.Code == "keygen.other-unit") {
		return nil, f // of one that has no token, or an unreadable one, nothing is known and nothing is wrong
	}
	name, err := identity.Once(d.Random)
	if err != nil {
		return nil, err
	}
	line, err := m.MakeKey(ctx, s.SecTag, name)
	if err != nil {
		return d.keyless(ctx, e, m, err)
	}
	made, err := identity.Hear(line, s.SecTag, cmp.Or(uuid, said.UUID), name)
	if err != nil {
		return nil, cmp.Or(m.Astray(ctx, s), err)
	}
	if err := made.New(ctx, d.reader(), d.set.Made); err != nil {
		return nil, err
	}
	made.Fact.Token = said.Digest
	d.set.Made = &made
	return flows.KeyMade{ID: e.ID, SPKI: made.Fact.SPKI, Doc: codec.Doc(made.Fact)}, nil
}

// keyless goes on where the modem has made no key, or nobody knows it. One that cannot make any is remembered; where the profile leaves
// open who makes the key, and the slot is empty still, this computer makes it now and says so.
func (d *Desk) keyless(ctx context.Context, e flows.MakeKey, m *device.Modem, err error) (flows.Event, error) {
	f := cred.AsFault(err)
	none := f.Code == "keygen.unknown" || f.Code == "cmng.523"
	switch {
	case f.Code == "keygen.csr-lost":
		return nil, cred.Because(err, f.Code, f.Text, "retry: the key, which nobody can use, is deleted and another one made")
	case !none:
		return nil, err
	case d.profile().Origin == profile.Modem:
		d.mu.Lock()
		d.makesNone = f.Code == "keygen.unknown" // another try may make one else
		d.mu.Unlock()
		return nil, cred.Because(err, f.Code, f.Text, `write key = "auto" or "host" in the profile: this computer makes the key then`)
	}
	s, err := d.slot(e.Index)
	if err != nil {
		return nil, err
	}
	if _, there, failed := m.ListSlot(ctx, s); failed != nil || there {
		return nil, cmp.Or(failed, error(f))
	}
	d.mu.Lock()
	d.plan, d.makesNone, d.why = d.plan.ByHost(), true, "the modem could not ("+f.Code+")"
	d.mu.Unlock()
	return d.byHost(ctx, e, m)
}

// byHost makes key and certificate in the modem's place, under the serial that was reserved.
func (d *Desk) byHost(ctx context.Context, e flows.MakeKey, m *device.Modem) (flows.Event, error) {
	maker, err := d.maker(ctx)
	if err != nil {
		return nil, err
	}
	plan, _, _ := d.planned()
	if d.set.Key, d.set.Cert, err = maker.ByHost(ctx, d.set.Ready.Serial); err != nil {
		return nil, err
	}
	d.set.Ready = identity.Ready{}
	d.set.Lay(plan)
	if err := d.set.Fits(plan, d.fits(m)); err != nil {
		return nil, err
	}
	return flows.KeyByHost(d.ready(e.ID, m, plan, "host")), nil
}

// certify signs the unit's certificate for the key that its modem made.
func (d *Desk) certify(ctx context.Context, e flows.Certify) (flows.Event, error) {
	m, s, err := d.at(e.Index)
	if err != nil {
		return nil, err
	}
	if d.set.Made == nil {
		return nil, cred.Failed("internal", "there is no key that a certificate could be for", "this is a defect of sectag: please report it")
	}
	maker, err := d.maker(ctx)
	if err != nil {
		return nil, err
	}
	if d.set.Cert, err = maker.Certify(ctx, d.set.Ready, *d.set.Made); err != nil {
		return nil, err
	}
	content := d.set.Sent(d.set.Cert)
	if err := m.Fits(s, content); err != nil {
		return nil, err
	}
	d.set.Contents[e.Index] = content
	return flows.Certified{ID: e.ID, Want: m.Stored(s, content), Doc: codec.Doc(d.set.Signed())}, nil
}

// shown lets use have what the server is shown: the unit's own certificate and key, or where the key is in the modem, a twin's.
func (d *Desk) shown(ctx context.Context, use func(cert, key []byte)) (twin bool, err error) {
	switch {
	case d.set.Key != nil && d.set.Key.PEM() != nil:
		use(d.set.Sent(d.set.Cert), d.set.Key.PEM())
		return false, nil
	case d.set.Made == nil:
		return false, cred.Failed("store.key-gone", "the unit's key is in the modem only, so this computer cannot connect with it",
			"provision the unit again with a new key, or let the unit connect by itself")
	}
	maker, err := d.maker(ctx)
	if err != nil {
		return true, err
	}
	d.set.Twin, err = maker.Twin(ctx, d.set.Cert, func(twin ca.Certificate, key []byte) { use(d.set.Sent(twin), key) })
	return true, err
}
