package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/internal/owner"
	"example.org/sectag/ledger/internal/read"
	"example.org/sectag/ledger/internal/tree"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/seal"
)

// Check refuses, with ledger.bound, what is another unit's. It is asked before anything is signed or deleted; Record asks
// again. A unit that the ledger does not know yet may claim what nobody has.
func (r *Reader) Check(ctx context.Context, seen record.Unit, claims ...record.Binding) error {
	unit, err := owner.Resolve(ctx, r.rd, seen)
	if err == nil {
		err = owner.Free(ctx, r.rd, unit, claims)
	}
	return engine.Told(r.db, err, "look an identity up in the ledger")
}

// Holder is the record that bound something, and whether there is one. It is for those who ask about no unit, such as whether a key was heard of before.
func (r *Reader) Holder(ctx context.Context, b record.Binding) (rec string, found bool, err error) {
	unit, id, err := owner.Holder(ctx, r.rd, b)
	return strconv.FormatInt(id, 10), unit != "", engine.Told(r.db, err, "look an identity up in the ledger")
}

// Newest is the newest record of a unit, of the given kinds or of all but corrections, and whether there is one.
func (r *Reader) Newest(ctx context.Context, seen record.Unit, kinds ...record.Kind) (record.Record, bool, error) {
	return r.newest(ctx, seen, `verdict <> ''`, kinds)
}

// NewestPassing is the newest record of a unit with the verdict pass or warn, and whether there is one. Slots that hold what
// the newest passing Provision record names are current.
func (r *Reader) NewestPassing(ctx context.Context, seen record.Unit, kinds ...record.Kind) (record.Record, bool, error) {
	rec, found, err := r.newest(ctx, seen, `verdict <> 'fail'`, kinds)
	if found && rec.Verdict == cred.Fail {
		return record.Record{}, false, engine.Broken(nil, "record "+rec.ID+" is listed as passing and did not pass")
	}
	return rec, found, err
}

func (r *Reader) newest(ctx context.Context, seen record.Unit, where string, kinds []record.Kind) (record.Record, bool, error) {
	unit, err := owner.Resolve(ctx, r.rd, seen)
	if err != nil {
		return record.Record{}, false, engine.Told(r.db, err, "read the unit's record")
	}
	args := []any{unit.Name}
	if len(kinds) > 0 {
		var in []string
		for _, k := range kinds {
			args = append(args, string(k))
			in = append(in, "$"+strconv.Itoa(len(args)))
		}
		where += ` AND kind IN (` + strings.Join(in, ", ") + `)`
	} else {
		where += ` AND kind <> 'correction'` // it is about a record, not about what was done to the unit
	}
	var id int64
	var body string
	err = r.rd.QueryRowContext(ctx, `SELECT id, body FROM record WHERE unit = $1 AND `+where+` ORDER BY id DESC LIMIT 1`,
		args...).Scan(&id, &body)
	if err == sql.ErrNoRows {
		return record.Record{}, false, nil
	}
	if err != nil {
		return record.Record{}, false, engine.Told(r.db, err, "read the unit's record")
	}
	rec, err := r.believed(ctx, id, body, unit.Name)
	if err == nil && len(kinds) > 0 && !slices.Contains(kinds, rec.Kind) {
		err = engine.Broken(nil, fmt.Sprintf("record %d is listed as another kind than it is", id))
	}
	return rec, err == nil, err
}

// History are the newest records of a unit, the newest first, so many at most, without corrections. A unit is told as everywhere, not by its IMEI alone.
func (r *Reader) History(ctx context.Context, seen record.Unit, limit int) ([]record.Record, error) {
	unit, err := owner.Resolve(ctx, r.rd, seen)
	if err != nil {
		return nil, engine.Told(r.db, err, "read the unit's records")
	}
	return r.proved(ctx, `SELECT id, body, unit FROM record WHERE unit = $1 AND kind <> 'correction' ORDER BY id DESC LIMIT $2`, unit.Name, limit)
}

// Revocations are all that were ever recorded, the oldest first. That none was taken out or hidden only Verify can tell.
func (r *Reader) Revocations(ctx context.Context) ([]record.Record, error) {
	all, err := r.proved(ctx, `SELECT id, body, unit FROM record WHERE kind = 'revocation' ORDER BY id`)
	for _, v := range all {
		if v.Kind != record.Revocation {
			return nil, engine.Broken(nil, "record "+v.ID+" is listed as a revocation and is none")
		}
	}
	return all, err
}

