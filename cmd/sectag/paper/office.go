package paper

import (
	"fmt"
	"io"
	"math/big"
	"strings"
	"time"

	"example.org/sectag/bench/bundle"
	"example.org/sectag/bench/office"
	"example.org/sectag/ca"
	"example.org/sectag/cred"
)

// CASign is the document of sectag ca sign.
type CASign struct {
	Result
	Out         string         `json:"out,omitempty"` // path
	IMEI        cred.IMEI      `json:"imei"`
	KeyOrigin   string         `json:"key_origin"`
	Certificate ca.Certificate `json:"certificate"`
	Record      string         `json:"record,omitempty"`
	Findings    []cred.Finding `json:"findings"`
}

// SignOf tells of a certificate that was signed.
func SignOf(s office.Signed) *CASign {
	return &CASign{Out: s.Out, IMEI: s.IMEI, KeyOrigin: s.KeyOrigin, Certificate: s.Certificate, Record: s.Record, Findings: s.Findings}
}

// People writes it as lines. A certificate that goes into no file follows as PEM, which readers of PEM find behind them.
func (d *CASign) People(w io.Writer) {
	line(w, "certificate", d.Out)
	line(w, "name", d.Certificate.Name)
	line(w, "serial", d.Certificate.Serial)
	line(w, "key", map[string]string{"modem": "made in the modem, as its statement says", "imported": "somebody else's: how it is kept nobody here knows"}[d.KeyOrigin])
	line(w, "ends", d.Certificate.NotAfter.Format("2006-01-02"))
	line(w, "record", d.Record)
	findings(w, d.Findings)
	if d.Out == "" {
		fmt.Fprint(w, d.Certificate.PEM)
	}
}

// CARevoke is the document of sectag ca revoke.
type CARevoke struct {
	Result
	Revoked []office.Revoked `json:"revoked"`
}

// NoRevoked is the blank document of sectag ca revoke.
func NoRevoked() Document { return &CARevoke{Revoked: []office.Revoked{}} }

// People writes it as lines.
func (d *CARevoke) People(w io.Writer) {
	for _, r := range d.Revoked {
		if r.Already {
			fmt.Fprintf(w, "%s of %s was revoked already: %s, %s, record %s\n", r.Serial, r.IMEI, r.Time, r.Reason, r.Record)
			continue
		}
		fmt.Fprintf(w, "%s of %s is revoked: %s, record %s\n", r.Serial, r.IMEI, r.Reason, r.Record)
	}
	if d.Failure == nil {
		fmt.Fprintln(w, "No server knows it yet: write the list with sectag ca crl, and give it to those that read one.")
	}
}

// CACRL is the document of sectag ca crl.
type CACRL struct {
	Result
	CRL        string    `json:"crl"` // path
	Number     *big.Int  `json:"number"`
	Revoked    int       `json:"revoked"` // certificates that are on it
	ThisUpdate time.Time `json:"this_update"`
	NextUpdate time.Time `json:"next_update"`
}

// CRLOf tells of a list that was written.
func CRLOf(l office.Listed) *CACRL {
	return &CACRL{CRL: l.Out, Number: l.List.Number, Revoked: l.Revoked, ThisUpdate: l.List.ThisUpdate, NextUpdate: l.List.NextUpdate}
}

// People writes it as lines.
func (d *CACRL) People(w io.Writer) {
	line(w, "list", d.CRL)
	line(w, "number", d.Number.String())
	fmt.Fprintf(w, "%-12s %d\n", "revoked", d.Revoked)
	fmt.Fprintf(w, "%-12s %s: a server that reads it refuses all units when there is no newer one by then\n", "good until", d.NextUpdate.Format("2006-01-02"))
}

// CABundle is the document of sectag ca bundle. The key is in the file and nowhere else.
type CABundle struct {
	Result
	Bundle      string         `json:"bundle"` // path
	Format      bundle.Format  `json:"format"`
	IMEI        cred.IMEI      `json:"imei"`
	Certificate ca.Certificate `json:"certificate"`
	Slots       []bundle.Slot  `json:"slots"`
	Longest     int            `json:"longest_command"` // characters
	Record      string         `json:"record,omitempty"`
	Findings    []cred.Finding `json:"findings"`
}

// NoBundle is the blank document of sectag ca bundle.
func NoBundle() Document {
	return &struct {
		Files
		Slots []bundle.Slot `json:"slots"`
	}{Files{Findings: []cred.Finding{}}, []bundle.Slot{}}
}

// BundleOf tells of a file that was written.
func BundleOf(o office.BundleOrder, b office.Bundled) *CABundle {
	return &CABundle{Bundle: b.Out, Format: o.Format, IMEI: o.IMEI, Certificate: b.Certificate, Slots: b.Slots, Longest: b.Longest, Record: b.Record, Findings: b.Findings}
}

// People writes it as lines.
func (d *CABundle) People(w io.Writer) {
	line(w, "written", d.Bundle)
	line(w, "for", d.IMEI.String())
	line(w, "ends", d.Certificate.NotAfter.Format("2006-01-02"))
	line(w, "record", d.Record)
	for _, s := range d.Slots {
		fmt.Fprintf(w, "  %-26s %5d bytes  %s\n", cred.Slot{SecTag: s.SecTag, Kind: s.Type}, s.Bytes, strings.ToUpper(s.SHA256.String()))
	}
	findings(w, d.Findings)
}
