package ledger

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
)

// queued starts acts while somebody writes, so that all of them wait for one transaction, one after the other.
func queued(t *testing.T, s *Store, acts ...func() error) []error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	errs := make([]error, len(acts))
	begun, on := make(chan bool), make(chan bool)
	var all sync.WaitGroup
	all.Go(func() {
		s.queue.Do(nil, func([]*act) {
			close(begun)
			<-on
		})
	})
	<-begun
	for i, f := range acts {
		all.Go(func() { errs[i] = f() })
		for s.queue.Waiting() <= i {
			if ctx.Err() != nil {
				t.Fatalf("act %d does not come to wait", i)
			}
			runtime.Gosched()
		}
	}
	close(on)
	all.Wait()
	return errs
}

// rows is what the run's row names: what is there is on the disk.
func rows(t *testing.T, s *Store, run string) (lines int64) {
	t.Helper()
	must(t, s.pools.Read.QueryRow(`SELECT lines FROM run WHERE id = $1`, run).Scan(&lines))
	return lines
}

// TestWhatWaitsTogetherGoesToTheDiskTogether: one transaction, in which the one that fails takes nothing of the others with it.
func TestWhatWaitsTogetherGoesToTheDiskTogether(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := openNew(t, k)
		ctx := t.Context()
		var runs [4]string
		for i := range runs {
			var err error
			runs[i], err = s.Begin(ctx, at, nil)
			must(t, err)
		}
		must(t, s.Reserve(ctx, runs[0], at, serial(1)))
		broken := errors.New("broken off behind its lines")
		before := s.commits
		errs := queued(
			t, s,
			func() error { return s.AppendFirm(ctx, runs[0], "slot.deleted", at, nil) },
			func() error { return s.Reserve(ctx, runs[1], at, serial(1)) }, // it was given before
			func() error { return s.AppendEvent(ctx, runs[1], "slot.deleted", at, nil) },
			func() error {
				return s.firmly(ctx, "break off", func(ctx context.Context, tx engine.Querier) error {
					must(t, s.line(ctx, tx, runs[2], "slot.deleted", at, nil))
					return broken
				})
			},
			func() error { return s.Reserve(ctx, runs[3], at, serial(2)) },
			func() error { return s.AppendFirm(ctx, "99", "slot.deleted", at, nil) },
			func() error { _, err := s.Begin(ctx, at, nil); return err },
		)
		wantCode(t, errs[1], "ledger.bound")
		if !errors.Is(errs[3], broken) || errs[5] == nil {
			t.Errorf("%v, %v", errs[3], errs[5])
		}
		for _, i := range []int{0, 2, 4, 6} {
			must(t, errs[i])
		}
		if n := s.commits - before; n != 1 {
			t.Errorf("%d transactions", n)
		}
		for i, want := range []int64{3, 2, 1, 2} {
			if got := rows(t, s, runs[i]); got != want {
				t.Errorf("run %d: %d lines are on the disk, want %d", i, got, want)
			}
		}
		for _, run := range runs {
			must(t, s.AppendFirm(ctx, run, "slot.written", at, nil))
		}
		mustVerify(t, s.Reader)
	})
}

// TestALineIsStillLooseWhenAnothersTransactionFails: what a run wrote before must be on the disk with its next firm line, whoever failed between.
func TestALineIsStillLooseWhenAnothersTransactionFails(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := openNew(t, k)
		ctx := t.Context()
		ours, err := s.Begin(ctx, at, nil)
		must(t, err)
		theirs, err := s.Begin(ctx, at, nil)
		must(t, err)
		must(t, s.Reserve(ctx, theirs, at, serial(1)))
		must(t, s.AppendEvent(ctx, ours, "slot.deleted", at, nil))
		wantCode(t, s.Reserve(ctx, theirs, at, serial(1)), "ledger.bound")
		must(t, s.AppendFirm(ctx, ours, "slot.written", at, nil))
		if n := rows(t, s, ours); n != 3 {
			t.Errorf("%d lines are on the disk, want 3", n)
		}
	})
}

