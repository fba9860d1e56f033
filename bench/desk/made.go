package desk

import (
	"cmp"
	"context"

	"example.org/sectag/bench/identity"
	"example.org/sectag/cred"
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
	line, err := m.MakeKey(ctx, s.SecTag)
	if err != nil {
		return nil, d.keyFault(err)
	}
	made, err := identity.Hear(line, s.SecTag, cmp.Or(uuid, said.UUID))
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

// keyFault is why there is no key, or nothing about it. What a modem says of its firmware is remembered: where the profile leaves open
// who makes the key, the next plan lets this computer.
func (d *Desk) keyFault(err error) error {
	f := cred.AsFault(err)
	switch f.Code {
	case "keygen.csr-lost":
		return cred.Because(err, f.Code, f.Text, "retry: the key, which nobody can use, is deleted and another one made")
	case "keygen.unknown":
		d.mu.Lock()
		defer d.mu.Unlock()
		d.keyless = true
		return cred.Because(err, f.Code, f.Text, `retry: with key = "auto" this computer makes the key then; else write key = "host"`)
	}
	return err
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
	content := []byte(d.set.Cert.PEM)
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
		use([]byte(d.set.Cert.PEM), d.set.Key.PEM())
		return false, nil
	case d.set.Made == nil:
		return false, cred.Failed("store.key-gone", "the unit's key is in the modem only, so this computer cannot connect with it",
			"provision the unit again with a new key, or let the unit connect by itself")
	}
	maker, err := d.maker(ctx)
	if err != nil {
		return true, err
	}
	d.set.Twin, err = maker.Twin(ctx, d.set.Cert, use)
	return true, err
}
