// Package identity makes a unit's identity: a key of this computer or of the modem, the certificate for it, and the twin that stands in
// for a key which cannot leave its modem. It asks the authority and the ledger, and never a modem. No unit gets an identity here that
// is another's, and no certificate is signed whose serial was not reserved before.
//
// Read identity.go first: what an identity is made with, and a key of this computer. Then made.go: a key of the modem's; behind.go: what
// a unit sends behind its certificate.
package identity

import (
	"context"
	"crypto/x509"
	"fmt"
	"strings"

	"example.org/sectag/bench/past"
	"example.org/sectag/ca"
	"example.org/sectag/ca/lint"
	"example.org/sectag/cred"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// Maker is what an identity is made with, for one unit.
type Maker struct {
	Auth    *ca.Authority // nil: nobody opened it
	Clock   ca.Clock      // everything that is known about the time
	Ledger  *ledger.Store // nil: nothing is reserved, and nobody else's identity is known
	Run     string        // the journal's name of this run
	Unit    record.Unit
	Name    string       // that the template makes of the IMEI
	Profile lint.Profile // of the certificate
	Days    int
	Until   bool // live as long as the issuer
}

// ByHost issues the unit's certificate for a key that this computer makes now, under the serial that was reserved, if one was.
func (m Maker) ByHost(ctx context.Context, serial string) (*ca.Key, ca.Certificate, error) {
	if err := m.open(); err != nil {
		return nil, ca.Certificate{}, err
	}
	key, err := ca.NewKey()
	if err != nil {
		return nil, ca.Certificate{}, err
	}
	cert, err := m.forKey(ctx, key, serial)
	if err != nil {
		key.Clear()
		return nil, ca.Certificate{}, err
	}
	return key, cert, nil
}

func (m Maker) forKey(ctx context.Context, key *ca.Key, serial string) (ca.Certificate, error) {
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return ca.Certificate{}, fmt.Errorf("reading the new key's public half: %w", err)
	}
	if err := m.free(ctx, cred.Sum(der)); err != nil {
		return ca.Certificate{}, err
	}
	q := m.request()
	if q.Serial, q.Public = serial, key.Public(); serial == "" {
		if q.Serial, err = m.reserve(ctx); err != nil {
			return ca.Certificate{}, err
		}
	}
	cert, err := m.Auth.Issue(q)
	if err != nil {
		return ca.Certificate{}, inProfile(err)
	}
	return cert, key.Prove(cert)
}

// open refuses to begin where the authority's key is not open.
func (m Maker) open() error {
	if m.Auth == nil || m.Auth.Locked() {
		return cred.Failed("ca.passphrase", "the authority is locked", "unlock it with its passphrase")
	}
	return nil
}

func (m Maker) request() ca.Request {
	return ca.Request{Name: m.Name, Profile: m.Profile, Device: m.Unit.IMEI.String(), Days: m.Days, UntilIssuer: m.Until, Clock: m.Clock}
}

// free refuses an identity that is another unit's; a zero digest is a key that nobody knows yet.
func (m Maker) free(ctx context.Context, spki cred.Digest) error {
	if m.Ledger == nil {
		return nil
	}
	return past.Free(ctx, m.Ledger.Reader, m.Unit, m.Name, spki)
}

// reserve takes a serial that nobody else will get.
func (m Maker) reserve(ctx context.Context) (string, error) {
	serial := ca.NewSerial()
	if m.Ledger == nil {
		return serial, nil
	}
	if err := m.Ledger.Reserve(ctx, m.Run, m.stamp(), serial); err != nil {
		return "", fmt.Errorf("reserving a serial: %w", err)
	}
	return serial, nil
}

func (m Maker) stamp() string { return record.Stamp(m.Clock.Now) }

// Abandon marks a reserved serial as one that no unit's certificate will ever have.
func (m Maker) Abandon(ctx context.Context, serial string) error {
	if m.Ledger == nil || serial == "" {
		return nil
	}
	return m.Ledger.Abandon(ctx, m.Run, m.stamp(), serial)
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
