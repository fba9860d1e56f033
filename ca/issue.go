package ca

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"time"

	"example.org/sectag/ca/certfile"
	"example.org/sectag/cred"
)

// Request asks for one unit's certificate.
type Request struct {
	Name        string           // the whole subject: CN, LwM2M endpoint name and PSK identity are one (see cred.Template)
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
	c, err := a.judged(der, tmpl)
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

// UnitProfile names, for the records, the rules that Issue writes by and Judge judges by. It changes with them.
const UnitProfile = "sectag unit 1: RFC 7925, draft-ietf-uta-tls13-iot-profile"

// template is the profile of a unit's certificate: RFC 7925 with its update (draft-ietf-uta-tls13-iot-profile). No subject
// key identifier, because no path goes on from a unit; BasicConstraints said aloud, because its absence has been misread.
func (a *Authority) template(q Request) (*x509.Certificate, error) {
	if err := nameOK(q.Name); err != nil {
		return nil, err
	}
	if !keyOK(q.Public) {
		return nil, cred.Failed("config.value", "the unit's key is "+cred.KeyName(q.Public)+", not EC P-256", "make an EC P-256 key")
	}
	serial := newSerial()
	if q.Serial != "" {
		var err error
		if serial, err = parseSerial(q.Serial); err != nil {
			return nil, err
		}
	}
	aki, err := keyID(a.Cert)
	if err != nil {
		return nil, err
	}
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: q.Name},
		BasicConstraintsValid: true, IsCA: false,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		AuthorityKeyId: aki,
	}, nil
}

// nameOK holds a name to what cred.ParseTemplate lets through: servers cut a CN at commas, and X.520 ends it at 64.
func nameOK(name string) error {
	odd := func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`,+=<>;"'\|{}#`, r) }
	if name == "" || len(name) > 64 || strings.ContainsFunc(name, odd) {
		return cred.Failed("config.value", fmt.Sprintf("%q cannot be a unit's name", name),
			"give 1 to 64 letters, digits, colons, dots and hyphens, such as urn:imei:352656100367872")
	}
	return nil
}

func keyOK(pub crypto.PublicKey) bool {
	k, ok := pub.(*ecdsa.PublicKey)
	return ok && k.Curve == elliptic.P256()
}

// keyID is what units' certificates name their issuer by: its subject key identifier, or where an old root has none, the
// one that RFC 5280, section 4.2.1.2, method 1 would give it.
func keyID(issuer *x509.Certificate) ([]byte, error) {
	if len(issuer.SubjectKeyId) > 0 {
		return issuer.SubjectKeyId, nil
	}
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(issuer.RawSubjectPublicKeyInfo, &info); err != nil {
		return nil, fmt.Errorf("reading the authority's public key: %w", err)
	}
	sum := sha1.Sum(info.Key.RightAlign()) // an identifier, not a protection
	return sum[:], nil
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
func (a *Authority) judged(der []byte, tmpl *x509.Certificate) (Certificate, error) {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return Certificate{}, fmt.Errorf("reading the new certificate back: %w", err)
	}
	asked := c.Subject.CommonName == tmpl.Subject.CommonName && c.SerialNumber.Cmp(tmpl.SerialNumber) == 0
	if found := Judge(der, a.Root); len(found) > 0 || !asked {
		text := "it does not say what was asked"
		if len(found) > 0 {
			text = found[0].Text
		}
		return Certificate{}, cred.Failed("ca.profile", "the certificate that was signed is not handed out: "+text,
			"this is a defect of sectag or of its signer: please report it with this line")
	}
	text := cred.CertPEM(der)
	return Certificate{
		Serial: certfile.Serial(c), NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(), SHA256: cred.Sum(text),
		PEM: string(text), DER: der, Name: c.Subject.CommonName, SPKI: cred.Sum(c.RawSubjectPublicKeyInfo),
		Signature: c.SignatureAlgorithm.String(),
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
