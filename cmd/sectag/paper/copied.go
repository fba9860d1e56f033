package paper

import (
	"fmt"
	"io"

	"example.org/sectag/ledger/transfer"
)

// LedgerInit is the document of sectag ledger init.
type LedgerInit struct {
	Result
	Ledger  string `json:"ledger"`
	Origin  string `json:"origin"` // the ledger's own name
	Records int64  `json:"records"`
}

// People writes it as lines.
func (d *LedgerInit) People(w io.Writer) {
	fmt.Fprintf(w, "%s is ready: %s, %d records\n", d.Ledger, d.Origin, d.Records)
}

// LedgerCopied is the document of sectag ledger backup, restore and move.
type LedgerCopied struct {
	Result
	From       string `json:"from"`
	To         string `json:"to"`
	Records    int64  `json:"records"`
	Runs       int64  `json:"runs"`
	Root       string `json:"root"`
	Checkpoint string `json:"checkpoint"` // of the copy, to be kept elsewhere
}

// Copied is the document of a copy that was made and verified.
func Copied(from, to string, c transfer.Copied) *LedgerCopied {
	return &LedgerCopied{From: from, To: to, Records: c.Records, Runs: c.Runs, Root: c.Root.String(), Checkpoint: c.Checkpoint}
}

// People writes it as lines.
func (d *LedgerCopied) People(w io.Writer) {
	fmt.Fprintf(w, "%s holds all of %s: %d records, %d runs, root %s\nthe copy was verified\n", d.To, d.From, d.Records, d.Runs, d.Root)
	if d.Checkpoint != "" {
		fmt.Fprintf(w, "The checkpoint of this state, for a place that nobody at the bench can change:\n%s", d.Checkpoint)
	}
}
