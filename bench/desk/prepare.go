package desk

import (
	"context"
	"crypto/x509"
	"fmt"
	"strings"

	"example.org/sectag/bench/past"
	"example.org/sectag/ca"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/flows"
	"example.org/sectag/flows/codec"
	"example.org/sectag/ledger/record"
)

// prepared is the whole new set, ready before anything is deleted. contents are by the plan's index.
type prepared struct {
	contents [flows.MaxSlots][]byte
	key      *ca.Key
	cert     ca.Certificate
	anchor   []byte // canonical PEM that the connection test trusts: the first slot's
	secret   []int  // indexes of contents that must not outlive their use

	handCert *record.Certificate // of work by hand: the certificate that was written
	handKey  *record.Key         // and the key, or PSK
}

func (p *prepared) content(index uint8) []byte { return p.contents[index] }

// clear forgets all of it. What was written stays in the modem; the connection test comes before this.
func (p *prepared) clear() {
	p.forgetKey()
	*p = prepared{}
}

// forgetKey overwrites the private key in memory and keeps what is public.
func (p *prepared) forgetKey() {
	p.key.Clear()
	for _, i := range p.secret {
		clear(p.contents[i])
		p.contents[i] = nil
	}
	p.secret = nil
}

// prepare makes the set ready without touching the modem, so that a failure here leaves the unit as it was: the modem's firmware
// can list digests, every command fits the host's buffer, the anchor is there, the identity is free in the ledger, the clock is
// believed, the certificate is signed and judged.
func (d *Desk) prepare(ctx context.Context, e flows.Prepare) (flows.Event, error) {
	m, err := d.must()
	if err != nil {
		return nil, err
	}
	if err := m.FirmwareOK(); err != nil {
		return nil, err
	}
	d.set.clear()
	plan, hand := d.planned()
	var set prepared
	origin := ""
	if hand.Op != flows.Keep {
		err = d.prepareHand(ctx, &set, hand)
	} else {
		origin = "host"
		err = d.prepareIdentity(ctx, &set, plan)
	}
	if err == nil {
		err = fits(m, plan, &set)
	}
	if err != nil {
		set.clear()
		return nil, err
	}
	d.set = set
	return d.ready(e.ID, m, plan, origin), nil
}

func (d *Desk) planned() (flows.Plan, flows.Hand) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.plan, d.hand
}

func (d *Desk) ready(id flows.ID, m *device.Modem, plan flows.Plan, origin string) flows.Event {
	answer := flows.Prepared{ID: id}
	facts := flows.PreparedFacts{KeyOrigin: origin, Clock: d.set.cert.Clock, Sizes: []int{}}
	for i, s := range plan.Slots[:plan.N] {
		if c := d.set.contents[i]; c != nil {
			answer.Want[i] = m.Stored(s.Slot, c)
		}
		facts.Sizes = append(facts.Sizes, len(d.set.contents[i]))
	}
	if c := d.set.cert; c.Serial != "" {
		facts.Certificate = &flows.CertificateFacts{Serial: c.Serial, NotAfter: record.Stamp(c.NotAfter), SHA256: c.SHA256, PEM: c.PEM}
	}
	answer.Doc = codec.Doc(facts)
	return answer
}

func fits(m *device.Modem, plan flows.Plan, set *prepared) error {
	for i, s := range plan.Slots[:plan.N] {
		if c := set.contents[i]; c != nil {
			if err := m.Fits(s.Slot, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// prepareIdentity issues the unit's certificate for a key that this computer makes now.
func (d *Desk) prepareIdentity(ctx context.Context, set *prepared, plan flows.Plan) error {
	for i, s := range plan.Slots[:plan.N] {
		if s.Slot.Kind != cred.RootCA {
			continue
		}
		anchor, err := d.anchorBytes(s.Slot.SecTag)
		if err != nil {
			return err
		}
		if set.anchor == nil {
			set.anchor = anchor
		}
		if s.Op == flows.WriteSlot {
			set.contents[i] = anchor
		}
	}
	if writes(plan, cred.ClientCert) {
		if err := d.issue(ctx, set); err != nil {
			return err
		}
	}
	for i, s := range plan.Slots[:plan.N] {
		if s.Op != flows.WriteSlot {
			continue
		}
		switch s.Slot.Kind {
		case cred.ClientCert:
			set.contents[i] = []byte(set.cert.PEM)
		case cred.ClientKey:
			set.contents[i] = append([]byte(nil), set.key.PEM()...)
			set.secret = append(set.secret, i)
		}
	}
	return nil
}

func writes(plan flows.Plan, k cred.Kind) bool {
	for _, s := range plan.Slots[:plan.N] {
		if s.Op == flows.WriteSlot && s.Slot.Kind == k {
			return true
		}
	}
	return false
}

func (d *Desk) issue(ctx context.Context, set *prepared) error {
	d.mu.Lock()
	auth, unit, items := d.auth, d.unit, d.items
	d.mu.Unlock()
	if auth == nil || auth.Locked() {
		return cred.Failed("ca.passphrase", "the authority is locked", "unlock it with its passphrase")
	}
	p := d.profile()
	name := p.ID.Name(unit.IMEI)
	var err error
	if set.key, err = ca.NewKey(); err != nil {
		return err
	}
	der, err := x509.MarshalPKIXPublicKey(set.key.Public())
	if err != nil {
		return fmt.Errorf("reading the new key's public half: %w", err)
	}
	serial, err := d.reserve(ctx, past.Seen(unit, items), name, cred.Sum(der))
	if err != nil {
		return err
	}
	clock, err := d.clock(ctx)
	if err != nil {
		return err
	}
	set.cert, err = auth.Issue(ca.Request{
		Name: name, Public: set.key.Public(), Serial: serial, Days: p.Days, UntilIssuer: p.Until,
		Clock: clock,
	})
	if err != nil {
		return inProfile(err)
	}
	return set.key.Prove(set.cert)
}

// reserve refuses an identity that is another unit's, and takes a serial that nobody else will get.
func (d *Desk) reserve(ctx context.Context, unit record.Unit, name string, spki cred.Digest) (string, error) {
	serial := ca.NewSerial()
	if d.Ledger == nil {
		return serial, nil
	}
	if err := past.Free(ctx, d.reader(), unit, name, spki); err != nil {
		return "", err
	}
	if err := d.Ledger.Reserve(ctx, d.run, record.Stamp(d.Now()), serial); err != nil {
		return "", fmt.Errorf("reserving a serial: %w", err)
	}
	return serial, nil
}

// inProfile says as a profile does what a hint names as a flag.
func inProfile(err error) error {
	f := cred.AsFault(err)
	if f.Code != "ca.outlives-issuer" {
		return err
	}
	hint := strings.Replace(f.Hint, "take --until-issuer", `write validity = "issuer" below [device] in the profile, and start again`, 1)
	return cred.Because(err, f.Code, f.Text, hint)
}
