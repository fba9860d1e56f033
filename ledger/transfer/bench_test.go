package transfer_test

import (
	"path/filepath"
	"strconv"
	"testing"

	"example.org/sectag/ledger/transfer"
)

// BenchmarkBackup copies and verifies two thousand records.
func BenchmarkBackup(b *testing.B) {
	const records, writers = 2000, 50
	for name, place := range places {
		b.Run(name, func(b *testing.B) {
			url := place(b)
			s := open(b, url)
			errs := make(chan error)
			for w := range writers {
				go func() {
					for n := range records / writers {
						if _, err := s.Record(b.Context(), unit(w*1000+n)); err != nil {
							errs <- err
							return
						}
					}
					errs <- nil
				}()
			}
			for range writers {
				must(b, <-errs)
			}
			dir, n := b.TempDir(), 0
			for b.Loop() {
				n++
				_, err := transfer.Backup(b.Context(), url, filepath.Join(dir, strconv.Itoa(n)+".db"))
				must(b, err)
			}
			b.ReportMetric(float64(records*n)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
