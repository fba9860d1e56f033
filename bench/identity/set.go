package identity

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"encoding/pem"

	"example.org/sectag/bench/evidence"
	"example.org/sectag/ca"
	"example.org/sectag/ca/chain"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/ledger/record"
)

// Set is the whole new set for a unit, ready before anything is deleted. Contents are by the plan's index.
type Set struct {
	Contents [flows.MaxSlots][]byte
	Key      *ca.Key
	PSK      *PSK // instead of key and certificate
	Cert     ca.Certificate
	Behind   chain.Chain // the authority's intermediates, which the unit sends behind its certificate
	Written  []byte      // the content whose write was answered with OK and that is to be proved next
	Anchor   []byte      // canonical PEM that the connection test trusts: the first slot's

	Ready Ready  // for a key that the modem makes
	Made  *Made  // that key, once it is made
	Twin  string // serial of the twin that was last shown to the server

	secret  []int               // indexes of Contents that must not outlive their use
	dropped int                 // how many serials of the record were abandoned
	tested  string              // the twin whose record is written
	byHand  *record.Certificate // of work by hand: the certificate that was written
	handKey *record.Key         // and the key, or PSK
	derived string              // the PSK is this function of the unit's label
	weighed bool                // that was looked at
}

// Clear forgets all of it. What was written stays in the modem; the connection test comes before this.
func (s *Set) Clear() {
	s.ForgetKey()
	*s = Set{}
}

// ForgetKey overwrites the private key in memory and keeps what is public.
func (s *Set) ForgetKey() {
	s.Key.Clear()
	if s.PSK != nil {
		clear(s.PSK.key)
		s.PSK.key = nil
	}
	for _, i := range s.secret {
		clear(s.Contents[i])
		s.Contents[i] = nil
	}
	s.secret = nil
}

// Lay puts the certificate and the key of this computer where the plan wants them.
func (s *Set) Lay(plan flows.Plan) {
	for i, l := range plan.Slots[:plan.N] {
		if l.Op != flows.WriteSlot {
			continue
		}
		switch l.Slot.Kind {
		case cred.ClientCert:
			s.Contents[i] = s.Sent(s.Cert)
		case cred.ClientKey:
			s.Contents[i] = append([]byte(nil), s.Key.PEM()...)
			s.secret = append(s.secret, i)
		}
	}
}

// Sent is a certificate as the unit sends it and its slot holds it: the intermediates stand behind it, if any are sent.
func (s *Set) Sent(c ca.Certificate) []byte { return append([]byte(c.PEM), s.Behind.PEM()...) }

