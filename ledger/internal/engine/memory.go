package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Memory is SQLite without a file: the same statements and the same errors, gone when it is closed. It is for tests that keep many
// ledgers for a moment each. One connection serves all three pools, so nothing ever waits for a lock on a clock of SQLite's own.
func Memory() Engine { return sqliteMemory{sqliteFile{path: ":memory:"}} }

type sqliteMemory struct{ sqliteFile }

// Open implements Engine.
func (e sqliteMemory) Open(ctx context.Context) (Pools, error) {
	db, err := sql.Open("sqlite", "file::memory:?_txlock=immediate&_pragma=foreign_keys(1)")
	if err != nil {
		return Pools{}, fmt.Errorf("prepare the database: %w", err)
	}
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(1)
	if err := e.migrate(ctx, db, true); err != nil {
		return Pools{}, errors.Join(Told(e, err, "open the ledger in memory"), db.Close())
	}
	return Pools{Firm: db, Ride: db, Read: db}, nil
}
