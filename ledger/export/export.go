// Package export writes what a ledger knows of units in the forms that servers and people take: one file a format. It reads records and
// opens no ledger; what the formats look like is from the servers' own sources and pages (docs/exports.md names them).
//
// Read Export first: it is given one record after the other. A format that tells a server of units (all but json and csv) makes a Unit of
// each. PSKs are not in a record: who wants them written brings somebody who can open them (PSKs), and a private file to write to.
package export

import (
	"context"
	"fmt"
	"io"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

// PSKs opens the PSK that a record speaks of: its bytes, of which key.psk_sha256 is the digest as the modem lists it.
type PSKs interface {
	Open(ctx context.Context, r record.Record) ([]byte, error)
}

// Options is what a format needs that the ledger does not know.
type Options struct {
	Secret bool   // PSKs may be written; else a unit that has one is refused
	PSKs   PSKs   // who opens them
	Server string // URL that units connect to, where a format names it and the record does not
	Domain string // of Coiote, such as /acme/
}

// encoder writes the units of one format.
type encoder interface {
	head() error
	unit(u Unit) error
	tail() error
}

// Format is one form.
type Format struct {
	Name    string
	Records bool   // every record is written as it is, and not each unit as it is now
	PSK     bool   // it can say what a unit's PSK is
	Chain   string // where the chain of the authority goes, so that the server believes the units
	Limit   int    // so many units go into one file; 0: any number

	id   idForm
	make func(w io.Writer, o Options) (encoder, error)
}

var formats = []Format{
	{Name: "json", Records: true, make: newJSON},
	{Name: "csv", Records: true, make: newCSV},
	{
		Name: "nrfcloud", Limit: 1000, id: idForm{"letters, digits and . _ : -, 64 at most", nrfID}, make: newNRFCloud,
		Chain: "nRF Cloud registers each certificate by itself and needs no chain",
	},
	{
		Name: "aws", id: idForm{"letters, digits and : _ -, 128 at most", awsID}, make: newAWS,
		Chain: "register the authority's certificate with AWS IoT, or register each certificate without a CA",
	},
	{
		Name: "azure", id: idForm{"letters, digits and - . _ :, 64 at most, a letter, a digit or - at the end", azureID}, make: newAzure,
		Chain: "individual enrolments carry the certificate and need no chain; an enrolment group needs the root or the intermediate, verified",
	},
	{
		Name: "leshan", PSK: true, id: idForm{"printable characters", plainID}, make: newLeshan,
		Chain: "Leshan takes the root and intermediates (sectag ca chain writes them) as its trust store (-ts, DER): without one it believes every certificate",
	},
	{
		Name: "coiote", PSK: true, id: idForm{"printable characters", plainID}, make: newCoiote,
		Chain: "upload the root and intermediates (sectag ca chain writes them) to Coiote as trusted certificates",
	},
	{
		Name: "thingsboard", PSK: true, id: idForm{"printable characters", plainID}, make: newThingsBoard,
		Chain: "put the root and intermediates (sectag ca chain writes them) into ThingsBoard's LwM2M trust store: it checks every certificate of the chain",
	},
	{
		Name: "cumulocity", PSK: true, id: idForm{"printable characters", plainID}, make: newCumulocity,
		Chain: "add the root and intermediates (sectag ca chain writes them) to the trusted certificates of the tenant",
	},
}

// Find is a format by its name.
func Find(name string) (Format, error) {
	var names string
	for _, f := range formats {
		if f.Name == name {
			return f, nil
		}
		names += " " + f.Name
	}
	return Format{}, cred.Failed("usage.flag", fmt.Sprintf("there is no format %q", name), "the formats are"+names)
}

// Export writes records or units in one format.
type Export struct {
	Format  Format
	Written int // so far

	enc   encoder
	o     Options
	begun bool
	lower map[string]string // the ids without case, and the records that have them
}

// New begins to write; nothing is written before the first record.
func New(f Format, w io.Writer, o Options) (*Export, error) {
	enc, err := f.make(w, o)
	if err != nil {
		return nil, err
	}
	return &Export{Format: f, enc: enc, o: o, lower: map[string]string{}}, nil
}

// Add writes one record, or the unit that it is of; body are the record's bytes. A record that gives its unit no identity is left out of
// the formats for servers. What a server would not take is a fault: export.id, export.mode, export.secrets, export.no-psk, export.too-many.
func (e *Export) Add(ctx context.Context, r record.Record, body []byte) error {
	u := Unit{Record: r, body: body}
	if !e.Format.Records {
		var err error
		var ok bool
		if u, ok, err = e.Unit(ctx, r); err != nil || !ok {
			return err
		}
	}
	if err := e.begin(); err != nil {
		return err
	}
	if err := e.enc.unit(u); err != nil {
		return fmt.Errorf("write record %s: %w", r.ID, err)
	}
	e.Written++
	return nil
}

func (e *Export) begin() error {
	if e.begun {
		return nil
	}
	e.begun = true
	return e.enc.head()
}

// Close writes the end.
func (e *Export) Close() error {
	if err := e.begin(); err != nil {
		return err
	}
	return e.enc.tail()
}

// Unit is what the format tells of the unit of a record, if anything; the faults are Add's.
func (e *Export) Unit(ctx context.Context, r record.Record) (Unit, bool, error) {
	u, ok := UnitOf(r)
	if !ok {
		return u, false, nil
	}
	f := e.Format
	if err := f.Fits(u); err != nil {
		return u, false, err
	}
	if f.Limit > 0 && e.Written >= f.Limit {
		return u, false, cred.Failed("export.too-many", fmt.Sprintf("%s takes %d units in one file, and there are more", f.Name, f.Limit),
			fmt.Sprintf("write several files: --limit %d, then --skip %d --limit %d, and so on", f.Limit, f.Limit, f.Limit))
	}
	if err := e.twice(u); err != nil {
		return u, false, err
	}
	if u.Mode == PSK && !e.o.Secret {
		return u, false, cred.Failed("export.secrets", fmt.Sprintf("record %s gave its unit a PSK, and %s must be told it", r.ID, f.Name),
			"PSKs are only written where you say so: --with-secrets, and --out for a file that is yours alone")
	}
	if u.Mode == PSK {
		if err := u.open(ctx, e.o.PSKs); err != nil {
			return u, false, err
		}
	}
	return u, true, nil
}

// Fits tells whether the format can say what a unit is, and how its server would not take it.
func (f Format) Fits(u Unit) error {
	if u.Mode == PSK && !f.PSK {
		return cred.Failed("export.mode", fmt.Sprintf("record %s gave its unit a PSK, and %s takes certificates", u.Record.ID, f.Name),
			"name the units with certificates with --imei, or take another format")
	}
	if !f.id.ok(u.ID) {
		return cred.Failed("export.id", fmt.Sprintf("%q, the id of record %s, is none that %s takes: %s", u.ID, u.Record.ID, f.Name, f.id.want),
			"the id comes from the template in the profile ([device] id): change that and provision the unit anew")
	}
	return nil
}

// twice refuses two ids that differ in nothing but case: Azure takes them for one.
func (e *Export) twice(u Unit) error {
	l := lower(u.ID)
	if other, ok := e.lower[l]; ok {
		return cred.Failed("export.id", fmt.Sprintf("%q is the id of two units, of record %s and of record %s", u.ID, other, u.Record.ID),
			"sectag ledger unique says more")
	}
	e.lower[l] = u.Record.ID
	return nil
}
