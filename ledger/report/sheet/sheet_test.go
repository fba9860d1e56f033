package sheet_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/report"
	"example.org/sectag/ledger/report/fixture"
	"example.org/sectag/ledger/report/sheet"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func rows(t *testing.T, fill func(func(record.Record) error) error) []sheet.Row {
	t.Helper()
	b := report.New(report.Frame{Made: fixture.Begins, Head: fixture.Head(1)})
	must(t, fill(fixture.Sealed(b.Add)))
	return sheet.Rows(b.Finish())
}

func TestEverySheetHasItsRows(t *testing.T) {
	all := rows(t, func(do func(record.Record) error) error { return fixture.Batch(40, do) })
	bench, person, results := map[string]int{}, map[string]int{}, map[string]string{}
	for _, r := range all {
		switch r.FilledBy {
		case "bench":
			bench[r.Sheet]++
		case "person":
			person[r.Sheet]++
			if r.Value != "" {
				t.Errorf("%+v is filled in for a person", r)
			}
		default:
			t.Errorf("nobody fills in %+v", r)
		}
		if r.Result != "" {
			results[r.Sheet] = r.Result
		}
	}
	for _, s := range []string{
		"ProductInfo", "CCK-1.CCK", "CCK-2.Generation", "CCK-3.CCK", "SSM-1.SecAsset", "SSM-2.SSM", "SSM-3.SSM", "SCM-1.SCM", "SCM-2.SCM", "SCM-3.SCM", "SCM-4.SCM",
		"AUM-3.AuthVal", "CRY-1.Cryptography",
	} {
		if bench[s] == 0 || person[s] == 0 {
			t.Errorf("%s: %d cells of the bench, %d of a person", s, bench[s], person[s])
		}
	}
	for s, want := range map[string]string{"CCK-1.CCK": "P", "CCK-2.Generation": "P", "SCM-4.SCM": "not-run", "SSM-3.SSM": "P"} {
		if results[s] != want {
			t.Errorf("%s: %q, want %q", s, results[s], want)
		}
	}
}

func TestACellIsNoFormula(t *testing.T) {
	all := rows(t, func(do func(record.Record) error) error {
		r := fixture.Unit(1, 1, fixture.Begins)
		r.Unit.Product, r.Unit.Batch, r.Model = `=HYPERLINK("http://x.example","a")`, "@SUM(1)", "a,\"b\""
		return do(r)
	})
	var out bytes.Buffer
	must(t, sheet.CSV(&out, all))
	cells, err := csv.NewReader(&out).ReadAll()
	must(t, err)
	if len(cells) != len(all)+1 {
		t.Fatalf("%d lines for %d rows", len(cells), len(all))
	}
	found := 0
	for _, line := range cells {
		for _, c := range line {
			if c != "" && strings.ContainsAny(c[:1], "=+@") {
				t.Errorf("%q is a formula", c)
			}
			if strings.Contains(c, "HYPERLINK") || strings.Contains(c, `a,"b"`) {
				found++
			}
		}
	}
	if found != 2 {
		t.Errorf("%d of 2 texts arrived", found)
	}
}
