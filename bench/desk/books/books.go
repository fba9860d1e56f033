// Package books writes a unit's record to the ledger, and all that must stand there beside it.
package books

import (
	"context"

	"example.org/sectag/bench/identity"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// Write abandons the serials that no unit got, records the connection that a twin made, and then writes the record; it tells its name. A
// check names the record that it found the unit to agree with.
func Write(ctx context.Context, l *ledger.Store, set *identity.Set, r record.Record) (string, error) {
	abandon := func(serial string) error { return l.Abandon(ctx, r.Run, r.Time, serial) }
	if err := set.Drop(abandon, r.Abandoned); err != nil {
		return "", err
	}
	if err := set.Test(r, func(t record.Record) error { _, err := l.Record(ctx, t); return err }); err != nil {
		return "", err
	}
	if r.Kind == record.Check {
		older, found, err := l.NewestPassing(ctx, r.Seen(), record.Provision)
		if err != nil {
			return "", err
		}
		if found {
			r.Checks = older.ID
		}
	}
	written, err := l.Record(ctx, r)
	return written.ID, err
}
