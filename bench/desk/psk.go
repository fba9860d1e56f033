package desk

import (
	"context"

	"example.org/sectag/bench/identity"
	"example.org/sectag/endpoint"
	"example.org/sectag/flows"
)

// drawPSK draws the unit's pre-shared key. Nothing is kept of it yet.
func (d *Desk) drawPSK(ctx context.Context, set *identity.Set, plan flows.Plan) error {
	m, err := d.maker(ctx)
	if err != nil {
		return err
	}
	p := d.profile().PSK
	psk, err := m.Draw(ctx, p.Bytes, p.Recipients)
	if err != nil {
		return err
	}
	set.Share(psk, plan)
	return nil
}

// show connects with what the unit was given: its pre-shared key, its certificate and key, or a twin's where the key is in the modem.
func (d *Desk) show(ctx context.Context, to func(endpoint.ConnectOptions)) (twin bool, err error) {
	if psk := d.set.PSK; psk.Key() != nil {
		to(endpoint.ConnectOptions{PSKID: psk.Identity, PSK: psk.Key()})
		return false, nil
	}
	return d.shown(ctx, func(cert, key []byte) { to(endpoint.ConnectOptions{Cert: cert, Key: key, Anchor: d.set.Anchor}) })
}
