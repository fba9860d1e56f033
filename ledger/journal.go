package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/seal"
)

// The states of a run.
const (
	RunOpen        = seal.RunOpen
	RunDone        = seal.RunDone
	RunInterrupted = seal.RunInterrupted // closed by a later start
)

const maxEvent = 64 << 10 // bytes of one line's body

var typeForm = regexp.MustCompile(`^[a-z][a-z0-9-]*(\.[a-z0-9-]+)*$`)

// tail is the end of a run's chain of lines.
type tail struct {
	state  string
	lines  int64 // written
	synced int64 // named by the run's row, which is only written in a firm commit
	head   cred.Digest
}

// Begin opens a run and returns its name. body is the caller's: what a later start will want to know first. It is durable.
func (s *Store) Begin(ctx context.Context, at string, body json.RawMessage) (run string, err error) {
	begin := func(ctx context.Context, tx engine.Querier) error {
		s.holds.Ended(ctx, tx, run) // of a transaction that the database took back
		if run, err = s.newRun(ctx, tx); err != nil {
			return err
		}
		s.runs[run] = &tail{state: RunOpen}
		return s.line(ctx, tx, run, seal.LineBegin, at, body)
	}
	over := func(ctx context.Context, err error) {
		if err != nil {
			s.holds.Ended(ctx, s.pools.Firm, run)
			return
		}
		s.mine[run] = true
	}
	if err := s.write(ctx, &act{what: "begin a run", firm: true, do: begin, over: over}); err != nil {
		return "", err
	}
	return run, nil
}

// newRun gives a run its number and holds it.
func (s *Store) newRun(ctx context.Context, tx engine.Querier) (run string, err error) {
	if err := s.holds.Turn(ctx, tx); err != nil {
		return "", err
	}
	var id int64
	if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) + 1 FROM run`).Scan(&id); err != nil {
		return "", err
	}
	if id, err = s.holds.Begin(ctx, tx, id); err != nil {
		return "", err
	}
	run = strconv.FormatInt(id, 10)
	var none cred.Digest
	_, err = tx.ExecContext(ctx, `INSERT INTO run (id, lines, head, state) VALUES ($1, 0, $2, $3)`, id, none[:], RunOpen)
	return run, err
}

// AppendEvent writes one line of a run. typ is a dotted name (not "ledger.…", those are the store's), at a time in RFC 3339,
// body a JSON object without secrets. The line survives the process at once, and the power from the next firm act on: AppendFirm, Reserve, Record, End.
func (s *Store) AppendEvent(ctx context.Context, run, typ, at string, body json.RawMessage) error {
	return s.append(ctx, false, run, typ, at, body)
}

func (s *Store) append(ctx context.Context, firm bool, run, typ, at string, body json.RawMessage) error {
	if strings.HasPrefix(typ, seal.OwnPrefix) {
		return fmt.Errorf("the line %s is the ledger's own", typ)
	}
	if body == nil {
		body = json.RawMessage("{}")
	}
	if err := lineOK(typ, at, body); err != nil {
		return err
	}
	return s.write(ctx, &act{what: "write the journal", run: run, firm: firm, do: func(ctx context.Context, tx engine.Querier) error {
		return s.add(ctx, tx, run, typ, at, body)
	}})
}

// End closes a run as RunDone or RunInterrupted; nothing can be appended to it any more. It is durable.
func (s *Store) End(ctx context.Context, run, at, state string) error {
	if state != RunDone && state != RunInterrupted {
		return fmt.Errorf("a run ends as done or interrupted, not as %q", state)
	}
	end := func(ctx context.Context, tx engine.Querier) error {
		if err := s.own(ctx, tx, run, seal.LineEnd, at, seal.EndLine{State: state}); err != nil {
			return err
		}
		s.runs[run].state = state
		_, err := tx.ExecContext(ctx, `UPDATE run SET state = $1 WHERE id = $2`, state, run)
		return err
	}
	over := func(ctx context.Context, err error) {
		if err == nil {
			s.holds.Ended(ctx, s.pools.Firm, run)
		}
	}
	return s.write(ctx, &act{what: "end the run", run: run, firm: true, do: end, over: over})
}

// name writes into each run's row how far its lines go. It is the write that a firm commit needs to reach the disk.
func (s *Store) name(ctx context.Context, tx engine.Querier) error {
	for run, t := range s.runs {
		if t.synced == t.lines {
			continue
		}
		_, err := tx.ExecContext(ctx, `UPDATE run SET lines = $1, head = $2 WHERE id = $3`, t.lines, t.head[:], run)
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) own(ctx context.Context, tx engine.Querier, run, typ, at string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.line(ctx, tx, run, typ, at, body)
}

func (s *Store) line(ctx context.Context, tx engine.Querier, run, typ, at string, body json.RawMessage) error {
	if body == nil {
		body = json.RawMessage("{}")
	}
	if err := lineOK(typ, at, body); err != nil {
		return err
	}
	return s.add(ctx, tx, run, typ, at, body)
}

// add writes a line that was looked at.
func (s *Store) add(ctx context.Context, tx engine.Querier, run, typ, at string, body json.RawMessage) error {
	t, err := s.tail(ctx, tx, run)
	if err != nil {
		return err
	}
	if t.state != RunOpen {
		return fmt.Errorf("run %s is %s, nothing is added to it", run, t.state)
	}
	head := seal.Link(t.head, run, t.lines, typ, at, string(body))
	_, err = tx.ExecContext(ctx, `INSERT INTO event (run, seq, type, at, body, chain) VALUES ($1, $2, $3, $4, $5, $6)`,
		run, t.lines, typ, at, string(body), head[:])
	if err != nil {
		return err
	}
	t.lines, t.head = t.lines+1, head
	return nil
}

func lineOK(typ, at string, body json.RawMessage) error {
	if _, err := time.Parse(time.RFC3339Nano, at); err != nil {
		return fmt.Errorf("the line %q has no time in RFC 3339", typ)
	}
	switch {
	case !typeForm.MatchString(typ) || len(typ) > 64:
		return fmt.Errorf("%q is no name of an event", typ)
	case len(body) > maxEvent:
		return fmt.Errorf("the line %s has %d bytes, at most %d fit", typ, len(body), maxEvent)
	case !json.Valid(body) || body[0] != '{':
		return fmt.Errorf("the body of the line %s is no JSON object", typ)
	case record.KeyMaterial(string(body)):
		return fmt.Errorf("the line %s holds key material and is not written", typ)
	}
	return nil
}

// tail is the end of a run, from the cache or the database.
func (s *Store) tail(ctx context.Context, tx engine.Querier, run string) (*tail, error) {
	if t := s.runs[run]; t != nil {
		return t, nil
	}
	t := &tail{}
	err := tx.QueryRowContext(ctx, `SELECT state, lines FROM run WHERE id = $1`, run).Scan(&t.state, &t.synced)
	if err == sql.ErrNoRows {
		return nil, fmt.Errorf("the journal has no run %s", run)
	}
	if err != nil {
		return nil, err
	}
	var chain []byte
	err = tx.QueryRowContext(ctx, `SELECT seq + 1, chain FROM event WHERE run = $1 ORDER BY seq DESC LIMIT 1`,
		run).Scan(&t.lines, &chain)
	if err != nil || len(chain) != len(t.head) {
		return nil, engine.Broken(err, fmt.Sprintf("run %s of the journal has lost its lines", run))
	}
	copy(t.head[:], chain)
	s.runs[run] = t
	return t, nil
}
