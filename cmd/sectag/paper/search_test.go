package paper

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/ledger"
)

// TestAffectedIsWrittenAsTheEncoderWould: the list that is written by hand is the encoder's, byte by byte.
func TestAffectedIsWrittenAsTheEncoderWould(t *testing.T) {
	hits := []ledger.Hit{
		{IMEI: 352656100000002, Record: "0", Time: "2026-11-22T10:00:00Z", Newest: true},
		{Record: "17", Time: "2026-11-22T10:00:01Z"},
		{IMEI: 1, Record: "18", Time: "2026-11-22T10:00:02Z", Newest: true},
	}
	tricky := []cred.Finding{{Code: "ledger.unheard", Severity: cred.Warning, Text: "\n  \"units\": [] <&>", Hint: "x"}}
	for n := range len(hits) + 1 {
		for _, findings := range [][]cred.Finding{{}, tricky} {
			d := &LedgerAffected{Count: n, Units: hits[:n], Findings: findings}
			if len(findings) > 0 {
				d.Failed(cred.Failed("output.lost", "\n  \"units\": []", "x"))
			}
			want, err := Indented(d)
			if err != nil {
				t.Fatal(err)
			}
			got, err := d.JSON()
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d units: %v\n%s\nwant\n%s", n, err, got, want)
			}
		}
	}
}

// TestEachAffectedUnitHasALine: also where they are so many that they are written in parts.
func TestEachAffectedUnitHasALine(t *testing.T) {
	d := &LedgerAffected{}
	var want strings.Builder
	for n := range 3000 {
		imei := cred.IMEI(n)
		name, more := "(no IMEI)      ", "  (has newer records)"
		if n > 0 {
			name = fmt.Sprintf("%015d", n)
		}
		if n%2 == 0 {
			more = ""
		}
		d.Units = append(d.Units, ledger.Hit{IMEI: imei, Record: fmt.Sprint(n), Time: "2026-11-22T10:00:00Z", Newest: n%2 == 0})
		fmt.Fprintf(&want, "%s  2026-11-22T10:00:00Z  record %d%s\n", name, n, more)
	}
	var got bytes.Buffer
	if d.People(&got); got.String() != want.String() || got.Len() < 2*aWrite {
		t.Errorf("%d bytes, want %d", got.Len(), want.Len())
	}
}
