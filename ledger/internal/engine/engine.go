// Package engine is the database under the ledger: how it is opened, what makes a commit durable, what its errors mean. Here is
// the one for a SQLite file; package postgres has the one for a database that many stations share. Above them only Shared tells.
package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/seal"
)

// Engine is all that differs from one database to another. Everything else in this room is SQL with $1 parameters that SQLite
// and PostgreSQL both take.
type Engine interface {
	// Open makes the ledger if it is not there and connects; for a reader only Read is set.
	Open(ctx context.Context) (Pools, error)
	// Intact is the database's own judgement of its files, and whether the schema is what our migrations make.
	Intact(ctx context.Context, tx *sql.Tx) ([]cred.Finding, error)
	// HasTraits tells whether there is an index of what records say (Say): a ledger that an older sectag wrote gets it when a newer
	// one opens it for writing.
	HasTraits(ctx context.Context, q Querier) (bool, error)
	// Fault gives an error of the driver its code, or nil if it has none of ours.
	Fault(err error) *cred.Fault
}

// Pools are three ways to the same database. The two writers have one connection each, or one together.
type Pools struct {
	Ride   *sql.DB // a commit survives the process, not the power: lines of the journal
	Firm   *sql.DB // a commit survives the power, and with it everything that was committed before
	Read   *sql.DB // reads only
	Ease   string  // what a transaction of Ride says first, if anything
	Shared Shared  // nil where one process writes at a time: then everything is its own
	done   func() error
}

// Shared is a database that many stations write at once. What a station holds, it holds by the writer's connection, and no longer.
type Shared interface {
	// Session counts the writer's connections: what was held by an older one is held no more.
	Session() int64
	// Take holds a name for the writer's connection, over q, which is of it; it does not wait. Where another holds the name it says who.
	Take(ctx context.Context, q Querier, name string) (holder string, err error)
	// Drop lets go of a name that was taken once.
	Drop(ctx context.Context, q Querier, name string) error
	// Again tells of an error whether the database took the transaction back and the same may be tried once more.
	Again(err error) bool
	// Lost tells of an error whether the connection broke: after a commit nobody knows then whether it was carried out.
	Lost(err error) bool
}

// Close ends all connections and lets other writers in.
func (p Pools) Close() error {
	var errs []error
	// The last connection that may write folds SQLite's log into the file, so the readers go first.
	for _, db := range []*sql.DB{p.Read, p.Ride, p.Firm} { // closed twice is closed
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if p.done != nil {
		errs = append(errs, p.done())
	}
	return errors.Join(errs...)
}

// Querier is what *sql.DB and *sql.Tx have in common.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// Each runs a query and hands every row to scan.
func Each(ctx context.Context, q Querier, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := scan(rows); err != nil {
			_ = rows.Close()
			return err
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

const restoreHint = "keep the file as it is, run sectag ledger verify on a copy, and go on with the newest backup that verifies"

// Broken is the fault of a ledger that is not as it was written.
func Broken(err error, text string) *cred.Fault {
	return cred.Because(err, "ledger.broken", text, restoreHint)
}

// Damage is the finding of a ledger that is not as it was written.
func Damage(text string) cred.Finding {
	return cred.Finding{Code: "ledger.broken", Severity: cred.Error, Text: text, Hint: restoreHint}
}

// Told gives an error that leaves this room its code, where the engine knows one, and the act that failed. What is left
// without a code is a defect of ours, and cred.AsFault says so.
func Told(e Engine, err error, act string) error {
	var f *cred.Fault
	if err == nil || errors.As(err, &f) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if f := e.Fault(err); f != nil {
		f.Text = act + ": " + f.Text
		return f
	}
	return fmt.Errorf("%s: %w", act, err)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Clipped shortens what came out of a file that may be damaged.
func Clipped(s string) string {
	r := []rune(oneLine(strings.ToValidUTF8(s, "?")))
	return string(r[:min(len(r), 60)])
}

// ScanUnit reads a row of the unit table: name, id_key, uuid, imei, seen.
func ScanUnit(rows *sql.Rows) (record.Known, error) {
	var k record.Known
	var key, imei string
	if err := rows.Scan(&k.Name, &key, &k.UUID, &imei, &k.Last); err != nil {
		return k, err
	}
	if err := k.Key.UnmarshalText([]byte(key)); err != nil {
		return k, Broken(err, "a unit's identity key is damaged")
	}
	if err := k.IMEI.UnmarshalText([]byte(imei)); err != nil {
		return k, Broken(err, "a unit's IMEI is damaged")
	}
	return k, nil
}

// Snapshot begins to read one moment of the ledger. Of an idle connection whose other end is gone nothing was asked yet: a new one will do.
func Snapshot(ctx context.Context, db *sql.DB) (*sql.Tx, error) {
	o := &sql.TxOptions{ReadOnly: true}
	tx, err := db.BeginTx(ctx, o)
	if err != nil && ctx.Err() == nil {
		tx, err = db.BeginTx(ctx, o)
	}
	return tx, err
}

// Finished refuses, with ledger.moved, a copy that nobody has said to be the ledger: who made it was cut off, or it is not right.
func Finished(ctx context.Context, q Querier) error {
	var of string
	err := q.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'unfinished'`).Scan(&of)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return cred.Failed("ledger.moved", "this copy of the ledger "+Clipped(of)+" was not finished and takes nothing",
		"if that ledger says that it was moved here, run the same sectag ledger move again; else remove this copy and make another")
}

// Stays refuses, with ledger.moved, a ledger that goes on elsewhere, and a copy that is not finished.
func Stays(ctx context.Context, q Querier) error {
	if err := Finished(ctx, q); err != nil {
		return err
	}
	var to string
	err := q.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'moved'`).Scan(&to)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return cred.Failed("ledger.moved", "this ledger was moved to "+Clipped(to)+" and takes nothing any more",
		"name the new one in the profile or with --ledger; this one can still be read")
}

// Head reads the head of the log as it is kept.
func Head(ctx context.Context, q Querier, origin string) (seal.Checkpoint, error) {
	c := seal.Checkpoint{Origin: origin}
	var root []byte
	if err := q.QueryRowContext(ctx, `SELECT size, root FROM head WHERE one = 1`).Scan(&c.Size, &root); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return c, Broken(err, "the ledger has lost the head of its log")
		}
		return c, err
	}
	if len(root) != tlog.HashSize || c.Size < 0 {
		return c, Broken(nil, "the head of the log is damaged")
	}
	copy(c.Root[:], root)
	return c, nil
}
