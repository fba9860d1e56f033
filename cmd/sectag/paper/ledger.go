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
		corrected := ""
		if r.CorrectedBy != "" {
			corrected = ", corrected by " + r.CorrectedBy
		}
		fmt.Fprintf(w, "%6s  %s  %s  %-11s %s%s\n", r.Record, r.Time, r.IMEI, r.Kind, r.Verdict, corrected)
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
	Signed     *int64 `json:"signed,omitempty"`     // with a public key: so many records are under its signature
}

// People writes it as lines.
func (d *LedgerVerify) People(w io.Writer) {
	findings(w, d.Findings)
	fmt.Fprintf(w, "%d records, root %s\n", d.Records, d.Root)
	if d.Signed != nil {
		fmt.Fprintf(w, "the first %d of them are under a signature of this key\n", *d.Signed)
	}
	switch d.Verdict {
	case cred.Pass:
		fmt.Fprintln(w, "PASS: nothing was changed, dropped or moved")
	case cred.Warn:
		fmt.Fprintln(w, "PASS, with warnings")
	default:
		fmt.Fprintln(w, "FAIL")
	}
}

// LedgerKey is the document of sectag ledger key.
type LedgerKey struct {
	Result
	Key        string `json:"key"`         // file of the private key
	PublicFile string `json:"public_file"` // file of the public line
	PublicKey  string `json:"public_key"`  // the line
}

// People writes it as lines.
func (d *LedgerKey) People(w io.Writer) {
	if d.Failure != nil {
		return
	}
	line(w, "key", d.Key)
	line(w, "public", d.PublicFile)
	fmt.Fprintf(w, "%s\nGive the public line to whoever shall verify, now, and by another way than the ledger.\n", d.PublicKey)
}

// LedgerCheckpoint is the document of sectag ledger checkpoint.
type LedgerCheckpoint struct {
	Result
	Out        string         `json:"out,omitempty"` // the file; absent where nothing was signed
	Records    int64          `json:"records"`
	Root       string         `json:"root"`
	Checkpoint string         `json:"checkpoint,omitempty"` // the signed note
	PublicKey  string         `json:"public_key,omitempty"`
	Findings   []cred.Finding `json:"findings"`
}

// People writes it as lines.
func (d *LedgerCheckpoint) People(w io.Writer) {
	findings(w, d.Findings)
	if d.Out != "" {
		fmt.Fprintf(w, "%d records, root %s\nsigned in %s\n", d.Records, d.Root, d.Out)
	}
}

// LedgerProof is the document of sectag ledger prove.
type LedgerProof struct {
	Result
	Record     string `json:"record"`
	Records    int64  `json:"records"` // of the log that the signed checkpoint is of
	Proof      string `json:"proof"`   // file
	RecordFile string `json:"record_file"`
	Says       string `json:"-"` // what kind of record it is, with which verdict
}

// People writes it as lines.
func (d *LedgerProof) People(w io.Writer) {
	if d.Failure == nil {
		fmt.Fprintf(w, "record %s (%s) is in the log of %d records: %s proves %s\n", d.Record, d.Says, d.Records, d.Proof, d.RecordFile)
	}
}

// LedgerCheck is the document of sectag ledger check.
type LedgerCheck struct {
	Result
	Verdict  cred.Verdict   `json:"verdict"`
	Log      string         `json:"log,omitempty"`
	Records  int64          `json:"records"` // of the log that the signed checkpoint is of
	Record   string         `json:"record,omitempty"`
	Kind     string         `json:"kind,omitempty"`
	IMEI     cred.IMEI      `json:"imei,omitzero"`
	Time     string         `json:"time,omitempty"`
	Findings []cred.Finding `json:"findings"`

	Says cred.Verdict `json:"record_verdict,omitempty"` // of the record, and not of the proof: a failure is proven as well as a pass
}

// People writes it as lines.
func (d *LedgerCheck) People(w io.Writer) {
	if d.Verdict == cred.Fail {
		fmt.Fprintln(w, "FAIL")
		return
	}
	line(w, "log", d.Log)
	line(w, "record", d.Record)
	line(w, "kind", d.Kind)
	line(w, "imei", d.IMEI.String())
	line(w, "time", d.Time)
	line(w, "it says", string(d.Says))
	fmt.Fprintf(w, "PASS: the record is in this log, as it was written, when the log had %d records\n", d.Records)
}

// LedgerCorrect is the document of sectag ledger correct.
type LedgerCorrect struct {
	Result
	Record   string `json:"record"` // the new one
	Corrects string `json:"corrects"`
	Note     string `json:"note"`
}

// People writes it as lines.
func (d *LedgerCorrect) People(w io.Writer) {
	if d.Failure == nil {
		fmt.Fprintf(w, "record %s corrects record %s: %s\n", d.Record, d.Corrects, d.Note)
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
