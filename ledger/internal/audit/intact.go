package audit

import (
	"context"
	"database/sql"
	"errors"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
)

// judged is what the database says of its own files.
type judged struct {
	findings []cred.Finding
	err      error
}

// intact asks the database about its files, while the records are read where it has a second connection for that. What it finds stands
// in front of all else.
func (a *audit) intact(ctx context.Context, rd *sql.DB, tx *sql.Tx) <-chan judged {
	out := make(chan judged, 1)
	if rd.Stats().MaxOpenConnections == 1 {
		found, err := a.db.Intact(ctx, tx)
		out <- judged{found, err}
		return out
	}
	go func() {
		var j judged
		other, err := engine.Snapshot(ctx, rd)
		if err == nil {
			j.findings, err = a.db.Intact(ctx, other)
			err = errors.Join(err, other.Rollback())
		}
		j.err = err
		out <- j
	}()
	return out
}
