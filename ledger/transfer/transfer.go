// Package transfer takes a whole ledger somewhere else: to a file that is kept (Backup), from such a file to where it goes on (Restore), or
// from one database to another for good (Move). All three are one copy, row by row as they are, whatever engine stands at either end; and
// none is done before the copy was worked out again from its records and has the root of what was copied.
package transfer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/internal/atomicfile"
	"example.org/sectag/ledger/address"
	"example.org/sectag/ledger/internal/audit"
	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/seal"
)

// Copied is what was copied, as it was found in the copy.
type Copied struct {
	Records, Runs int64
	Root          cred.Digest
	Checkpoint    string // of the copy, to be kept elsewhere
}

// end is an opened ledger at one end of a copy.
type end struct {
	engine.Engine
	engine.Pools
	name string
}

func open(ctx context.Context, url string, reader bool, station string) (*end, error) {
	e, name, err := address.Engine(url, reader, station)
	if err != nil {
		return nil, err
	}
	p, err := e.Open(ctx)
	if err != nil {
		return nil, err
	}
	return &end{e, p, name}, nil
}

// Backup writes a ledger to a new SQLite file with mode 0600, as it is at one moment, whoever writes meanwhile. The file is there whole,
// or not at all; ledger.exists refuses to overwrite one.
func Backup(ctx context.Context, url, file string) (Copied, error) {
	if _, err := os.Lstat(file); err == nil {
		return Copied{}, cred.Failed("ledger.exists", file+" is already there and is not overwritten", "name another file, or move the old one away first")
	}
	from, err := open(ctx, url, true, "")
	if err != nil {
		return Copied{}, err
	}
	defer from.Close()
	w, err := newWorkshop(filepath.Dir(file)) // the copy's lock and log stay in it
	if err != nil {
		return Copied{}, unwritten(err, file)
	}
	defer w.close()
	part := w.copy()
	tx, err := engine.Snapshot(ctx, from.Read)
	if err != nil {
		return Copied{}, from.told(err)
	}
	defer tx.Rollback() // it only read
	c, err := copied(ctx, from, tx, "sqlite:"+part, nil)
	if err != nil {
		return Copied{}, err
	}
	if err := atomicfile.Place(part, file); err != nil {
		return Copied{}, unwritten(err, file)
	}
	return c, nil
}

func unwritten(err error, file string) error {
	return cred.Because(err, "config.file", "the backup "+file+" cannot be written", "name a file in a folder that you may write to")
}

// Restore copies a backup to a place where nothing was written yet: a file that is not there, or a database without records and runs.
func Restore(ctx context.Context, file, url string) (Copied, error) {
	from, err := open(ctx, file, true, "")
	if err != nil {
		return Copied{}, err
	}
	defer from.Close()
	tx, err := engine.Snapshot(ctx, from.Read)
	if err != nil {
		return Copied{}, from.told(err)
	}
	defer tx.Rollback() // it only read
	return copied(ctx, from, tx, url, nil)
}

// Move takes a ledger to another place for good: it is copied, the copy is verified, and the old one is closed. It names its successor
// then, can be read, and refuses what is written to it with ledger.moved. While a run is at work on it nothing is moved: ledger.busy.
func Move(ctx context.Context, url, to, station string) (Copied, error) {
	if err := address.Check(to); err != nil {
		return Copied{}, err
	}
	if file, ok := address.File(to); ok { // the old one is to name it from wherever it is read
		whole, err := filepath.Abs(file)
		if err != nil {
			return Copied{}, fmt.Errorf("find the folder of %s: %w", file, err)
		}
		to = "sqlite:" + whole
	}
	from, err := open(ctx, url, false, station)
	if err != nil {
		return Copied{}, err
	}
	defer from.Close()
	if c, again, err := resumed(ctx, from, to); again {
		return c, err
	}
	tx, err := from.Firm.BeginTx(ctx, nil)
	if err != nil {
		return Copied{}, from.told(err)
	}
	defer tx.Rollback() // after a commit this does nothing
	if err := from.alone(ctx, tx); err != nil {
		return Copied{}, from.told(err)
	}
	return copied(ctx, from, tx, to, func() error { return from.leave(ctx, tx, to) })
}

