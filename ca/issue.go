package ca

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"math/big"
	"time"

	"example.org/sectag/ca/certfile"
	"example.org/sectag/ca/lint"
	"example.org/sectag/cred"
)

// Request asks for one unit's certificate.
type Request struct {
	Name        string           // CN, LwM2M endpoint name and PSK identity are one (see cred.Template)
	Profile     lint.Profile     // whom the certificate is for; empty: lint.LwM2M
	Device      string           // the unit's own serial number, its IMEI, for profiles that have it in the subject
	Public      crypto.PublicKey // EC P-256, the only kind that the modem makes and RFC 7925 asks for
	Serial      string           // hex, reserved beforehand with NewSerial; empty: one is drawn now
	Days        int              // of life from now
	UntilIssuer bool             // live as long as the root, whatever Days says
	Clock       Clock            // Now is needed; give everything that is known
}

// Certificate is a unit's certificate, signed and judged. Its JSON is the contract's `certificate`.
type Certificate struct {
	Serial    string      `json:"serial"` // lower-case hex, 32 characters when drawn here
	NotBefore time.Time   `json:"-"`
	NotAfter  time.Time   `json:"not_after"`
	SHA256    cred.Digest `json:"sha256"` // of PEM: what the modem lists for slot type 1
	PEM       string      `json:"pem"`    // the minimal block
	DER       []byte      `json:"-"`
	Name      string      `json:"-"` // CN
	SPKI      cred.Digest `json:"-"` // of the DER SubjectPublicKeyInfo
	Signature string      `json:"-"` // the issuer's algorithm, such as ECDSA-SHA256
	Clock     string      `json:"-"` // the clock's source, for the record: "system", "system+http-date"
	Subject   string      `json:"-"` // the whole of it, RFC 2253
	Profile   string      `json:"-"` // the rules that it was issued and judged by, for the record (lint.Profile.Record)

	Lint []cred.Finding `json:"-"` // what those rules say of it that is no error
}

// Issue signs a certificate for one unit and judges it before anyone gets it. It begins ten minutes ago, so that a server
// whose clock is a little behind takes it, but not before its issuer; it never outlives its issuer. Faults: ca.clock,
// ca.expired, ca.outlives-issuer (the hint gives the days left), ca.locked, config.value (name, key, serial, days), ca.profile.
func (a *Authority) Issue(q Request) (Certificate, error) {
	return a.issue(q, a.end)
}

// issue is Issue for any rule about the end of life.
func (a *Authority) issue(q Request, lives func(Request, time.Time) (time.Time, error)) (Certificate, error) {
	tmpl, source, err := a.draft(q, lives)
	if err != nil {
		return Certificate{}, err
	}
	der, err := a.sign(tmpl, q.Public)
	if err != nil {
		return Certificate{}, err
	}
	c, err := a.judged(der, tmpl, q.Profile)
	c.Clock = source
	return c, err
}

// draft is the certificate before it is signed, and the clock's source: everything that can be refused is refused here.
func (a *Authority) draft(q Request, lives func(Request, time.Time) (time.Time, error)) (*x509.Certificate, string, error) {
	clock := q.Clock
	clock.Authority = a.Cert.NotBefore
	source, err := DoubtClock(clock)
	if err != nil {
		return nil, "", err
	}
	now := clock.Now.UTC().Truncate(time.Second)
	if err := a.inDate(now); err != nil {
		return nil, "", err
	}
	end, err := lives(q, now)
	if err != nil {
		return nil, "", err
	}
	tmpl, err := a.template(q)
	if err != nil {
		return nil, "", err
	}
	tmpl.NotBefore, tmpl.NotAfter = now.Add(-grace), end
	if tmpl.NotBefore.Before(a.Cert.NotBefore) {
		tmpl.NotBefore = a.Cert.NotBefore
	}
	return tmpl, source, nil
}

// end is when the certificate's life ends, or ca.outlives-issuer.
func (a *Authority) end(q Request, now time.Time) (time.Time, error) {
	limit := a.line().End()
	if q.UntilIssuer {
		return limit, nil
	}
	if q.Days < 1 || q.Days > maxDays {
		return time.Time{}, cred.Failed("config.value", fmt.Sprintf("a unit's certificate cannot live %d days", q.Days),
			fmt.Sprintf("give 1 to %d days, or --until-issuer", min(a.DaysLeft(now), maxDays)))
	}
	end := now.Add(time.Duration(q.Days) * oneDay)
	if end.After(limit) {
		return time.Time{}, cred.Failed("ca.outlives-issuer",
			fmt.Sprintf("%d days are more than the authority itself has: it ends on %s", q.Days, limit.Format(certfile.Day)),
			fmt.Sprintf("%d days are left: ask for that many or fewer, or take --until-issuer", a.DaysLeft(now)))
	}
	return end, nil
}

