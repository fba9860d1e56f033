package ledger

import (
	"context"
	"strconv"

	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/internal/read"
	"example.org/sectag/ledger/record"
)

// Choice narrows what is taken out of a ledger.
type Choice = read.Choice

// Take hands on records in their order, each with its bytes. Without All they are those that gave each unit the identity that it has
// now: kind provision or issue, not failed, and the newest such. Each must be what was sealed, or the taking ends with ledger.broken: a
// server will believe what it is told of a unit.
func (r *Reader) Take(ctx context.Context, want Choice, each func(rec record.Record, body []byte) error) error {
	ids, err := read.Chosen(ctx, r.rd, want)
	if err != nil {
		return engine.Told(r.db, err, "read the records")
	}
	for _, id := range ids {
		var body, unit string
		err := r.rd.QueryRowContext(ctx, `SELECT body, unit FROM record WHERE id = $1`, id).Scan(&body, &unit)
		if err != nil {
			return engine.Told(r.db, err, "read record "+strconv.FormatInt(id, 10))
		}
		rec, err := r.believed(ctx, id, body, unit)
		if err != nil {
			return err
		}
		if err := each(rec, []byte(body)); err != nil {
			return err
		}
	}
	return nil
}
