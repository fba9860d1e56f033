package device_test

import (
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/device"
	"example.org/sectag/device/sim"
)

// Finding out which host is there costs no more than this beyond what the line and the flash take for a whole job: the first AT waits
// for a host that does not hear it, and what a host says twice must be over before it is asked.
func TestNoHostIsWaitedForLong(t *testing.T) {
	for _, h := range hostKinds() {
		t.Run(h.sim, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := unit(t, sim.Config{Host: h.sim, Baud: 115200, Flash: 30 * time.Millisecond})
				out := provision(t.Context(), onLine(u, 115200), device.Options{}, usual())
				if !out.done {
					t.Fatalf("%s: %v", h.sim, out.err)
				}
				beyond := 320 * time.Millisecond
				switch {
				case h.name == "shell":
					beyond = 250 * time.Millisecond
				case h.end == "CR":
					beyond = 20 * time.Millisecond
				}
				least := u.Counters().Least(30 * time.Millisecond)
				t.Logf("%-18s %v for %v: %.2f", h.sim, out.line, least, float64(out.line)/float64(least))
				if out.line > least+beyond {
					t.Errorf("%s: %v for %v", h.sim, out.line, least)
				}
				synctest.Wait()
			})
		})
	}
}
