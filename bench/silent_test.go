package bench_test

import (
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/flows/station"
)

// TestAWriteWithoutAnAnswerLeavesNoDoubt: the line is brought in step again, and then the modem is asked what the slot holds.
func TestAWriteWithoutAnAnswerLeavesNoDoubt(t *testing.T) {
	r, began := newRig(t, "nrf9151?fault=overflow&fault=online"), time.Now()
	synctest.Test(t, func(t *testing.T) {
		c, start := r.config(nil), time.Now()
		c.Now = func() time.Time { return began.Add(time.Since(start)) } // the bubble's clock is before the authority's
		u := drive(t, c, station.Orders{})
		if u.Failure == nil || u.Failure.Code != "line.no-answer" || u.Verdict != cred.Fail {
			t.Fatalf("%+v", u)
		}
		for _, s := range u.Slots {
			if s.Holds != "missing" {
				t.Errorf("%d %s holds %q, want missing", s.SecTag, s.Kind, s.Holds)
			}
		}
		if d := time.Since(start); d > 25*time.Second {
			t.Errorf("it took %v", d)
		}
		synctest.Wait()
	})
}
