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

	key  []byte // hex text: the same bytes as the slot's content
	keep func(context.Context) error
}

// Key is the key as hex text; nil once it is forgotten.
func (p *PSK) Key() []byte {
	if p == nil {
		return nil
	}
	return p.key
}

// stranger are the failures of a connection by which a server may mean: I do not know this key (endpoint.md, section 9).
var stranger = map[string]bool{"dtls.began-silent": true, "dtls.garbled": true, "dtls.20": true, "dtls.40": true, "dtls.51": true, "dtls.115": true}

// Stranger puts first, of what a server's refusal may mean, what it most likely does: the key was drawn just now, and nobody told it.
func (p *PSK) Stranger(f *cred.Fault, unit cred.IMEI) *cred.Fault {
	if p == nil || f == nil || !stranger[f.Code] {
		return f
	}
	hint := "the key is new: open it with sectag ledger psk --imei " + unit.String() + ", tell it to the server, and retry at the screens; " + f.Hint
	return cred.Because(f, f.Code, f.Text, hint)
}

// NoLedger refuses to make a PSK that nobody could ever tell a server.
func NoLedger() error {
	return cred.Failed("psk.no-ledger", "no ledger is named, and a unit's pre-shared key must be kept sealed before it is sent: nobody could tell it to the server",
		`write url = "sqlite:ledger.db" below [ledger] in the profile, or give --ledger`)
}

// Draw draws the unit's PSK out of the operating system's random source, for these recipients. The name and the PSK must be nobody
// else's. It is kept by the set that it comes into (Keep).
func (m Maker) Draw(ctx context.Context, bytes int, recipients []string) (*PSK, error) {
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
	p.keep = func(ctx context.Context) error { return m.seal(ctx, p, recipients) }
	err := m.Ledger.Check(ctx, m.Unit,
		record.Binding{What: record.BindIMEI, Value: m.Unit.IMEI.String()}, record.Binding{What: record.BindName, Value: p.Identity},
		record.Binding{What: record.BindPSK, Value: p.SHA256.String()})
	if err != nil {
		clear(p.key)
		return nil, err
	}
	return p, nil
}

// seal encrypts the PSK to the recipients and keeps it in the ledger.
func (m Maker) seal(ctx context.Context, p *PSK, recipients []string) error {
	text, err := sealed.Seal(p.key, recipients)
	if err != nil {
		return err
	}
	line := seal.PSKLine{IMEI: m.Unit.IMEI, PSK: p.SHA256, Identity: p.Identity, Sealed: text, Recipients: recipients}
	if err := m.Ledger.KeepPSK(ctx, m.Run, m.stamp(), line); err != nil {
		return fmt.Errorf("keeping the sealed PSK: %w", err)
	}
	p.Sealed = cred.Sum([]byte(text))
	return nil
}

// Keep keeps for the firm what it must be able to give to a server: a PSK, sealed, on the disk when it returns. Nothing of the set may be
// sent before.
func (s *Set) Keep(ctx context.Context) error {
	if s.PSK == nil {
		return nil
	}
	return s.PSK.keep(ctx)
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
