package audit

import (
	"context"
	"database/sql"

	"example.org/sectag/ledger/internal/engine"
)

// sameMoment begins to read the same state of the records on another connection, or is nil where there is none: then all is read on one.
// What follows from the records is written with them, so it is the same where the log has the same head. A third connection is for intact.
func sameMoment(ctx context.Context, rd *sql.DB, tx *sql.Tx) *sql.Tx {
	if rd.Stats().MaxOpenConnections < 3 {
		return nil
	}
	first, err := engine.Head(ctx, tx, "")
	if err != nil {
		return nil
	}
	twin, err := engine.Snapshot(ctx, rd)
	if err != nil {
		return nil
	}
	if other, err := engine.Head(ctx, twin, ""); err != nil || other != first {
		_ = twin.Rollback() // it only read
		return nil
	}
	return twin
}

// beside compares the units and their bindings while the caller goes on with what does not touch them. The audit that comes back has what
// was found.
func (a *audit) beside(ctx context.Context, tx, twin *sql.Tx) <-chan *audit {
	out := make(chan *audit, 1)
	a.before, a.findings = a.findings, nil
	b := *a
	b.more = 0
	if twin == nil {
		b.steps(ctx, tx, b.compareUnits, b.compareBindings)
		out <- &b
		return out
	}
	go func() {
		b.steps(ctx, twin, b.compareUnits, b.compareBindings)
		_ = twin.Rollback() // it only read
		out <- &b
	}()
	return out
}

// join puts what was found beside behind what was found before it.
func (a *audit) join(beside <-chan *audit) {
	b := <-beside
	after := a.findings
	a.findings, a.before = a.before, nil
	a.more += b.more
	for _, f := range append(b.findings, after...) {
		a.found(f)
	}
}
