package engine

import (
	"context"
	"database/sql"
	"sync"
)

// Statements keeps what a pool's one connection was asked before, so that SQL is parsed once and not for each unit. It is used by one
// goroutine at a time.
type Statements struct {
	db     *sql.DB
	known  map[string]*sql.Stmt
	wanted map[string]bool
}

// NewStatements knows nothing yet.
func NewStatements(db *sql.DB) *Statements {
	return &Statements{db: db, known: map[string]*sql.Stmt{}, wanted: map[string]bool{}}
}

// In is a transaction of the pool that uses what is known.
func (s *Statements) In(tx *sql.Tx) Querier { return prepared{tx, s, map[string]*sql.Stmt{}} }

// Learn prepares what was asked for and not known, once the transaction is over: there is one connection. What cannot be prepared now
// is asked as it is, the next time too.
func (s *Statements) Learn(ctx context.Context) {
	for text := range s.wanted {
		if st, err := s.db.PrepareContext(ctx, text); err == nil {
			s.known[text] = st
		}
	}
	clear(s.wanted)
}

type prepared struct {
	*sql.Tx
	*Statements
	bound map[string]*sql.Stmt // to this transaction: many acts stand in one, and use the same statements
}

func (p prepared) statement(ctx context.Context, text string) *sql.Stmt {
	if st := p.bound[text]; st != nil {
		return st
	}
	if st := p.known[text]; st != nil {
		p.bound[text] = p.StmtContext(ctx, st)
		return p.bound[text]
	}
	p.wanted[text] = true
	return nil
}

// QueryContext implements Querier.
func (p prepared) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if st := p.statement(ctx, query); st != nil {
		return st.QueryContext(ctx, args...)
	}
	return p.Tx.QueryContext(ctx, query, args...)
}

// QueryRowContext implements Querier.
func (p prepared) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if st := p.statement(ctx, query); st != nil {
		return st.QueryRowContext(ctx, args...)
	}
	return p.Tx.QueryRowContext(ctx, query, args...)
}

// ExecContext implements Querier.
func (p prepared) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if st := p.statement(ctx, query); st != nil {
		return st.ExecContext(ctx, args...)
	}
	return p.Tx.ExecContext(ctx, query, args...)
}

// Reads is a pool for questions that parses each of them once. It may be used by many goroutines.
type Reads struct {
	db    *sql.DB
	mu    sync.Mutex
	known map[string]*sql.Stmt
}

// NewReads knows nothing yet.
func NewReads(db *sql.DB) *Reads { return &Reads{db: db, known: map[string]*sql.Stmt{}} }

// statement is nil for a question that cannot be prepared: it is asked as it is, and fails with what is the matter.
func (r *Reads) statement(ctx context.Context, text string) *sql.Stmt {
	r.mu.Lock()
	defer r.mu.Unlock()
	st := r.known[text]
	if st == nil {
		var err error
		if st, err = r.db.PrepareContext(ctx, text); err != nil {
			return nil
		}
		r.known[text] = st
	}
	return st
}

// QueryContext implements Querier.
func (r *Reads) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if st := r.statement(ctx, query); st != nil {
		return st.QueryContext(ctx, args...)
	}
	return r.db.QueryContext(ctx, query, args...)
}

// QueryRowContext implements Querier.
func (r *Reads) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if st := r.statement(ctx, query); st != nil {
		return st.QueryRowContext(ctx, args...)
	}
	return r.db.QueryRowContext(ctx, query, args...)
}

// ExecContext implements Querier; a pool for questions refuses it.
func (r *Reads) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return r.db.ExecContext(ctx, query, args...)
}
