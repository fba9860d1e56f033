package export

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"regexp"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

// Mode is how a unit shows who it is.
type Mode string

// The modes.
const (
	X509 Mode = "x509"
	PSK  Mode = "psk"
)

// Unit is what a server is told of one unit.
type Unit struct {
	Record record.Record
	Mode   Mode
	ID     string // common name, endpoint name, PSK identity: one template writes all three
	PEM    string // its certificate

	key  string // the PSK in lower-case hex; only of one that was opened
	body []byte // of the record
}

// UnitOf is the unit that a record gave an identity, and whether it did.
func UnitOf(r record.Record) (Unit, bool) {
	u := Unit{Record: r}
	if !r.Kind.Supersedes() || r.Verdict == cred.Fail {
		return u, false
	}
	switch {
	case r.Cert != nil:
		u.Mode, u.ID, u.PEM = X509, r.Cert.Name, r.Cert.PEM
	case r.Key != nil && !r.Key.PSK.IsZero():
		u.Mode, u.ID = PSK, r.Key.PSKIdentity
	default:
		return u, false
	}
	return u, true
}

// open has the PSK opened, and sees that it is the one that the unit got.
func (u *Unit) open(ctx context.Context, from PSKs) error {
	what := fmt.Sprintf("the PSK of record %s", u.Record.ID)
	if from == nil {
		return cred.Failed("export.no-psk", what+" is needed, and there is nobody who could open it",
			"a record has only the digest of a PSK: give the age identity that they were sealed to (--identity)")
	}
	psk, err := from.Open(ctx, u.Record)
	if err != nil {
		return cred.Because(err, "export.no-psk", what+" cannot be opened: "+err.Error(), "give the age identity that they were sealed to (--identity)")
	}
	text := hex.EncodeToString(psk)
	clear(psk)
	// The modem lists the digest of the hex text that it was given, in the case that it was given in.
	if d := u.Record.Key.PSK; cred.Sum([]byte(text)) != d && cred.Sum([]byte(strings.ToUpper(text))) != d {
		return cred.Failed("export.no-psk", what+" is not the one that was opened: its digest is another",
			"the sealed PSKs belong to another ledger, or were changed: export without this unit, and provision it anew")
	}
	u.key = text
	return nil
}

// der is the certificate in base64 without its head and lines, as ThingsBoard has it; empty if the record has none.
func (u Unit) der() string {
	b, _ := pem.Decode([]byte(u.PEM))
	if b == nil {
		return ""
	}
	return base64.StdEncoding.EncodeToString(b.Bytes)
}

// certificate is the certificate, or the fault of a record that has none, such as one that a caller wrote without.
func (u Unit) certificate() (string, error) {
	if u.PEM == "" {
		return "", cred.Failed("export.mode", fmt.Sprintf("record %s names a certificate and does not have it", u.Record.ID),
			"name other units with --imei, or take a format that needs no certificate")
	}
	return u.PEM, nil
}

// idForm is what a server takes as the id of a unit.
type idForm struct {
	want string // in words
	form *regexp.Regexp
}

func (f idForm) ok(id string) bool { return f.form != nil && f.form.MatchString(id) }

var (
	nrfID   = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,64}$`)
	awsID   = regexp.MustCompile(`^[A-Za-z0-9:_-]{1,128}$`)                           // thing name
	azureID = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._:-]{0,62}[A-Za-z0-9-])?$`) // registration id, compared without case
	plainID = regexp.MustCompile(`^[!-~]{1,128}$`)
)

func lower(s string) string { return strings.ToLower(s) }