// proved are records that decide, each believed.
func (r *Reader) proved(ctx context.Context, query string, args ...any) (out []record.Record, err error) {
	all, err := engine.Records(ctx, r.rd, query, args...)
	if err != nil {
		return nil, engine.Told(r.db, err, "read the records")
	}
	out = make([]record.Record, len(all))
	for i, v := range all {
		if out[i], err = r.believed(ctx, v.ID, v.Body, v.Unit); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// believed reads a record that decides about a unit: its bytes must be those that the log has under its head, and they must be of this
// unit. Else who may write the file could say what a unit holds, and a unit with another's certificate would pass.
func (r *Reader) believed(ctx context.Context, id int64, body, unit string) (record.Record, error) {
	c, err := r.Head(ctx)
	if err != nil {
		return record.Record{}, err
	}
	if err := tree.Holds(ctx, r.rd, c, id, []byte(body)); err != nil {
		return record.Record{}, engine.Told(r.db, err, "prove a record")
	}
	rec, err := read.Decode(id, body)
	if err == nil && rec.Unit.Name != unit {
		err = engine.Broken(nil, fmt.Sprintf("record %d stands under another unit than it is of", id))
	}
	return rec, err
}

// NewestTime is the latest time of any record, and whether there is a record. A clock that is behind it is wrong.
func (r *Reader) NewestTime(ctx context.Context) (time.Time, bool, error) {
	var s sql.NullString
	if err := r.rd.QueryRowContext(ctx, `SELECT max(time) FROM record`).Scan(&s); err != nil {
		return time.Time{}, false, engine.Told(r.db, err, "read the newest time")
	}
	if !s.Valid {
		return time.Time{}, false, nil
	}
	t, err := record.ParseStamp(s.String)
	if err != nil {
		return time.Time{}, false, engine.Broken(err, "the newest time in the ledger cannot be read")
	}
	return t, true, nil
}

func noRecord(id string) error {
	return cred.Failed("ledger.no-record", fmt.Sprintf("the ledger has no record %s", engine.Clipped(id)), "sectag ledger list shows the records")
}

// Show is one record with the exact bytes that were written. A name that no record has is ledger.no-record.
func (r *Reader) Show(ctx context.Context, id string) (record.Record, []byte, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != id {
		return record.Record{}, nil, noRecord(id)
	}
	var body string
	err = r.rd.QueryRowContext(ctx, `SELECT body FROM record WHERE id = $1`, n).Scan(&body)
	if err == sql.ErrNoRows {
		return record.Record{}, nil, noRecord(id)
	}
	if err != nil {
		return record.Record{}, nil, engine.Told(r.db, err, "read the record")
	}
	rec, err := read.Decode(n, body)
	return rec, []byte(body), err
}

// Summary is one record in a list. Part is what is asked for of the records; Query narrows a list to one, and Choice a taking. Run is a run of the journal, Event one of its lines.
type (
	Summary = read.Summary
	Query   = read.Query
	Part    = read.Part
	Run     = read.Run
	Event   = read.Event
)

// List names records, the oldest first.
func (r *Reader) List(ctx context.Context, want Query) ([]Summary, error) {
	out, err := read.List(ctx, r.rd, want)
	if err != nil {
		return nil, engine.Told(r.db, err, "list the records")
	}
	by, err := r.corrections(ctx)
	for i := range out {
		if c := by[out[i].Record]; len(c) > 0 {
			out[i].CorrectedBy = c[len(c)-1].Record
		}
	}
	return out, err
}

// Each hands over the records that a log with this head has, the oldest first, one at a time, with their leaves in it. Each is read
// as strictly as Show does. Where nothing is left out, the root is worked out anew from the records' bytes and a log that has
// another is ledger.broken; of a part the leaves can be held against a proof.
func (r *Reader) Each(ctx context.Context, head seal.Checkpoint, part Part, do func(r record.Record, leaf cred.Digest) error) error {
	return engine.Told(r.db, read.Records(ctx, r.rd, head, part, do), "read the records")
}

// Runs are the runs in a state, the oldest first; an empty state means all.
func (r *Reader) Runs(ctx context.Context, state string) ([]Run, error) {
	out, err := read.Runs(ctx, r.rd, state)
	return out, engine.Told(r.db, err, "read the journal")
}

// Events are the lines of a run in their order, the store's own among them. A run that is not there has none.
func (r *Reader) Events(ctx context.Context, run string) ([]Event, error) {
	out, err := read.Events(ctx, r.rd, run)
	return out, engine.Told(r.db, err, "read the journal")
}
