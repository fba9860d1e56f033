package ca

import (
	"crypto"
	"crypto/x509"
	"fmt"
	"time"

	"example.org/sectag/ca/certfile"
	"example.org/sectag/ca/chain"
	"example.org/sectag/ca/lint"
	"example.org/sectag/cred"
)

// TwinLife is how long a twin lives from now on: long enough for a handshake, too short to be worth stealing. Like every
// certificate it begins up to ten minutes ago.
const TwinLife = 10 * time.Minute

// TwinRequest asks for a twin.
type TwinRequest struct {
	Of      []byte       // DER of the unit's own certificate, of this authority
	Profile lint.Profile // of that certificate, and of the twin; empty: lint.LwM2M
	Serial  string       // hex, reserved beforehand with NewSerial like the unit's own; empty: one is drawn now
	Clock   Clock        // as for Issue
}

// Twin signs a certificate with the name of a unit and with a key made here, for a connection test by this computer: the key of
// the unit is in its modem and does not come out. It lives for TwinLife, or to the end of the unit's certificate or of the
// authority, whichever comes first. Clear the key after the test; record the certificate as a test, never as the unit's.
// Faults: those of Issue; ca.not-issued-by (the unit's certificate is not one of this authority); ca.expired (it has ended).
func (a *Authority) Twin(q TwinRequest) (Certificate, *Key, error) {
	if why := refusal(Judge(q.Of, a.Root, q.Profile)); why != "" {
		return Certificate{}, nil, cred.Failed("ca.not-issued-by",
			"a twin is made of a unit's certificate by this authority, and this is none: "+why,
			"unlock the authority that issued the unit's certificate")
	}
	unit, err := x509.ParseCertificate(q.Of)
	if err != nil {
		return Certificate{}, nil, fmt.Errorf("reading the unit's certificate: %w", err)
	}
	key, err := NewKey()
	if err != nil {
		return Certificate{}, nil, err
	}
	r := Request{Name: unit.Subject.CommonName, Profile: q.Profile, Device: unit.Subject.SerialNumber, Public: key.Public(), Serial: q.Serial, Clock: q.Clock}
	c, err := a.issue(r, func(_ Request, now time.Time) (time.Time, error) { return twinEnd(now, unit, a.line()) })
	if err != nil {
		key.Clear()
		return Certificate{}, nil, err
	}
	return c, key, nil
}

func twinEnd(now time.Time, unit *x509.Certificate, above chain.Chain) (time.Time, error) {
	if now.After(unit.NotAfter) {
		return time.Time{}, cred.Failed("ca.expired",
			"the unit's certificate ended on "+unit.NotAfter.UTC().Format(certfile.Day), "issue the unit's certificate anew")
	}
	end := now.Add(TwinLife)
	for _, limit := range []time.Time{unit.NotAfter.UTC(), above.End()} {
		if limit.Before(end) {
			end = limit
		}
	}
	return end, nil
}

// TestRequest asks for a certificate that a server must refuse.
type TestRequest struct {
	Like   *x509.Certificate // as it is to be: name, validity, what it may; issuer and serial are filled in
	Public crypto.PublicKey
	Serial string // as for Twin
	Clock  Clock
}

// SignTest signs a certificate for a connection that must fail, and does not judge it: it is meant to be wrong. It lives for minutes
// all the same, and never beyond TwinLife from now. Clear its key after the test, record it as a test, give it to nobody.
// Faults: ca.clock, ca.expired, ca.locked, config.value.
func (a *Authority) SignTest(q TestRequest) ([]byte, error) {
	clock := q.Clock
	clock.Authority = a.Cert.NotBefore
	if _, err := DoubtClock(clock); err != nil {
		return nil, err
	}
	if err := a.inDate(clock.Now); err != nil {
		return nil, err
	}
	tmpl := *q.Like
	if tmpl.NotAfter.After(clock.Now.Add(TwinLife)) || tmpl.NotAfter.Sub(tmpl.NotBefore) > TwinLife+grace {
		return nil, cred.Failed("config.value", "a certificate for a test lives for minutes, and this one would not", "this is a defect of sectag: please report it")
	}
	var err error
	if tmpl.SerialNumber, err = parseSerial(q.Serial); err != nil {
		return nil, err
	}
	if tmpl.AuthorityKeyId, err = lint.KeyID(a.Cert); err != nil {
		return nil, err
	}
	return a.sign(&tmpl, q.Public)
}
