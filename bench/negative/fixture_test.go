package negative

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/report/fixture"
)

// The report is tried with a server that was tried: the attempts are those that are made here, in the same words.
func TestTheReportIsTriedWithTheseAttempts(t *testing.T) {
	t.Parallel()
	var all []Attempt
	for _, k := range (Options{}).attempts() {
		all = append(all, Attempt{Attempt: string(k), Refused: ptr(true), How: byAlert, Alert: ptr(uint8(48))})
	}
	got := fixture.Refused(0, time.Now())
	if d := cmp.Diff(measured(all), got.Connect.Negative); d != "" {
		t.Errorf("what is written here (-) and what the report is tried with (+): %s", d)
	}
	if d := cmp.Diff([]record.Measured{t10(all)}, got.Tests); d != "" {
		t.Errorf("what is written here (-) and what the report is tried with (+): %s", d)
	}
}
