package transfer

import (
	"context"
	"errors"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/seal"
)

// finish says of a copy that it is the ledger.
func (e *end) finish(ctx context.Context) error {
	_, err := e.Firm.ExecContext(ctx, `DELETE FROM meta WHERE name = 'unfinished'`)
	return e.told(err)
}

// resumed ends a move that was cut off behind its last step but one: the old ledger is closed and names the new one, and that does not know
// yet. Again is false where it is another case.
func resumed(ctx context.Context, from *end, to string) (c Copied, again bool, err error) {
	var at string
	if from.Read.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'moved'`).Scan(&at) != nil || at != to || !waits(ctx, to) {
		return Copied{}, false, nil
	}
	tx, err := engine.Snapshot(ctx, from.Read)
	if err != nil {
		return Copied{}, true, from.told(err)
	}
	defer tx.Rollback() // it only read
	origin, head, err := from.state(ctx, tx)
	if err != nil {
		return Copied{}, true, err
	}
	counts := map[string]int64{}
	for _, t := range engine.Tables() { // the old one has a row that names the new one, and that has one that says that it waits
		var n int64
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM `+t.Name).Scan(&n); err != nil {
			return Copied{}, true, from.told(err)
		}
		counts[t.Name] = n
	}
	next, err := open(ctx, to, false, "")
	if err != nil {
		return Copied{}, true, err
	}
	defer func() { err = errors.Join(err, next.told(next.Close())) }()
	other, _, err := next.state(ctx, next.Read)
	if err == nil && other != origin {
		err = cred.Failed("ledger.exists", "what is at "+next.name+" is a copy of another ledger", "name another place")
	}
	if err == nil {
		c, err = next.verified(ctx, head, counts)
	}
	if err == nil {
		err = next.finish(ctx)
	}
	return c, true, err
}

// waits tells whether a copy is there that is not finished. It makes nothing where none is.
func waits(ctx context.Context, url string) bool {
	e, err := open(ctx, url, true, "")
	if err != nil {
		return false
	}
	defer e.Close()
	var f *cred.Fault
	return errors.As(engine.Finished(ctx, e.Read), &f)
}

// state is a ledger's own name and the head of its log.
func (e *end) state(ctx context.Context, q engine.Querier) (origin string, head seal.Checkpoint, err error) {
	if err := q.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'origin'`).Scan(&origin); err != nil {
		return "", head, e.told(err)
	}
	head, err = engine.Head(ctx, q, origin)
	return origin, head, e.told(err)
}
