package ledger

import (
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

// TestAMemoryIsALedger: it does what a file does, refuses what a file refuses, and knows nothing of another one.
func TestAMemoryIsALedger(t *testing.T) {
	ctx := t.Context()
	s, err := OpenMemory(ctx)
	must(t, err)
	other, err := OpenMemory(ctx)
	must(t, err)
	populate(t, s)
	if rep := mustVerify(t, s.Reader); rep.Records != 3 {
		t.Errorf("%d records", rep.Records)
	}
	clone := unitRecord(1, 3)
	clone.Unit.Key = digest("another module")
	_, err = s.Record(ctx, clone)
	wantCode(t, err, "ledger.bound")
	newest, found, err := s.NewestPassing(ctx, unitRecord(1, 1).Seen(), record.Provision)
	must(t, err)
	if !found || newest.ID != "2" {
		t.Errorf("%v, %+v", found, newest)
	}
	runs, err := s.Runs(ctx, RunOpen)
	must(t, err)
	if len(runs) != 1 || runs[0].Lines != 2 {
		t.Errorf("%+v", runs)
	}
	for _, want := range []int{0, 1} {
		if left, err := s.Unfinished(ctx); err != nil || len(left) != want {
			t.Errorf("%d runs are left, want %d, %v", len(left), want, err)
		}
		s.Disown()
	}
	must(t, s.AppendEvent(ctx, runs[0].ID, "run.interrupted", "2026-01-01T00:00:00Z", []byte(`{}`)))
	must(t, s.End(ctx, runs[0].ID, "2026-01-01T00:00:00Z", RunInterrupted))
	if left, err := s.Unfinished(ctx); err != nil || len(left) != 0 {
		t.Errorf("%v, %v", left, err)
	}
	if rep, err := other.Verify(ctx, nil); err != nil || rep.Verdict != cred.Pass || rep.Records != 0 || other.Origin() == s.Origin() {
		t.Errorf("%+v, %v", rep, err)
	}
	must(t, s.Close())
	must(t, other.Close())
}
