package paper

import (
	"fmt"
	"io"

	"example.org/sectag/cred"
)

// LedgerReport is the document of sectag ledger report: what was written, and what the requirements came to.
type LedgerReport struct {
	Result
	Report       string           `json:"report,omitempty"` // path
	Format       string           `json:"format,omitempty"`
	Bytes        int              `json:"bytes,omitzero"`
	SHA256       cred.Digest      `json:"sha256,omitzero"`
	Proofs       string           `json:"proofs,omitempty"` // folder
	Records      int64            `json:"records"`
	Units        int              `json:"units"`
	Delivered    int              `json:"delivered"`
	HeldBack     int              `json:"held_back"`
	Revoked      int              `json:"revoked"`
	Requirements []ReportedResult `json:"requirements"`
	Mistakes     []string         `json:"mistakes"` // that were found
}

// ReportedResult is one requirement that the bench can say something of.
type ReportedResult struct {
	ID     string `json:"id"`
	Result string `json:"result"` // P, F, NA, not-run
	InPart bool   `json:"in_part"`
}

// People writes it as lines.
func (d *LedgerReport) People(w io.Writer) {
	if d.Report == "" {
		return
	}
	fmt.Fprintf(w, "%d units of %d records: %d delivered, %d held back, %d revoked\n", d.Units, d.Records, d.Delivered, d.HeldBack, d.Revoked)
	count := map[string]int{}
	for _, r := range d.Requirements {
		count[r.Result]++
	}
	fmt.Fprintf(w, "measured: %d P, %d F, %d NA, %d not run\n", count["P"], count["F"], count["NA"], count["not-run"])
	for _, m := range d.Mistakes {
		fmt.Fprintf(w, "found: %s\n", m)
	}
	line(w, "report", fmt.Sprintf("%s, %d B", d.Report, d.Bytes))
	if d.Proofs != "" {
		line(w, "proofs", d.Proofs)
	}
}
