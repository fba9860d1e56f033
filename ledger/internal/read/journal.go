package read

import (
	"context"
	"database/sql"
	"encoding/json"
	"strconv"
	"strings"

	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/seal"
)

// Run is a run of the journal.
type Run struct {
	ID    string
	State string          // seal.RunOpen, RunDone, RunInterrupted
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
func Runs(ctx context.Context, q engine.Querier, state string) ([]Run, error) {
	out := []Run{}
	err := engine.Each(ctx, q, func(rows *sql.Rows) error {
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
	return out, err
}

// Events are the lines of a run in their order, the store's own among them. A run that is not there has none.
func Events(ctx context.Context, q engine.Querier, run string) ([]Event, error) {
	out := []Event{}
	err := engine.Each(ctx, q, func(rows *sql.Rows) error {
		var e Event
		var body string
		if err := rows.Scan(&e.Seq, &e.Type, &e.At, &body); err != nil {
			return err
		}
		e.Body = json.RawMessage(body)
		out = append(out, e)
		return nil
	}, `SELECT seq, type, at, body FROM event WHERE run = $1 ORDER BY seq`, run)
	return out, err
}
