package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/internal/owner"
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
	rec, err := decode(id, body)
	if err == nil && rec.Unit.Name != unit {
		err = engine.Broken(nil, fmt.Sprintf("record %d stands under another unit than it is of", id))
	}
	return rec, err
}

func decode(id int64, body string) (record.Record, error) {
	rec, err := record.Decode([]byte(body))
	if err != nil {
		return record.Record{}, engine.Broken(err, fmt.Sprintf("record %d cannot be read: %s", id, engine.Clipped(err.Error())))
	}
	return rec, nil
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
	rec, err := decode(n, body)
	return rec, []byte(body), err
}

// Summary is one record in a list.
type Summary struct {
	Record  string       `json:"record"`
	IMEI    cred.IMEI    `json:"imei,omitzero"`
	Kind    record.Kind  `json:"kind"`
	Verdict cred.Verdict `json:"verdict"`
	Time    string       `json:"time"`

	CorrectedBy string `json:"corrected_by,omitempty"` // the newest record that sets this one right
}

// Query narrows a list; the zero value is everything.
type Query struct {
	IMEI  cred.IMEI
	Since time.Time // records of this time or later
	Limit int       // the newest so many; 0: all
}

// List names records, the oldest first.
func (r *Reader) List(ctx context.Context, want Query) ([]Summary, error) {
	limit := int64(want.Limit)
	if limit <= 0 {
		limit = 1 << 60
	}
	since := ""
	if !want.Since.IsZero() {
		since = record.Stamp(want.Since)
	}
	out := []Summary{}
	err := engine.Each(ctx, r.rd, func(rows *sql.Rows) error {
		var s Summary
		var id int64
		var imei string
		if err := rows.Scan(&id, &imei, &s.Kind, &s.Verdict, &s.Time); err != nil {
			return err
		}
		if err := s.IMEI.UnmarshalText([]byte(imei)); err != nil {
			return engine.Broken(err, fmt.Sprintf("record %d has a damaged IMEI", id))
		}
		s.Record = strconv.FormatInt(id, 10)
		out = append(out, s)
		return nil
	}, `SELECT id, imei, kind, verdict, time FROM (SELECT * FROM record WHERE ($1 = '' OR imei = $1) AND time >= $2
		ORDER BY id DESC LIMIT $3) AS newest ORDER BY id`, want.IMEI.String(), since, limit)
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

// Run is a run of the journal.
type Run struct {
	ID    string
	State string          // RunOpen, RunDone, RunInterrupted
	Lines int64           // that can be read
	At    string          // when it began
	Body  json.RawMessage // as Begin was given it
}

// Event is one line of a run. The store's own lines have types that begin with "ledger.".
type Event struct {
	Seq  int64
	Type string
	At   string
	Body json.RawMessage
}

// Own tells whether the line is the store's own and no event of a machine.
func (e Event) Own() bool { return strings.HasPrefix(e.Type, seal.OwnPrefix) }

// Runs are the runs in a state, the oldest first; an empty state means all.
func (r *Reader) Runs(ctx context.Context, state string) ([]Run, error) {
	out := []Run{}
	err := engine.Each(ctx, r.rd, func(rows *sql.Rows) error {
		var v Run
		var id int64
		var body string
		if err := rows.Scan(&id, &v.State, &v.Lines, &v.At, &body); err != nil {
			return err
		}
		v.ID, v.Body = strconv.FormatInt(id, 10), json.RawMessage(body)
		out = append(out, v)
		return nil
	}, `SELECT r.id, r.state, (SELECT count(*) FROM event c WHERE c.run = r.id), e.at, e.body
		FROM run r JOIN event e ON e.run = r.id AND e.seq = 0 WHERE $1 = '' OR r.state = $1 ORDER BY r.id`, state)
	return out, engine.Told(r.db, err, "read the journal")
}

// Events are the lines of a run in their order, the store's own among them. A run that is not there has none.
func (r *Reader) Events(ctx context.Context, run string) ([]Event, error) {
	out := []Event{}
	err := engine.Each(ctx, r.rd, func(rows *sql.Rows) error {
		var e Event
		var body string
		if err := rows.Scan(&e.Seq, &e.Type, &e.At, &body); err != nil {
			return err
		}
		e.Body = json.RawMessage(body)
		out = append(out, e)
		return nil
	}, `SELECT seq, type, at, body FROM event WHERE run = $1 ORDER BY seq`, run)
	return out, engine.Told(r.db, err, "read the journal")
}
