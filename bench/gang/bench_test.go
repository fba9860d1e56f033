package gang_test

import (
	"slices"
	"testing"
	"time"

	"example.org/sectag/cred"
)

// BenchmarkGang is one unit and thirty-two, on lines of 115200 baud with a flash of 30 ms, in turns, so that what else the machine does
// is the same for both. Each is a new unit, from opening its port to its record on the disk; an encrypted key is opened once a run, which
// takes its time, but for the quick one's, which is encrypted with one iteration.
func BenchmarkGang(b *testing.B) {
	for name, pass := range map[string]string{"quick-key": "", "encrypted-key": passphrase} {
		b.Run(name, func(b *testing.B) { benchmarkGang(b, pass) })
	}
}

func benchmarkGang(b *testing.B, pass string) {
	r := newRack(b, pass)
	next := 0
	run := func(n int) time.Duration {
		var names []string
		for range n {
			names = append(names, portOf(next, "baud=115200&flash=30ms"))
			next++
		}
		g := r.gang(names...)
		if pass != "" {
			g.Pass, g.Keyed = []byte(pass), true
		}
		began := time.Now()
		for _, u := range g.Run(b.Context()) {
			if u.Verdict != cred.Pass {
				b.Fatalf("%+v", u)
			}
		}
		return time.Since(began)
	}
	var ones, many, ratios []float64
	for b.Loop() {
		one := run(1).Seconds()
		all := run(32).Seconds()
		one = min(one, run(1).Seconds())
		ones, many, ratios = append(ones, one*1000), append(many, all*1000), append(ratios, all/one)
	}
	b.ReportMetric(middle(ones), "ms/one")
	b.ReportMetric(middle(many), "ms/32")
	b.ReportMetric(middle(ratios), "32/one")
	b.ReportMetric(0, "ns/op")
}

func middle(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}
