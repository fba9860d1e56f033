package negative

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"

	"example.org/sectag/ca"
	"example.org/sectag/ca/decoy"
	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

// unit reads the unit's certificate and makes sure that this authority signed it: of another authority's unit no decoy could be made
// that the server had but one reason to refuse.
func (p *proof) unit() (*x509.Certificate, error) {
	blocks := cred.Blocks(p.Unit.Cert)
	if len(blocks) == 0 {
		return nil, cred.Failed("config.file", "the unit's certificate cannot be read", "give the PEM file with the unit's own certificate")
	}
	c, err := x509.ParseCertificate(blocks[0].Bytes)
	if err != nil {
		return nil, cred.Because(err, "config.file", "the unit's certificate cannot be read", "have it issued anew")
	}
	if err := p.Auth.Cert.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature); err != nil {
		return nil, cred.Because(err, "ca.not-issued-by", "the authority did not sign the unit's certificate, so nothing that it signs tells how the server treats such units",
			"give the authority of this unit behind --ca-cert and --ca-key")
	}
	return c, nil
}

// maySign refuses before the server hears anything what would be refused in the middle.
func (p *proof) maySign() error {
	if p.Auth.Locked() {
		return cred.Failed("ca.locked", "the authority is locked", "unlock it with its passphrase")
	}
	clock := p.clock()
	clock.Authority = p.Auth.Cert.NotBefore
	_, err := ca.DoubtClock(clock)
	return err
}

// shown lets use have what an attempt shows. Its key is overwritten when use is over.
func (p *proof) shown(ctx context.Context, kind decoy.Kind, use func(cert, key []byte)) error {
	switch kind {
	case noCertificate:
		use(nil, nil)
		return nil
	case otherKey:
		key, err := ca.NewKey()
		if err != nil {
			return err
		}
		defer key.Clear()
		use(p.Unit.Cert, key.PEM())
		return nil
	}
	o := decoy.Order{Kind: kind, Name: p.name, Clock: p.clock()}
	if kind == decoy.OtherUnit {
		o.Name = p.otherName()
	}
	if kind.Signed() {
		var err error
		if o.Serial, err = p.reserve(ctx); err != nil {
			return err
		}
	}
	d, err := decoy.Make(p.Auth, o)
	if err != nil {
		return err
	}
	defer d.Clear()
	use(d.Chain, d.Key.PEM())
	return nil
}

func (p *proof) clock() ca.Clock {
	return ca.Clock{Now: p.Now(), Build: p.Tool.Built, NewestRecord: p.newest}
}

// otherName is a name in the form that LwM2M recommends and that no unit has: such an IMEI is given to nobody.
func (p *proof) otherName() string {
	const nobody = "urn:imei:000000000000000"
	if p.name == nobody {
		return "urn:imei:111111111111119"
	}
	return nobody
}

// reserve takes a serial that nobody else will get; without a ledger it is only drawn.
func (p *proof) reserve(ctx context.Context) (string, error) {
	serial := ca.NewSerial()
	if p.Ledger != nil {
		if err := p.Ledger.Reserve(ctx, p.run, record.Stamp(p.Now()), serial); err != nil {
			return "", fmt.Errorf("reserving a serial: %w", err)
		}
	}
	p.serials = append(p.serials, serial)
	return serial, nil
}

// abandon marks all that were reserved: their certificates are nobody's.
func (p *proof) abandon(ctx context.Context) (err error) {
	if p.Ledger == nil {
		return nil
	}
	for _, serial := range p.serials {
		err = errors.Join(err, p.Ledger.Abandon(ctx, p.run, record.Stamp(p.Now()), serial))
	}
	return err
}
