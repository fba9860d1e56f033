package paper

import (
	"fmt"
	"io"

	"example.org/sectag/bench/sample"
	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

// Evidence is the document of sectag evidence.
type Evidence struct {
	Result
	Tested
}

// Tested is what came of the tests.
type Tested = sample.Result

// NoEvidence is its blank.
func NoEvidence() Document {
	return &Evidence{Tested: sample.Result{Verdict: cred.Fail, Tests: []record.Measured{}, Findings: []cred.Finding{}}}
}

// People writes it as lines.
func (d *Evidence) People(w io.Writer) {
	if d.IMEI != 0 {
		line(w, "IMEI", d.IMEI.String())
	}
	line(w, "model", d.Model)
	line(w, "firmware", d.Firmware)
	for _, m := range d.Tests {
		fmt.Fprintf(w, "%-12s %-8s %s\n", m.Test, m.Result, m.Evidence)
		line(w, "", m.Deviation)
	}
	line(w, "record", d.Record)
	findings(w, d.Findings)
}
