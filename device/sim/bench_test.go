package sim_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/sectag/device/sim"
)

// BenchmarkJob is a driver that wastes nothing on a paced line: what "over-floor" shows above 1 is the simulator's own
// sloppiness and this machine's, and no driver can be measured finer than that.
func BenchmarkJob(b *testing.B) {
	for _, s := range []struct {
		name string
		cfg  sim.Config
	}{
		{"115200", sim.Config{Baud: 115200, Flash: 30 * time.Millisecond}},
		{"115200,state", sim.Config{Baud: 115200, Flash: 30 * time.Millisecond, State: "unit.json"}},
		{"1000000", sim.Config{Baud: 1000000, Flash: 30 * time.Millisecond}},
		{"unpaced", sim.Config{}},
		{"unpaced,state", sim.Config{State: "unit.json"}},
	} {
		b.Run(s.name, func(b *testing.B) {
			if s.cfg.State != "" {
				s.cfg.State = filepath.Join(b.TempDir(), s.cfg.State)
			}
			m := newModem(b, s.cfg)
			c := attach(b, m)
			job(b, c, strings.Repeat("x", 650))
			start, before := time.Now(), m.Counters()
			for b.Loop() {
				job(b, c, strings.Repeat("x", 650))
			}
			took, floor := time.Since(start), m.Counters().Sub(before).Floor(s.cfg.Baud, s.cfg.Flash)
			if floor > 0 {
				b.ReportMetric(float64(took)/float64(floor), "over-floor")
			}
		})
	}
}