// Fits asks of everything that will be written whether it fits, a certificate that is still to be signed too.
func (s *Set) Fits(plan flows.Plan, fits func(cred.Slot, []byte) error) error {
	for i, l := range plan.Slots[:plan.N] {
		c := s.Contents[i]
		if l.Op == flows.WriteSlot && l.Slot.Kind == cred.ClientCert && c == nil {
			c = append(bytes.Clone(s.Ready.Longest), s.Behind.PEM()...)
		}
		if c != nil {
			if err := fits(l.Slot, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// Facts is what is shown and recorded of the set for a plan.
func (s *Set) Facts(plan flows.Plan, why string) flows.PreparedFacts {
	out := flows.PreparedFacts{Certificate: s.certificate(), Clock: s.Clock(), Sizes: []int{}}
	if p := s.PSK; p != nil {
		out.PSK = &flows.PSKFacts{Identity: p.Identity, SHA256: p.SHA256, Sealed: p.Sealed}
	}
	for i, l := range plan.Slots[:plan.N] {
		out.Sizes = append(out.Sizes, len(s.Contents[i]))
		if l.Op == flows.WriteSlot && l.Slot.Kind == cred.ClientKey {
			out.Why = why
		}
	}
	return out
}

// Signed is what is shown of the certificate that was signed in the middle of the work.
func (s *Set) Signed() flows.PreparedFacts {
	return flows.PreparedFacts{KeyOrigin: "modem", Certificate: s.certificate(), Clock: s.Clock(), Sizes: []int{len(s.Sent(s.Cert))}}
}

// Clock is the source of the clock that the certificate was signed by, or will be; empty where none is.
func (s *Set) Clock() string { return cmp.Or(s.Cert.Clock, s.Ready.Clock) }

func (s *Set) certificate() *flows.CertificateFacts {
	c := s.Cert
	if c.Serial == "" {
		return nil
	}
	return &flows.CertificateFacts{Serial: c.Serial, NotAfter: record.Stamp(c.NotAfter), SHA256: c.SHA256, PEM: c.PEM}
}

// Import takes the content of a slot that is written by hand, notes for the record whose identity it is, and gives what it claims.
func (s *Set) Import(hand flows.Hand, content []byte) (claims []record.Binding, err error) {
	s.Contents[0] = content
	if hand.Slot.Kind.Secret() {
		s.secret = []int{0}
	}
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
		s.byHand = evidence.Imported(c)
		for _, behind := range cred.Blocks(content)[1:] {
			s.byHand.Behind = append(s.byHand.Behind, cred.Sum(cred.CertPEM(behind.Bytes)))
		}
	case cred.ClientKey:
		if s.handKey, err = importedKey(content); err != nil {
			return nil, cred.Because(err, "config.value", hand.File+": the private key cannot be read", "give the unit's private key")
		}
	case cred.PSK:
		s.handKey = &record.Key{Origin: "imported", Algorithm: "PSK", PSK: cred.Sum(content), HostCopy: "kept", Proof: "none"}
	case cred.PSKID:
		return []record.Binding{{What: record.BindName, Value: string(content)}}, nil
	default:
		return nil, nil
	}
	return record.Record{Cert: s.byHand, Key: s.handKey}.Bindings(), nil
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

// Record writes whose key and certificate the unit has. A key without a certificate is said too: it stands in the unit.
func (s *Set) Record(r *record.Record, auth *ca.Authority, root ca.Root) {
	switch {
	case s.byHand != nil || s.handKey != nil:
		r.KeyOrigin, r.Cert, r.Key = "imported", s.byHand, s.handKey
		return
	case s.Made != nil:
		r.KeyOrigin, r.Key = "modem", evidence.ModemKey(s.Made.Fact, r.Firmware)
		r.Unit.Token = s.Made.Fact.Token
		r.Unit.UUID = cmp.Or(r.Unit.UUID, s.Made.Fact.UUID)
	case s.PSK != nil:
		p := s.PSK
		r.KeyOrigin, r.Key = "host", evidence.PSK(p.Bytes, p.SHA256, p.Sealed, p.Identity, copyOf(p.key), r.Connect)
	case s.Cert.Serial != "":
		r.KeyOrigin, r.Key = "host", evidence.HostKey(s.Cert.SPKI, copyOf(s.Key.PEM()))
	case s.Ready.Serial != "":
		r.KeyOrigin = "modem" // asked for
	}
	if s.Cert.Serial != "" {
		r.Cert, r.Authority = evidence.Certificate(s.Cert, root), evidence.Authority(auth, root)
		r.Cert.Behind = s.Behind.Sums()
	} else if s.Ready.Serial != "" {
		r.Abandoned = []string{s.Ready.Serial} // reserved for a certificate that was never signed
	}
}

// copyOf: after a failure the key is kept in memory for another try at the connection, and the record says so.
func copyOf(key []byte) string {
	if key != nil {
		return "kept"
	}
	return "destroyed"
}

// Drop abandons what a record names as abandoned, once.
func (s *Set) Drop(abandon func(serial string) error, serials []string) error {
	for _, serial := range serials[min(s.dropped, len(serials)):] { // the others an earlier try to write this record abandoned
		if err := abandon(serial); err != nil {
			return err
		}
		s.dropped++
	}
	return nil
}

// Test writes the record that a twin's connection has beside the unit's own, once: whatever becomes of the unit's.
func (s *Set) Test(unit record.Record, write func(record.Record) error) error {
	if c := unit.Connect; c == nil || c.TwinSerial == "" || c.TwinSerial == s.tested {
		return nil
	}
	if err := write(evidence.Twin(unit)); err != nil {
		return err
	}
	s.tested = unit.Connect.TwinSerial
	return nil
}
