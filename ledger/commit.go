package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"

	"example.org/sectag/ledger/internal/engine"
)

// Several benches may write one ledger at the same time, and what waits for the disk together goes there together, in one transaction
// (internal/turn). Each is told of its own failure only, and none is told that it is done before it is on the disk.

// act is one thing to be written.
type act struct {
	what string // for people, should it fail
	run  string // which must be this station's; empty: none, or one that is begun
	firm bool   // it must be on the disk when it is done
	do   func(context.Context, engine.Querier) error
	over func(ctx context.Context, err error) // what follows from it, once the transaction is over; may be nil

	err error
}

// runTail is the end of a run as it was.
type runTail struct {
	run string
	tail
}

// firmly runs a transaction that is durable when it returns, and with it all lines of all runs.
func (s *Store) firmly(ctx context.Context, what string, do func(context.Context, engine.Querier) error) error {
	return s.firmlyOf(ctx, "", what, do)
}

// firmlyOf is firmly of what belongs to a run.
func (s *Store) firmlyOf(ctx context.Context, run, what string, do func(context.Context, engine.Querier) error) error {
	return s.write(ctx, &act{what: what, run: run, firm: true, do: do})
}

// write waits until an act is written, alone or with others. One that has begun is not broken off: others may stand beside it.
func (s *Store) write(ctx context.Context, a *act) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.queue.Do(a, func(all []*act) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.commit(context.WithoutCancel(ctx), all)
	})
	return engine.Told(s.db, a.err, a.what)
}

// commit writes acts in one transaction. What is cached of the runs' ends is forgotten when the transaction as a whole fails: the
// database knows best.
func (s *Store) commit(ctx context.Context, all []*act) {
	db, parsed := s.pools.Ride, s.rides
	if firm(all) {
		db, parsed = s.pools.Firm, s.firms
	}
	err := s.tried(ctx, db, parsed, all)
	parsed.Learn(ctx)
	if err != nil {
		for _, a := range all {
			a.err = err
		}
		s.forget()
		s.follow(ctx, all)
		return
	}
	defer s.follow(ctx, all)
	if firm(all) {
		clear(s.loose)
	}
	for run, t := range s.runs {
		if firm(all) {
			t.synced = t.lines
		} else if t.synced < t.lines {
			s.loose[run] = true
		}
		if t.state != RunOpen {
			delete(s.runs, run)
		}
	}
}

// forget drops what is cached of the database, which knows best.
func (s *Store) forget() {
	clear(s.runs)
	clear(s.traits)
}

func (s *Store) follow(ctx context.Context, all []*act) {
	for _, a := range all {
		if a.over != nil {
			a.over(ctx, a.err)
		}
	}
}

// errSome says that of several acts one failed, and that nothing was written.
var errSome = errors.New("one of several acts failed")

// tried is together, once more where stations stood in each other's way and the database took everything back, and with care where one act
// of several failed: that is rare, and care takes its time.
func (s *Store) tried(ctx context.Context, db *sql.DB, parsed *engine.Statements, all []*act) (err error) {
	s.commits++
	care := false
	for tries := 0; tries < 5; {
		err = s.together(ctx, db, parsed, all, care)
		switch {
		case errors.Is(err, errSome):
			care = true
		case err != nil && s.pools.Shared != nil && s.pools.Shared.Again(err):
			tries++
		default:
			return err
		}
		s.forget()
		for _, a := range all {
			a.err = nil
		}
	}
	return err
}

// together is the transaction of commit. Its error is of all acts; one that failed alone has its own.
func (s *Store) together(ctx context.Context, db *sql.DB, parsed *engine.Statements, all []*act, care bool) error {
	tx, err := db.BeginTx(ctx, nil)
	if d := s.pools.Shared; d != nil && err != nil && d.Lost(err) {
		tx, err = db.BeginTx(ctx, nil) // nothing was asked of the old connection yet: a new one will do
	}
	if err != nil {
		return err
	}
	q := parsed.In(tx)
	s.grew = ""
	done := 0
	fresh, err := s.holds.Renewed(ctx, q)
	if fresh {
		s.forget()
	}
	if err == nil && !firm(all) && s.pools.Ease != "" {
		_, err = q.ExecContext(ctx, s.pools.Ease)
	}
	for _, a := range all {
		if err != nil {
			break
		}
		if care {
			err = s.one(ctx, q, a)
		} else {
			err = s.bare(ctx, q, a, len(all) == 1)
		}
		if err == nil && a.err == nil {
			done++
		}
	}
	if err == nil && firm(all) && done > 0 {
		if err = s.name(ctx, q); err == nil {
			err = s.sign(ctx, q)
		}
	}
	if err != nil || done == 0 {
		_ = tx.Rollback() // the first error is the one to tell
		return err
	}
	runs := make([]string, len(all))
	for i, a := range all {
		runs[i] = a.run
	}
	return s.holds.Unsure(tx.Commit(), runs)
}

// firm tells whether one of the acts must be on the disk when it is done.
func firm(all []*act) bool { return slices.ContainsFunc(all, func(a *act) bool { return a.firm }) }

// bare runs an act without care: its failure is everybody's.
func (s *Store) bare(ctx context.Context, tx engine.Querier, a *act, alone bool) error {
	err := s.holdsRun(ctx, tx, a.run)
	if err == nil {
		err = a.do(ctx, tx)
	}
	if d := s.pools.Shared; err == nil || alone || d != nil && (d.Again(err) || d.Lost(err)) {
		return err
	}
	return errSome
}

// one runs one act of several so that its failure takes back what it did and nothing else. For that the database keeps a copy of all that an
// act changes, which thirty-two lanes that wait for each other would feel: it is only done where one of them failed.
func (s *Store) one(ctx context.Context, tx engine.Querier, a *act) error {
	if a.err = s.holdsRun(ctx, tx, a.run); a.err != nil {
		return nil
	}
	if _, err := tx.ExecContext(ctx, `SAVEPOINT one`); err != nil {
		return err
	}
	was := s.tails[:0]
	for run, t := range s.runs {
		was = append(was, runTail{run, *t})
	}
	s.tails = was
	if a.err = a.do(ctx, tx); a.err != nil {
		if d := s.pools.Shared; d != nil && d.Again(a.err) {
			return a.err // all of it is tried once more
		}
		if _, err := tx.ExecContext(ctx, `ROLLBACK TO one`); err != nil {
			return a.err // the database has taken all of it back
		}
		s.forget()
		for _, w := range was {
			s.runs[w.run] = &w.tail
		}
	}
	_, err := tx.ExecContext(ctx, `RELEASE one`)
	return err
}

// AppendFirm is AppendEvent of a line that is on the disk when it returns, with all that was written before it.
func (s *Store) AppendFirm(ctx context.Context, run, typ, at string, body json.RawMessage) error {
	return s.append(ctx, true, run, typ, at, body)
}
