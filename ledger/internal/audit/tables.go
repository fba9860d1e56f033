package audit

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/seal"
)

// compareHead holds the log's head against the tree that was grown from the records.
func (a *audit) compareHead(ctx context.Context, tx *sql.Tx) error {
	head, err := engine.Head(ctx, tx, a.origin)
	if err != nil {
		return err
	}
	var heads int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM head`).Scan(&heads); err != nil || heads != 1 {
		a.say("the log has %d heads", heads)
	}
	for size := a.tree.Size(); size < head.Size; size++ {
		leaf, ok := a.stored.leaf(size)
		if !ok {
			a.say("the log was cut: its head says %d records, from %d on they are missing", head.Size, size)
			break
		}
		a.say("record %d is missing at the end of the log", size)
		if _, err := a.tree.Add(leaf); err != nil {
			return err
		}
	}
	if head.Size < a.tree.Size() {
		a.say("the head of the log says %d records, there are %d", head.Size, a.tree.Size())
	}
	if root, err := a.tree.Root(a.tree.Size()); err != nil || head.Size == a.tree.Size() && root != head.Root {
		a.say("the head of the log is not the hash of its records")
	}
	return nil
}

func (a *audit) compareUnits(ctx context.Context, tx *sql.Tx) error {
	named := func(_ trace, k record.Known) string { return k.Name }
	return compare(ctx, a, tx, "unit", a.units, named, func(rows *sql.Rows) (trace, record.Known, error) {
		k, err := engine.ScanUnit(rows)
		return a.traits.name(k.Name), k, err
	}, `SELECT name, id_key, uuid, imei, seen FROM unit`)
}

func (a *audit) compareBindings(ctx context.Context, tx *sql.Tx) error {
	met := 0
	err := engine.Each(ctx, tx, func(rows *sql.Rows) error {
		var what, value, unit string // a type of its own is slower to scan
		var id int64
		if err := rows.Scan(&what, &value, &unit, &id); err != nil {
			return err
		}
		b := record.Binding{What: record.What(what), Value: value}
		t := a.traits.binding(b)
		c, ok := a.bound[t]
		if !ok || c.unit != a.first(unit) || int64(c.record) != id {
			a.say("the binding %s does not follow from the records", engine.Clipped(fmt.Sprint(b)))
		}
		if ok {
			met++
			c.met = true
			a.bound[t] = c
		}
		return nil
	}, `SELECT what, value, unit, record FROM binding`)
	if err != nil || met == len(a.bound) {
		return err
	}
	for _, c := range a.bound {
		if !c.met {
			a.say("a binding that record %d made is missing", c.record)
		}
	}
	return nil
}

// used tells whether a record names a certificate of this serial.
func (a *audit) used(serial string) bool {
	_, ok := a.bound[a.traits.binding(record.Binding{What: record.BindSerial, Value: serial})]
	return ok
}

// compare holds a table that can be worked out again against what was worked out. It uses want up.
func compare[K comparable, V comparable](ctx context.Context, a *audit, tx *sql.Tx, what string, want map[K]V, named func(K, V) string,
	scan func(*sql.Rows) (K, V, error), query string,
) error {
	err := engine.Each(ctx, tx, func(rows *sql.Rows) error {
		k, v, err := scan(rows)
		if err != nil {
			return err
		}
		if w, ok := want[k]; !ok || w != v {
			a.say("the %s %s does not follow from the records", what, engine.Clipped(named(k, v)))
		}
		delete(want, k)
		return nil
	}, query)
	if err != nil {
		return err
	}
	for k, v := range want {
		a.say("the %s %s is missing", what, engine.Clipped(named(k, v)))
	}
	return nil
}

// chained is a run as its lines make it.
type chained struct {
	state  string
	lines  int64
	head   cred.Digest
	heads  map[int64]cred.Digest  // at the numbers of lines that somebody names
	leaves map[string]cred.Digest // of the records that the lines name
}

func (a *audit) readJournal(ctx context.Context, tx *sql.Tx) error {
	named, err := a.namedLines(ctx, tx)
	if err != nil {
		return err
	}
	runs := map[string]*chained{}
	err = engine.Each(ctx, tx, func(rows *sql.Rows) error {
		var id, seq int64
		var typ, at, body string
		var chain []byte
		if err := rows.Scan(&id, &seq, &typ, &at, &body, &chain); err != nil {
			return err
		}
		run := strconv.FormatInt(id, 10)
		c := runs[run]
		if c == nil {
			c = &chained{state: seal.RunOpen, heads: map[int64]cred.Digest{}, leaves: map[string]cred.Digest{}}
			runs[run] = c
		}
		head := seal.Link(c.head, run, seq, typ, at, body)
		if seq != c.lines || string(head[:]) != string(chain) {
			a.say("the journal of run %s was changed at line %d", run, seq)
		}
		if seq == 0 && typ != seal.LineBegin || seq > 0 && c.state != seal.RunOpen {
			a.say("the journal of run %s has a line %d that has no place there", run, seq)
		}
		// On with what is stored: one changed line is told once.
		c.head, c.lines = cred.Digest(head), seq+1
		if len(chain) == len(c.head) {
			c.head = cred.Digest(chain)
		}
		if slices.Contains(named[run], c.lines) {
			c.heads[c.lines] = c.head
		}
		return a.own(c, run, typ, body)
	}, `SELECT run, seq, type, at, body, chain FROM event ORDER BY run, seq`)
	if err != nil {
		return err
	}
	a.compareMarks(runs)
	return a.compareRuns(ctx, tx, runs)
}

// own takes in a line of the store's. The lines of a run come before those of a later one, so a serial is reserved before it
// is abandoned.
func (a *audit) own(c *chained, run, typ, body string) error {
	switch typ {
	case seal.LineSerial:
		var l seal.SerialLine
		if err := json.Unmarshal([]byte(body), &l); err != nil {
			return engine.Broken(err, "a line about a serial cannot be read")
		}
		a.serial(run, l)
	case seal.LinePSK:
		return a.psk(body)
	case seal.LineRecord:
		var l seal.RecordLine
		if err := json.Unmarshal([]byte(body), &l); err != nil {
			return engine.Broken(err, "a line about a record cannot be read")
		}
		c.leaves[l.Record] = l.Leaf
	case seal.LineEnd:
		var l seal.EndLine
		if err := json.Unmarshal([]byte(body), &l); err != nil {
			return engine.Broken(err, "the last line of a run cannot be read")
		}
		c.state = l.State
	}
	return nil
}

// namedLines are the lengths of runs that records and run rows speak of.
func (a *audit) namedLines(ctx context.Context, tx *sql.Tx) (map[string][]int64, error) {
	out := map[string][]int64{}
	for run, ms := range a.marks {
		for _, m := range ms {
			out[run] = append(out[run], m.lines)
		}
	}
	err := engine.Each(ctx, tx, func(rows *sql.Rows) error {
		var id, lines int64
		if err := rows.Scan(&id, &lines); err != nil {
			return err
		}
		run := strconv.FormatInt(id, 10)
		out[run] = append(out[run], lines)
		return nil
	}, `SELECT id, lines FROM run`)
	return out, err
}

// compareMarks holds what records say about their runs against the runs.
func (a *audit) compareMarks(runs map[string]*chained) {
	for _, run := range slices.Sorted(maps.Keys(a.marks)) {
		c := runs[run]
		for _, m := range a.marks[run] {
			switch {
			case c == nil:
				a.say("record %s speaks of run %s, which is missing", m.record, run)
			case c.heads[m.lines] != m.head:
				a.say("the journal of run %s is not the one that record %s sealed", run, m.record)
			case c.leaves[m.record] != m.leaf:
				a.say("run %s does not tell that it wrote record %s", run, m.record)
			}
		}
		if c != nil && len(c.leaves) != len(a.marks[run]) {
			a.say("run %s tells of %d records, there are %d", run, len(c.leaves), len(a.marks[run]))
		}
	}
	for _, run := range slices.Sorted(maps.Keys(runs)) {
		if len(runs[run].leaves) > 0 && len(a.marks[run]) == 0 {
			a.say("run %s tells of records that are missing", run)
		}
	}
}

// serial replays a line about a serial; compareSerials looks at the outcome.
func (a *audit) serial(run string, l seal.SerialLine) {
	old, known := a.serials[l.Serial]
	switch {
	case l.State == seal.SerialReserved && !known:
		a.serials[l.Serial] = serial{run: run, state: seal.SerialReserved}
	case l.State == seal.SerialAbandoned && known && old.state == seal.SerialReserved:
		old.state = seal.SerialAbandoned
		a.serials[l.Serial] = old
	default:
		a.say("the serial %s was %s twice or out of order", engine.Clipped(l.Serial), engine.Clipped(l.State))
	}
}

func (a *audit) compareRuns(ctx context.Context, tx *sql.Tx, runs map[string]*chained) error {
	err := engine.Each(ctx, tx, func(rows *sql.Rows) error {
		var id, lines int64
		var head []byte
		var state string
		if err := rows.Scan(&id, &lines, &head, &state); err != nil {
			return err
		}
		run := strconv.FormatInt(id, 10)
		c := runs[run]
		delete(runs, run)
		if c == nil {
			a.say("run %s has lost its lines", run)
			return nil
		}
		named := c.heads[lines]
		switch {
		case lines > c.lines:
			a.say("the journal of run %s was cut: %d lines were synced, %d are there", run, lines, c.lines)
		case string(head) != string(named[:]) || state != c.state || state != seal.RunOpen && lines != c.lines:
			a.say("run %s is listed as something else than its lines say", run)
		}
		return nil
	}, `SELECT id, lines, head, state FROM run`)
	for _, run := range slices.Sorted(maps.Keys(runs)) {
		a.say("run %s has lines and is not listed", run)
	}
	return err
}

func (a *audit) compareSerials(ctx context.Context, tx *sql.Tx) error {
	for n, s := range a.serials {
		switch {
		case a.used(n) && s.state == seal.SerialAbandoned:
			a.say("the certificate serial %s was abandoned and is in a record", engine.Clipped(n))
		case a.used(n):
			s.state = seal.SerialUsed
			a.serials[n] = s
		}
	}
	named := func(name string, _ serial) string { return name }
	return compare(ctx, a, tx, "serial", a.serials, named, func(rows *sql.Rows) (string, serial, error) {
		var s serial
		var run int64
		var name string
		err := rows.Scan(&name, &run, &s.state)
		s.run = strconv.FormatInt(run, 10)
		return name, s, err
	}, `SELECT serial, run, state FROM serial`)
}
