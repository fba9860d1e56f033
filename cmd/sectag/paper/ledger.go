package paper

import (
	"encoding/json"
	"fmt"
	"io"

	"example.org/sectag/cred"
	"example.org/sectag/ledger"
)

// LedgerList is the document of sectag ledger list.
type LedgerList struct {
	Result
	Records []ledger.Summary `json:"records"`
}

// People writes it as lines.
func (d *LedgerList) People(w io.Writer) {
	for _, r := range d.Records {
		fmt.Fprintf(w, "%6s  %s  %s  %-11s %s\n", r.Record, r.Time, r.IMEI, r.Kind, r.Verdict)
	}
	if len(d.Records) == 0 {
		fmt.Fprintln(w, "no records yet")
	}
}

// LedgerShow is a record as it was written: JSON in both forms, because that is what it is.
type LedgerShow struct {
	Body json.RawMessage
}

// Failed puts the failure beside what was known by then.
func (d *LedgerShow) Failed(*cred.Fault) {}

// MarshalJSON is the record as it was written.
func (d *LedgerShow) MarshalJSON() ([]byte, error) { return d.Body, nil }

// People writes it as lines.
func (d *LedgerShow) People(w io.Writer) {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(d.Body)
}

// LedgerVerify is the document of sectag ledger verify.
type LedgerVerify struct {
	Result
	Verdict  cred.Verdict   `json:"verdict"`
	Records  int64          `json:"records"`
	Root     string         `json:"root"`
	Findings []cred.Finding `json:"findings"`

	Checkpoint string `json:"checkpoint,omitempty"` // the state of the log, to be kept elsewhere; only of a log that is right
}

// People writes it as lines.
func (d *LedgerVerify) People(w io.Writer) {
	findings(w, d.Findings)
	fmt.Fprintf(w, "%d records, root %s\n", d.Records, d.Root)
	if d.Verdict == cred.Pass {
		fmt.Fprintln(w, "PASS: nothing was changed, dropped or moved")
	} else {
		fmt.Fprintln(w, "FAIL")
	}
}

// LedgerPSK is the document of sectag ledger psk. The key itself is in the file and nowhere else.
type LedgerPSK struct {
	Result
	IMEI     cred.IMEI   `json:"imei"`
	Identity string      `json:"psk_identity"`
	SHA256   cred.Digest `json:"psk_sha256"`
	Record   string      `json:"record"`
	File     string      `json:"file"`
}

// People writes it as lines.
func (d *LedgerPSK) People(w io.Writer) {
	line(w, "imei", d.IMEI.String())
	line(w, "identity", d.Identity)
	line(w, "record", d.Record)
	line(w, "key", d.File)
}
