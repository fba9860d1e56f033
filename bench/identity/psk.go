package identity

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/seal"
	"example.org/sectag/ledger/sealed"
)

// PSK is a pre-shared key that this computer drew for a unit. What is secret of it are the contents of the unit's slot.
type PSK struct {
	Identity string
	Bytes    int         // random ones
	SHA256   cred.Digest // as the modem will list it
	Sealed   cred.Digest // of its sealed copy; zero before there is one

	key []byte // hex text: the same bytes as the slot's content
}

// Key is the key as hex text; nil once it is forgotten.
func (p *PSK) Key() []byte {
	if p == nil {
		return nil
	}
	return p.key
}

// NoLedger refuses to make a PSK that nobody could ever tell a server.
func NoLedger() error {
	return cred.Failed("psk.no-ledger", "no ledger is named, and a unit's pre-shared key must be kept sealed before it is sent: nobody could tell it to the server",
		`write url = "sqlite:ledger.db" below [ledger] in the profile, or give --ledger`)
}

// Draw draws the unit's PSK out of the operating system's random source. The name and the PSK must be nobody else's. It is not kept yet.
func (m Maker) Draw(ctx context.Context, bytes int) (*PSK, error) {
	if m.Ledger == nil {
		return nil, NoLedger()
	}
	raw := make([]byte, bytes)
	defer clear(raw)
	if _, err := rand.Read(raw); err != nil {
		return nil, fmt.Errorf("drawing a PSK: %w", err)
	}
	p := &PSK{Identity: m.Name, Bytes: bytes, key: hex.AppendEncode(nil, raw)}
	p.SHA256 = cred.Sum(p.key)
	err := m.Ledger.Check(ctx, m.Unit,
		record.Binding{What: record.BindIMEI, Value: m.Unit.IMEI.String()}, record.Binding{What: record.BindName, Value: p.Identity},
		record.Binding{What: record.BindPSK, Value: p.SHA256.String()})
	if err != nil {
		clear(p.key)
		return nil, err
	}
	return p, nil
}

// Seal encrypts the PSK to the recipients and keeps it in the ledger, on the disk when it returns. Nothing of it may be sent before.
func (m Maker) Seal(ctx context.Context, p *PSK, recipients []string) error {
	text, err := sealed.Seal(p.key, recipients)
	if err != nil {
		return err
	}
	line := seal.PSKLine{PSK: p.SHA256, Identity: p.Identity, Sealed: text, Recipients: recipients}
	if err := m.Ledger.KeepPSK(ctx, m.Run, m.stamp(), line); err != nil {
		return fmt.Errorf("keeping the sealed PSK: %w", err)
	}
	p.Sealed = cred.Sum([]byte(text))
	return nil
}

// Share puts a PSK and its identity where the plan wants them. The set forgets it with the other secrets.
func (s *Set) Share(p *PSK, plan flows.Plan) {
	s.PSK = p
	for i, l := range plan.Slots[:plan.N] {
		if l.Op != flows.WriteSlot {
			continue
		}
		switch l.Slot.Kind {
		case cred.PSK:
			s.Contents[i] = p.key
			s.secret = append(s.secret, i)
		case cred.PSKID:
			s.Contents[i] = []byte(p.Identity)
		}
	}
}
