// Package revoke makes an authority's revocation list: the serials of the certificates that it signed and that are to be believed no
// more (RFC 5280, section 5). It keeps none: who revokes remembers, and gives all of them each time.
package revoke

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"example.org/sectag/ca"
	"example.org/sectag/cred"
)

// Reason is why a certificate is revoked, by the name that RFC 5280, section 5.3.1 gives it.
type Reason string

// Unspecified is the reason that is not written into a list (RFC 5280, section 5.3.1).
const Unspecified Reason = "unspecified"

// codes are the reasons that end a certificate for good. certificateHold (6) and removeFromCRL (8) are not among them: a revocation here
// is never taken back, so that a list never says less than the one before it.
var codes = map[Reason]int{
	Unspecified: 0, "keyCompromise": 1, "cACompromise": 2, "affiliationChanged": 3, "superseded": 4, "cessationOfOperation": 5,
	"privilegeWithdrawn": 9, "aACompromise": 10,
}

// ParseReason reads a reason, in capitals or not. Fault: config.value.
func ParseReason(s string) (Reason, error) {
	for r := range codes {
		if strings.EqualFold(s, string(r)) {
			return r, nil
		}
	}
	if strings.EqualFold(s, "certificateHold") || strings.EqualFold(s, "removeFromCRL") {
		return "", cred.Failed("config.value", s+" is not done here: a revocation is for good", "leave the certificate as it is, or revoke it and give the unit another later")
	}
	return "", cred.Failed("config.value", fmt.Sprintf("%q is no reason to revoke a certificate", s),
		"write keyCompromise, superseded, cessationOfOperation, affiliationChanged, privilegeWithdrawn, cACompromise, aACompromise or unspecified")
}

// ParseSerial reads a certificate's serial as people have it: hex, in capitals or not, with colons or without. It comes back as it is
// written everywhere here: lower case, without a zero in front. Fault: config.value.
func ParseSerial(s string) (string, error) {
	text := strings.TrimLeft(strings.ToLower(strings.ReplaceAll(s, ":", "")), "0")
	if len(text)%2 == 1 {
		text = "0" + text
	}
	b, err := hex.DecodeString(text)
	if err != nil || len(b) == 0 || len(b) > 20 { // RFC 5280, section 4.1.2.2
		return "", cred.Failed("config.value", fmt.Sprintf("%q is no certificate serial", s), "give it in hex, as sectag ca show and openssl x509 -serial print it")
	}
	return hex.EncodeToString(b), nil
}

// Entry is one certificate that is revoked.
type Entry struct {
	Serial string // lower-case hex
	Reason Reason
	Time   time.Time // since when
}

// List is a signed revocation list.
type List struct {
	PEM                    []byte
	Number                 *big.Int
	ThisUpdate, NextUpdate time.Time
}

// MaxDays bounds how long a list may be the newest: one that is never renewed never tells of what is revoked later.
const MaxDays = 3650

// Sign makes the list of these entries, in their order; a serial that is there twice is written once, as it came first. number is the
// list's: greater than that of every older one of this authority. The list begins at the clock's time and says that the next one comes
// days later. It is read back and verified before anybody gets it. Faults: ca.clock, ca.locked, ca.no-crl, config.value (days, a serial).
func Sign(a *ca.Authority, entries []Entry, number *big.Int, days int, clock ca.Clock) (List, error) {
	if days < 1 || days > MaxDays {
		return List{}, cred.Failed("config.value", fmt.Sprintf("a revocation list cannot be the newest for %d days", days), fmt.Sprintf("give 1 to %d days", MaxDays))
	}
	clock.Authority = a.Cert.NotBefore
	if _, err := ca.DoubtClock(clock); err != nil {
		return List{}, err
	}
	now := clock.Now.UTC().Truncate(time.Second)
	tmpl := &x509.RevocationList{Number: number, ThisUpdate: now, NextUpdate: now.AddDate(0, 0, days)}
	seen := map[string]bool{}
	for _, e := range entries {
		if seen[e.Serial] {
			continue
		}
		seen[e.Serial] = true
		serial, ok := new(big.Int).SetString(e.Serial, 16)
		if !ok || serial.Sign() <= 0 {
			return List{}, cred.Failed("config.value", fmt.Sprintf("%q is no certificate serial", e.Serial), "this is a defect of sectag or of its ledger")
		}
		tmpl.RevokedCertificateEntries = append(tmpl.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: serial, RevocationTime: e.Time.UTC().Truncate(time.Second), ReasonCode: codes[e.Reason]})
	}
	der, err := a.SignList(tmpl)
	if err != nil {
		return List{}, fmt.Errorf("signing the revocation list: %w", err)
	}
	if err := judge(der, a.Cert, tmpl); err != nil {
		return List{}, err
	}
	return List{
		PEM: pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}), Number: number, ThisUpdate: tmpl.ThisUpdate, NextUpdate: tmpl.NextUpdate,
	}, nil
}

// judge reads the list back as a stranger would.
func judge(der []byte, issuer *x509.Certificate, tmpl *x509.RevocationList) error {
	l, err := x509.ParseRevocationList(der)
	if err == nil {
		err = l.CheckSignatureFrom(issuer)
	}
	if err != nil {
		return cred.Because(err, "ca.profile", "the revocation list that was signed is not handed out: "+err.Error(), "this is a defect of sectag or of its signer: please report it with this line")
	}
	same := slices.EqualFunc(l.RevokedCertificateEntries, tmpl.RevokedCertificateEntries, func(x, y x509.RevocationListEntry) bool {
		return x.SerialNumber.Cmp(y.SerialNumber) == 0 && x.ReasonCode == y.ReasonCode && x.RevocationTime.Equal(y.RevocationTime)
	})
	if !same || l.Number == nil || l.Number.Cmp(tmpl.Number) != 0 || !bytes.Equal(l.RawIssuer, issuer.RawSubject) {
		return cred.Failed("ca.profile", "the revocation list that was signed is not handed out: it does not say what was asked", "this is a defect of sectag or of its signer: please report it with this line")
	}
	return nil
}
