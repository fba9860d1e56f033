package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"example.org/sectag/ledger/record"
)

// traitStep is the step of the schema that brought the tables trait and said.
const traitStep = 3

// HasTraits implements Engine.
func (sqliteFile) HasTraits(ctx context.Context, q Querier) (bool, error) {
	var n int
	err := q.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE name IN ('trait', 'said')`).Scan(&n)
	return n == 2, err
}

// Numbers are those of traits, so that they need not be asked for again with each unit. A number stays what it is once its transaction is
// over; where one is taken back, all are to be forgotten.
type Numbers map[record.Trait]int64

// Say notes what a record says that many units have in common, and ends what its unit's older ones said. Its own row is there already.
func Say(ctx context.Context, q Querier, numbers Numbers, id int64, r record.Record) error {
	var unit int64
	if err := q.QueryRowContext(ctx, `SELECT min(id) FROM record WHERE unit = $1`, r.Unit.Name).Scan(&unit); err != nil {
		return err
	}
	at, err := record.ParseStamp(r.Time)
	if err != nil {
		return err
	}
	traits := r.Traits()
	if unit != id {
		for _, s := range record.Sorts() {
			if !says(traits, s) || !r.Ends(s) {
				continue
			}
			_, err := q.ExecContext(ctx, `UPDATE said SET until = $1 WHERE unit = $2 AND until = 0
				AND trait IN (SELECT id FROM trait WHERE what = $3)`, id, unit, string(s))
			if err != nil {
				return err
			}
		}
	}
	for _, t := range traits {
		n, ok := numbers[t]
		if !ok {
			if n, err = traitOf(ctx, q, t); err != nil {
				return err
			}
			numbers[t] = n
		}
		_, err = q.ExecContext(ctx, `INSERT INTO said (trait, unit, record, imei, time, until) VALUES ($1, $2, $3, $4, $5, 0)`,
			n, unit, id, int64(r.IMEI), at.Unix())
		if err != nil {
			return err
		}
	}
	return nil
}

func says(traits []record.Trait, s record.Sort) bool {
	for _, t := range traits {
		if t.Sort == s {
			return true
		}
	}
	return false
}

// traitOf is the number of a trait; one that is new gets the next.
func traitOf(ctx context.Context, q Querier, t record.Trait) (int64, error) {
	var n int64
	err := q.QueryRowContext(ctx, `SELECT id FROM trait WHERE what = $1 AND value = $2 AND also = $3`,
		string(t.Sort), t.Value, t.Also).Scan(&n)
	if !errors.Is(err, sql.ErrNoRows) {
		return n, err
	}
	if err := q.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) + 1 FROM trait`).Scan(&n); err != nil {
		return 0, err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO trait (id, what, value, also) VALUES ($1, $2, $3, $4)`, n, string(t.Sort), t.Value, t.Also)
	return n, err
}

// SayAll fills the index of a ledger that an older sectag wrote. What cannot be read is left out: verify tells of it.
func SayAll(ctx context.Context, q Querier) error {
	var next int64
	numbers := Numbers{}
	for {
		var id int64
		var body string
		err := q.QueryRowContext(ctx, `SELECT id, body FROM record WHERE id >= $1 ORDER BY id LIMIT 1`, next).Scan(&id, &body)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		next = id + 1
		r, err := record.Decode([]byte(body))
		if err != nil {
			continue
		}
		if err := Say(ctx, q, numbers, id, r); err != nil {
			return fmt.Errorf("index record %d: %w", id, err)
		}
	}
}
