package paper

import (
	"fmt"
	"io"

	"example.org/sectag/bench/typetest"
	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

// Evidence is the document of sectag evidence.
type Evidence struct {
	Result
	Tested
}

// Tested is what came of the tests.
type Tested = typetest.Result

// NoEvidence is its blank.
func NoEvidence() Document {
	return &Evidence{Tested: typetest.Result{Verdict: cred.Fail, Tests: []record.Measured{}, Findings: []cred.Finding{}}}
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
	if len(d.Tests) > 0 {
		fmt.Fprintln(w, evidenceWord(d.Tested))
	}
}

// evidenceWord is how it ended. A test that could not be made fails nothing, and passes nothing either.
func evidenceWord(r Tested) string {
	made := 0
	for _, m := range r.Tests {
		if m.Result != "not-run" {
			made++
		}
	}
	switch {
	case r.Verdict == cred.Fail:
		return "FAIL"
	case made == 0:
		return "NOT RUN: nothing was shown"
	case made < len(r.Tests):
		return "PASS in part: not every test could be made"
	}
	return "PASS"
}