// leave closes a ledger: it names its successor from now on.
func (e *end) leave(ctx context.Context, tx *sql.Tx, to string) error {
	if _, err := tx.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ('moved', $1)`, to); err != nil {
		return e.told(err)
	}
	return e.told(tx.Commit())
}

// alone keeps all others from writing to the log, and refuses while one of them is at work.
func (e *end) alone(ctx context.Context, tx *sql.Tx) error {
	if err := engine.Stays(ctx, tx); err != nil || e.Shared == nil {
		return err
	}
	// While the copy is verified nothing is asked of this transaction.
	if _, err := tx.ExecContext(ctx, `SET LOCAL idle_in_transaction_session_timeout = 0`); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `LOCK TABLE head, run, event, record, serial IN EXCLUSIVE MODE`); err != nil {
		return err
	}
	if err := engine.Stays(ctx, tx); err != nil {
		return err
	}
	var open []string
	err := engine.Each(ctx, tx, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		open = append(open, id)
		return err
	}, `SELECT id FROM run WHERE state = 'open' ORDER BY id`)
	for _, run := range open {
		if err != nil {
			break
		}
		var holder string
		if holder, err = e.Shared.Take(ctx, tx, "run "+run); err == nil && holder != "" {
			err = cred.Failed("ledger.busy", "run "+run+" is being worked on by "+holder, "end the work at that station, then move the ledger")
		}
	}
	return err
}

func (e *end) told(err error) error { return engine.Told(e.Engine, err, "copy the ledger "+e.name) }

// copied copies what a transaction sees to an empty ledger and verifies the copy against it. Until then, and until what the caller does
// next is done as well, the copy takes nothing (engine.Finished): never do two ledgers go on that are one.
func copied(ctx context.Context, from *end, tx *sql.Tx, url string, next func() error) (c Copied, err error) {
	if err := engine.Finished(ctx, tx); err != nil {
		return Copied{}, from.told(err)
	}
	_, head, err := from.state(ctx, tx)
	if err != nil {
		return Copied{}, err
	}
	to, err := open(ctx, url, false, "")
	if err != nil {
		return Copied{}, err
	}
	defer func() { err = errors.Join(err, to.told(to.Close())) }() // only then all of a file is in it
	counts, err := to.take(ctx, from, tx)
	if err != nil {
		return Copied{}, err
	}
	if c, err = to.verified(ctx, head, counts); err != nil {
		return Copied{}, err
	}
	if next != nil {
		if err := next(); err != nil {
			return Copied{}, err
		}
	}
	return c, to.finish(ctx)
}

// take copies all tables in one transaction of the target. Nothing may have been written there.
func (e *end) take(ctx context.Context, from *end, tx *sql.Tx) (map[string]int64, error) {
	into, err := e.Firm.BeginTx(ctx, nil)
	if err != nil {
		return nil, e.told(err)
	}
	defer into.Rollback() // after a commit this does nothing
	if err := engine.Finished(ctx, into); err != nil {
		return nil, e.told(err)
	}
	var there int64
	if err := into.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM record) + (SELECT count(*) FROM run)`).Scan(&there); err != nil {
		return nil, e.told(err)
	}
	if there > 0 {
		return nil, cred.Failed("ledger.exists", fmt.Sprintf("the ledger %s is not empty, and nothing is copied into it", e.name),
			"name a place where there is no ledger yet")
	}
	for _, s := range []string{`DELETE FROM head`, `DELETE FROM meta`} { // of the empty ledger: it becomes the other one
		if _, err := into.ExecContext(ctx, s); err != nil {
			return nil, e.told(err)
		}
	}
	counts := map[string]int64{}
	for _, t := range engine.Tables() {
		if counts[t.Name], err = rows(ctx, tx, into, t); err != nil {
			var f *cred.Fault
			if errors.As(from.told(err), &f) {
				return nil, f
			}
			return nil, e.told(err)
		}
	}
	if _, err := into.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ('unfinished', $1)`, from.name); err != nil {
		return nil, e.told(err)
	}
	counts["meta"]++
	return counts, e.told(into.Commit())
}

// batch is how many rows one statement takes: enough to be quick, and far from the 32766 parameters that SQLite has room for.
const batch = 50

// rows copies a table.
func rows(ctx context.Context, from engine.Querier, to *sql.Tx, t engine.Table) (n int64, err error) {
	columns := strings.Join(t.Columns, ", ")
	insert := func(rows int) string {
		return `INSERT INTO ` + t.Name + ` (` + columns + `) VALUES ` + places(rows*len(t.Columns), len(t.Columns))
	}
	full, err := to.PrepareContext(ctx, insert(batch))
	if err != nil {
		return 0, err
	}
	defer full.Close()
	args := make([]any, 0, batch*len(t.Columns))
	err = engine.Each(ctx, from, func(r *sql.Rows) error {
		row := make([]any, len(t.Columns))
		at := make([]any, len(row))
		for i := range row {
			at[i] = &row[i]
		}
		if err := r.Scan(at...); err != nil {
			return err
		}
		n++
		if args = append(args, row...); len(args) < cap(args) {
			return nil
		}
		_, err := full.ExecContext(ctx, args...)
		args = args[:0]
		return err
	}, `SELECT `+columns+` FROM `+t.Name+` ORDER BY `+t.Key)
	if err != nil || len(args) == 0 {
		return n, err
	}
	_, err = to.ExecContext(ctx, insert(len(args)/len(t.Columns)), args...)
	return n, err
}

// places writes ($1, $2), ($3, $4) and so on.
func places(args, columns int) string {
	var b strings.Builder
	for i := range args {
		switch {
		case i == 0:
			b.WriteString("(")
		case i%columns == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	return b.String() + ")"
}

// verified works the copy out again: its log has the root of the other, and each table as many rows.
func (e *end) verified(ctx context.Context, head seal.Checkpoint, counts map[string]int64) (Copied, error) {
	rep, err := audit.Verify(ctx, e.Engine, e.Read, head.Origin, audit.Trust{Kept: &head})
	if err != nil {
		return Copied{}, err
	}
	if f := rep.Fault(); f != nil {
		f.Text = "the copy " + e.name + " is not right: " + f.Text
		f.Hint = "verify the ledger that it is of; remove the copy and make another"
		return Copied{}, f
	}
	for _, t := range engine.Tables() {
		var n int64
		if err := e.Read.QueryRowContext(ctx, `SELECT count(*) FROM `+t.Name).Scan(&n); err != nil {
			return Copied{}, e.told(err)
		}
		if n != counts[t.Name] {
			return Copied{}, engine.Broken(nil, fmt.Sprintf("the copy %s has %d rows in the table %s, and %d were copied", e.name, n, t.Name, counts[t.Name]))
		}
	}
	if rep.Records != head.Size || rep.Root != cred.Digest(head.Root) {
		return Copied{}, engine.Broken(nil, fmt.Sprintf("the copy %s has %d records and another root than the ledger that it is of", e.name, rep.Records))
	}
	return Copied{Records: rep.Records, Runs: counts["run"], Root: rep.Root, Checkpoint: rep.Checkpoint}, nil
}
