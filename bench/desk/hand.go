package desk

import (
	"context"
	"crypto/x509"
	"encoding/pem"

	"example.org/sectag/bench/evidence"
	"example.org/sectag/bench/past"
	"example.org/sectag/bench/slotfile"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/ledger/record"
)

// prepareHand reads what a person wants in one slot. An identity that is another unit's is refused here as everywhere, and so is a
// unit's certificate that is itself an authority.
func (d *Desk) prepareHand(ctx context.Context, set *prepared, hand flows.Hand) error {
	if hand.Op != flows.WriteSlot {
		return nil
	}
	content, err := slotfile.Read(hand.Slot.Kind, hand.File)
	if err != nil {
		return err
	}
	set.contents[0] = content
	if hand.Slot.Kind.Secret() {
		set.secret = []int{0}
	}
	claims, err := set.imported(hand)
	if err != nil || d.Ledger == nil || len(claims) == 0 {
		return err
	}
	d.mu.Lock()
	unit := past.Seen(d.unit, d.items)
	d.mu.Unlock()
	return d.Ledger.Check(ctx, unit, claims...)
}

// imported notes for the record whose identity the content is, and gives what it claims.
func (p *prepared) imported(hand flows.Hand) (claims []record.Binding, err error) {
	content := p.contents[0]
	switch hand.Slot.Kind {
	case cred.ClientCert:
		b, _ := pem.Decode(content)
		c, err := x509.ParseCertificate(b.Bytes)
		if err != nil {
			return nil, cred.Because(err, "config.value", hand.File+": the certificate cannot be read", "give the unit's certificate")
		}
		if c.IsCA {
			return nil, cred.Failed("ca.leaf-is-ca", "the certificate in "+hand.File+" is itself an authority: who has this unit's key could make units",
				"have it issued anew by sectag ca issue, or with basicConstraints CA:FALSE")
		}
		p.handCert = evidence.Imported(c)
	case cred.ClientKey:
		if p.handKey, err = importedKey(content); err != nil {
			return nil, cred.Because(err, "config.value", hand.File+": the private key cannot be read", "give the unit's private key")
		}
	case cred.PSK:
		p.handKey = &record.Key{Origin: "imported", Algorithm: "PSK", PSK: cred.Sum(content), HostCopy: "kept", Proof: "none"}
	case cred.PSKID:
		return []record.Binding{{What: record.BindName, Value: string(content)}}, nil
	default:
		return nil, nil
	}
	return record.Record{Cert: p.handCert, Key: p.handKey}.Bindings(), nil
}

func importedKey(content []byte) (*record.Key, error) {
	b, _ := pem.Decode(content)
	key, err := x509.ParsePKCS8PrivateKey(b.Bytes)
	clear(b.Bytes)
	if err != nil {
		return nil, err
	}
	return evidence.ImportedKey(key)
}
