package ledger

import (
	"context"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
)

// Shared tells whether other stations may write this ledger at the same time.
func (s *Store) Shared() bool { return s.pools.Shared != nil }

// Lease takes a unit's IMEI for a run, from before anything is signed for it until its record is written or the run ends. Where another
// run has it, at this station or another, that is ledger.leased, and the text says who. A run has one unit at a time: the one before is
// let go. An empty run is work without a journal, whose record lets go.
func (s *Store) Lease(ctx context.Context, run string, imei cred.IMEI) error {
	if s.pools.Shared == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.holds.Lease(ctx, nil, run, imei)
	}
	got := false // the transaction may be tried twice
	return s.write(ctx, &act{what: "lease an IMEI", run: run, do: func(ctx context.Context, tx engine.Querier) error {
		if got {
			return nil
		}
		err := s.holds.Lease(ctx, tx, run, imei)
		got = err == nil
		return err
	}})
}

// Release lets go of an IMEI that was leased for a run, when there will be no record.
func (s *Store) Release(ctx context.Context, run string, imei cred.IMEI) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holds.Release(ctx, s.pools.Firm, run, imei)
}

// holdsRun sees that a run is this station's before anything is written to it.
func (s *Store) holdsRun(ctx context.Context, tx engine.Querier, run string) error {
	taken, err := s.holds.Own(ctx, tx, run, s.mine[run])
	if taken {
		delete(s.runs, run)
	}
	return err
}

// Unfinished are the runs that are open and were left by a process that is gone, the oldest first. Who goes on with one claims it.
func (s *Store) Unfinished(ctx context.Context) ([]Run, error) {
	all, err := s.Runs(ctx, RunOpen)
	if err != nil {
		return nil, err
	}
	out := []Run{}
	look := func(ctx context.Context, tx engine.Querier) error {
		out = []Run{}
		for _, r := range all {
			left, err := s.holds.Left(ctx, tx, r.ID, s.mine[r.ID])
			if err != nil {
				return err
			}
			if left {
				out = append(out, r)
			}
		}
		return nil
	}
	if s.pools.Shared != nil {
		err = s.write(ctx, &act{what: "read the journal", do: look})
		return out, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	err = look(ctx, nil)
	return out, err
}

// Claim takes over a run that was left open by a process that is gone, and tells whether it did: another station may have been quicker, or
// its process is alive. Who claims a run ends it.
func (s *Store) Claim(ctx context.Context, run string) (bool, error) {
	got := false
	err := s.write(ctx, &act{what: "take over a run", do: func(ctx context.Context, tx engine.Querier) error {
		left, err := s.holds.Left(ctx, tx, run, s.mine[run])
		if err != nil || !left {
			return err
		}
		if err := s.holdsRun(ctx, tx, run); err != nil {
			return err
		}
		// Whoever had it may have ended it in the moment before it was taken.
		var state string
		if err := tx.QueryRowContext(ctx, `SELECT state FROM run WHERE id = $1`, run).Scan(&state); err != nil {
			return err
		}
		if got = state == RunOpen; !got {
			s.holds.Ended(ctx, tx, run)
		}
		return nil
	}})
	return got, err
}
