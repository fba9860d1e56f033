package paper

import (
	"fmt"
	"io"

	"example.org/sectag/cred"
	"example.org/sectag/ledger"
)

// LedgerUnique is the document of sectag ledger unique.
type LedgerUnique struct {
	Result
	ledger.Uniqueness
}

// NoUnique is that of sectag ledger unique before anything was looked at.
func NoUnique() Document {
	return &LedgerUnique{Uniqueness: ledger.Uniqueness{Verdict: cred.Fail, Findings: []cred.Finding{}}}
}

// People writes it as lines.
func (d *LedgerUnique) People(w io.Writer) {
	findings(w, d.Findings)
	c := d.Compared
	fmt.Fprintf(w, "%d units in %d records: %d IMEIs, %d names, %d public keys, %d PSKs, %d certificate serials\n",
		d.Units, d.Records, c.IMEIs, c.Names, c.Keys, c.PSKs, c.Serials)
	switch d.Verdict {
	case cred.Fail:
		fmt.Fprintln(w, "FAIL")
	case cred.Warn:
		fmt.Fprintln(w, "WARN: none of them is on two units")
	default:
		fmt.Fprintln(w, "PASS: none of them is on two units")
	}
}

// LedgerAffected is the document of sectag ledger affected.
type LedgerAffected struct {
	Result
	Count    int            `json:"count"`
	Units    []ledger.Hit   `json:"units"`
	Findings []cred.Finding `json:"findings"`
}

// NoAffected is that of sectag ledger affected before anybody was asked.
func NoAffected() Document {
	return &LedgerAffected{Units: []ledger.Hit{}, Findings: []cred.Finding{}}
}

// People writes it as lines: one unit each, so that a script can take the first column.
func (d *LedgerAffected) People(w io.Writer) {
	findings(w, d.Findings)
	for _, u := range d.Units {
		newest := ""
		if !u.Newest {
			newest = "  (has newer records)"
		}
		imei := u.IMEI.String()
		if imei == "" {
			imei = "(no IMEI)      "
		}
		fmt.Fprintf(w, "%s  %s  record %s%s\n", imei, u.Time, u.Record, newest)
	}
	if len(d.Units) == 0 {
		fmt.Fprintln(w, "no unit")
	}
}

// LedgerExport is the document of sectag ledger export, where the export itself is in a file or went to a server.
type LedgerExport struct {
	Result
	Format string `json:"format"`
	Out    string `json:"out,omitempty"`
	To     string `json:"to,omitempty"`
	Units  int    `json:"units"`           // or records, in the formats of records
	Chain  string `json:"chain,omitempty"` // where the authority's chain goes
	Secret bool   `json:"-"`               // pre-shared keys were to be written
}

// People writes it as lines.
func (d *LedgerExport) People(w io.Writer) {
	if d.Failure != nil {
		return
	}
	switch {
	case d.To != "":
		fmt.Fprintf(w, "%s was told of %d units, and knows them\n", d.To, d.Units)
	default:
		fmt.Fprintf(w, "%s: %d written as %s\n", d.Out, d.Units, d.Format)
	}
	line(w, "chain", d.Chain)
	if d.Secret && d.Out != "" {
		fmt.Fprintf(w, "%s may hold pre-shared keys in clear: delete it when the server has them.\n", d.Out)
	}
}
