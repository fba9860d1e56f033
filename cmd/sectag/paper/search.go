package paper

import (
	"bytes"
	"fmt"
	"io"
	"strconv"

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
	var text []byte // they may be a million
	for _, u := range d.Units {
		was := len(text)
		if text = u.IMEI.Append(text); len(text) == was {
			text = append(text, "(no IMEI)      "...)
		}
		text = append(append(append(append(append(text, "  "...), u.Time...), "  record "...), u.Record...), '\n')
		if !u.Newest {
			text = append(text[:len(text)-1], "  (has newer records)\n"...)
		}
		if len(text) > aWrite {
			_, _ = w.Write(text) // into memory
			text = text[:0]
		}
	}
	_, _ = w.Write(text)
	if len(d.Units) == 0 {
		fmt.Fprintln(w, "no unit")
	}
}

// aWrite is how much of a long list is written at a time.
const aWrite = 64 << 10

// JSON is the document as Indented has it. The list is written by hand: of a million units the encoder would take seconds.
func (d *LedgerAffected) JSON() ([]byte, error) {
	bare := *d
	bare.Units = []ledger.Hit{}
	frame, err := Indented(&bare)
	before, after, found := bytes.Cut(frame, []byte("\n  \"units\": []"))
	if err != nil || !found || len(d.Units) == 0 {
		return frame, err
	}
	text := make([]byte, 0, len(frame)+140*len(d.Units))
	text = append(append(text, before...), "\n  \"units\": ["...)
	for _, u := range d.Units {
		text = append(text, "\n    {\n      "...)
		if u.IMEI != 0 {
			text = append(u.IMEI.Append(append(text, `"imei": "`...)), "\",\n      "...)
		}
		text = append(append(append(text, `"record": "`...), u.Record...), "\",\n      "...)
		text = append(append(append(text, `"time": "`...), u.Time...), "\",\n      "...)
		text = strconv.AppendBool(append(text, `"newest": `...), u.Newest)
		text = append(text, "\n    },"...)
	}
	text[len(text)-1] = '\n'
	return append(append(text, "  ]"...), after...), nil
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
