package page_test

import (
	"bytes"
	"testing"
	"time"

	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/report"
	"example.org/sectag/ledger/report/fixture"
	"example.org/sectag/ledger/report/page"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// model is the report over what fill hands over.
func model(t testing.TB, fill func(func(record.Record) error) error) *report.Model {
	t.Helper()
	b := report.New(report.Frame{
		Made: time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC), Tool: report.Tool{Version: "v1.4.0", Commit: "b7c036c"},
		Scope: report.Scope{Batch: "2026-47"}, Head: fixture.Head(99),
	})
	must(t, fill(fixture.Sealed(b.Add)))
	return b.Finish()
}

func batch(n int) func(func(record.Record) error) error {
	return func(do func(record.Record) error) error { return fixture.Batch(n, do) }
}

func written(t testing.TB, m *report.Model) []byte {
	t.Helper()
	var out bytes.Buffer
	must(t, page.Write(&out, m))
	return out.Bytes()
}