// template is what a unit's certificate says by any profile: RFC 7925 with its update (draft-ietf-uta-tls13-iot-profile). No subject
// key identifier, because no path goes on from a unit; BasicConstraints said aloud, because its absence has been misread.
func (a *Authority) template(q Request) (*x509.Certificate, error) {
	if why, fix := q.Profile.NameFault(q.Name); why != "" {
		return nil, cred.Failed("config.value", why, fix)
	}
	if q.Profile.NeedsDevice() && q.Device == "" {
		return nil, cred.Failed("config.value", "the certificate profile "+string(q.Profile)+" needs the unit's own serial number", "give its IMEI")
	}
	if !lint.P256(q.Public) {
		return nil, cred.Failed("config.value", "the unit's key is "+cred.KeyName(q.Public)+", not EC P-256", "make an EC P-256 key")
	}
	serial := newSerial()
	if q.Serial != "" {
		var err error
		if serial, err = parseSerial(q.Serial); err != nil {
			return nil, err
		}
	}
	aki, err := lint.KeyID(a.Cert)
	if err != nil {
		return nil, err
	}
	return &x509.Certificate{
		SerialNumber: serial, Subject: q.Profile.Subject(q.Name, q.Device, a.Cert.Subject),
		BasicConstraintsValid: true, IsCA: false,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		AuthorityKeyId: aki,
	}, nil
}

func (a *Authority) sign(tmpl *x509.Certificate, pub crypto.PublicKey) ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.signer == nil {
		return nil, cred.Failed("ca.locked", "the authority is locked", "unlock it with its passphrase")
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.Cert, pub, a.signer)
	if err != nil {
		return nil, fmt.Errorf("signing the certificate of %s: %w", tmpl.Subject.CommonName, err)
	}
	return der, nil
}

// judged reads the certificate back as a stranger would and lets it go only if nothing is wrong with it.
func (a *Authority) judged(der []byte, tmpl *x509.Certificate, p lint.Profile) (Certificate, error) {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return Certificate{}, fmt.Errorf("reading the new certificate back: %w", err)
	}
	found := Judge(der, a.Root, p)
	if why := refusal(found); why != "" {
		return Certificate{}, withheld("certificate", why)
	}
	if c.Subject.String() != tmpl.Subject.String() || c.SerialNumber.Cmp(tmpl.SerialNumber) != 0 {
		return Certificate{}, withheld("certificate", "it does not say what was asked")
	}
	text := cred.CertPEM(der)
	return Certificate{
		Serial: certfile.Serial(c), NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(), SHA256: cred.Sum(text),
		PEM: string(text), DER: der, Name: c.Subject.CommonName, SPKI: cred.Sum(c.RawSubjectPublicKeyInfo),
		Signature: c.SignatureAlgorithm.String(), Subject: certfile.Printable(c.Subject.String()), Profile: p.Record(), Lint: found,
	}, nil
}

// serialBytes is a serial's length: 128 bits (RFC 5280 allows 20 bytes, its readers want at least 64 random bits).
const serialBytes = 16

// NewSerial draws a certificate serial to be reserved before signing: 32 lower-case hex characters, positive, random.
func NewSerial() string { return hex.EncodeToString(newSerial().Bytes()) }

// newSerial draws until the first byte is not zero, so that every serial is written with the same length.
func newSerial() *big.Int {
	b := make([]byte, serialBytes)
	for b[0] == 0 {
		rand.Read(b) // never fails since Go 1.24
	}
	return new(big.Int).SetBytes(b)
}

func parseSerial(s string) (*big.Int, error) {
	b, err := hex.DecodeString(s)
	n := new(big.Int).SetBytes(b)
	if err != nil || n.BitLen() < 64 || n.BitLen() > 8*serialBytes {
		return nil, cred.Failed("config.value", fmt.Sprintf("%q is no certificate serial", s),
			"give 16 to 32 hex characters, as reserved beforehand")
	}
	return n, nil
}
