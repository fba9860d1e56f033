package page_test

import (
	"bytes"
	"context"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/report"
	"example.org/sectag/ledger/report/fixture"
	"example.org/sectag/ledger/report/page"
)

// filled is a ledger of so many units on the disk, written by many at a time, as a gang does.
func filled(b testing.TB, units int) string {
	b.Helper()
	url := "sqlite:" + filepath.Join(b.TempDir(), "ledger.db")
	s, err := ledger.Open(b.Context(), url)
	must(b, err)
	work := make(chan record.Record)
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for r := range work {
				if _, err := s.Record(context.Background(), r); err != nil {
					b.Error(err)
				}
			}
		})
	}
	must(b, fixture.Batch(units, func(r record.Record) error { r.Run = ""; work <- r; return nil }))
	close(work)
	wg.Wait()
	must(b, s.Close())
	return url
}

// BenchmarkReport10000 is the report of a batch of ten thousand units, from the ledger on the disk to the page's last byte: all
// records are read as strictly as ever, and the log's root is worked out anew.
func BenchmarkReport10000(b *testing.B) {
	url := filled(b, 10_000)
	var text bytes.Buffer
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for b.Loop() {
		text.Reset()
		l, err := ledger.OpenReader(b.Context(), url)
		must(b, err)
		head, err := l.Head(b.Context())
		must(b, err)
		r := report.New(report.Frame{Made: fixture.Begins, Head: head})
		must(b, l.Each(b.Context(), head, ledger.Part{}, func(rec record.Record, leaf cred.Digest) error { r.Add(rec, leaf); return nil }))
		m := r.Finish()
		if m.Count.Units != 10_000 {
			b.Fatalf("%d units", m.Count.Units)
		}
		must(b, page.Write(&text, m))
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(m)
		must(b, l.Close())
	}
	b.ReportMetric(float64(text.Len())/1e6, "MB-page")
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB-held")
}
