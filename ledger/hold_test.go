package ledger

import (
	"strings"
	"testing"
)

// TestLeases: a unit is one run's at a time, until its record is written or the run ends.
func TestLeases(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := openNew(t, k)
		ctx := t.Context()
		one, err := s.Begin(ctx, at, nil)
		must(t, err)
		two, err := s.Begin(ctx, at, nil)
		must(t, err)
		must(t, s.Lease(ctx, one, imei(1)))
		must(t, s.Lease(ctx, one, imei(1))) // it is its own
		if f := wantCode(t, s.Lease(ctx, two, imei(1)), "ledger.leased"); !strings.Contains(f.Text, "run "+one) {
			t.Errorf("%q does not say who has it", f.Text)
		}
		must(t, s.Lease(ctx, two, imei(2)))
		must(t, s.Lease(ctx, one, imei(3))) // the next unit at the same port: the first is free
		must(t, s.Lease(ctx, two, imei(1)))
		wantCode(t, s.Lease(ctx, one, imei(1)), "ledger.leased")
		r := unitRecord(1, 1)
		r.Run = two
		_, err = s.Record(ctx, r)
		must(t, err)
		must(t, s.Lease(ctx, one, imei(1)))
		must(t, s.End(ctx, one, at, RunDone))
		must(t, s.Lease(ctx, two, imei(1)))
		s.Release(ctx, one, imei(1)) // not its own
		wantCode(t, s.Lease(ctx, "", imei(1)), "ledger.leased")
		s.Release(ctx, two, imei(1))
		must(t, s.Lease(ctx, "", imei(1)))
		wantCode(t, s.Lease(ctx, "", imei(1)), "ledger.leased")
		r = unitRecord(1, 2)
		_, err = s.Record(ctx, r)
		must(t, err)
		must(t, s.Lease(ctx, "", imei(1)))
		mustVerify(t, s.Reader)
	})
}