// TestManyWritersAtOnce: every line, serial and record of thirty-two runs is there once, and verify finds the ledger whole.
func TestManyWritersAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		const lanes = 32
		s, _ := openNew(t, k)
		ctx := t.Context()
		var all sync.WaitGroup
		errs := make(chan error, lanes)
		for n := range lanes {
			all.Go(func() { errs <- lane(ctx, s, n) })
		}
		all.Wait()
		for range lanes {
			must(t, <-errs)
		}
		if rep := mustVerify(t, s.Reader); rep.Records != lanes {
			t.Errorf("%d records", rep.Records)
		}
		runs, err := s.Runs(ctx, RunDone)
		must(t, err)
		serials := map[string]bool{}
		for _, r := range runs {
			of, err := s.Serials(ctx, r.ID)
			must(t, err)
			if len(of) != 1 || serials[of[0].Serial] || of[0].State != SerialUsed || r.Lines != 1+10+1+1+1 {
				t.Errorf("run %s has %d lines and the serials %v", r.ID, r.Lines, of)
			}
			serials[of[0].Serial] = true
		}
		if len(runs) != lanes {
			t.Errorf("%d runs are done", len(runs))
		}
	})
}

// lane is what one unit of a gang writes, with a cancelled bystander and a claim that is refused.
func lane(ctx context.Context, s *Store, n int) error {
	run, err := s.Begin(ctx, at, nil)
	if err != nil {
		return err
	}
	for i := range 10 {
		write := s.AppendEvent
		if i%2 == 0 {
			write = s.AppendFirm
		}
		if err := write(ctx, run, "slot.written", at, nil); err != nil {
			return err
		}
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if err := s.AppendFirm(gone, run, "slot.written", at, nil); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("whoever has gone writes: %w", err)
	}
	r := unitRecord(n, 1)
	r.Run = run
	if err := s.Reserve(ctx, run, at, r.Cert.Serial); err != nil {
		return err
	}
	if f := cred.AsFault(s.Reserve(ctx, run, at, r.Cert.Serial)); f == nil || f.Code != "ledger.bound" {
		return fmt.Errorf("a serial was given twice: %v", f)
	}
	if _, err = s.Record(ctx, r); err != nil {
		return err
	}
	return s.End(ctx, run, at, RunDone)
}

// TestWhatWasTakenBackIsForgotten: the number that a trait had in a transaction that failed is not its number in the next one, nor is it
// where it failed beside others.
func TestWhatWasTakenBackIsForgotten(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := openNew(t, k)
		ctx := t.Context()
		broken := errors.New("broken off behind its record")
		written := func(n int, firmware string) func(context.Context, engine.Querier) error {
			return func(ctx context.Context, tx engine.Querier) error {
				r := unitRecord(n, 1)
				r.Firmware = firmware
				_, err := s.record(ctx, tx, r)
				return err
			}
		}
		fails := func(n int, firmware string) func() error {
			return func() error {
				return s.firmly(ctx, "break off", func(ctx context.Context, tx engine.Querier) error {
					return errors.Join(written(n, firmware)(ctx, tx), broken)
				})
			}
		}
		works := func(n int, firmware string) func() error {
			return func() error { return s.firmly(ctx, "write", written(n, firmware)) }
		}
		wantBroken(t, fails(1, "mfw_nrf91x1_2.0.5")(), broken)
		must(t, works(2, "mfw_nrf91x1_2.0.6")())
		must(t, works(3, "mfw_nrf91x1_2.0.5")())
		errs := queued(t, s, fails(4, "mfw_nrf91x1_2.0.7"), works(5, "mfw_nrf91x1_2.0.8"), fails(6, "mfw_nrf91x1_2.0.9"), works(7, "mfw_nrf91x1_2.0.7"))
		wantBroken(t, errs[0], broken)
		wantBroken(t, errs[2], broken)
		must(t, errors.Join(errs[1], errs[3]))
		if rep := mustVerify(t, s.Reader); rep.Records != 4 {
			t.Errorf("%d records", rep.Records)
		}
	})
}

func wantBroken(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%v, want %v", err, want)
	}
}
