package read

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/seal"
)

// Part narrows Records; the zero value is everything.
type Part struct {
	Since, Until time.Time   // records of these times, both included; zero: no bound
	IMEIs        []cred.IMEI // of these units
	Batch        string      // of this batch, and those that name none, which may be of a unit of it
}

// whole tells whether nothing is left out.
func (p Part) whole() bool {
	return p.Since.IsZero() && p.Until.IsZero() && len(p.IMEIs) == 0 && p.Batch == ""
}

// clause is the part as a condition, and its arguments.
func (p Part) clause(size int64) (string, []any) {
	where, args := []string{"id < $1"}, []any{size}
	add := func(format string, v any) {
		args = append(args, v)
		where = append(where, fmt.Sprintf(format, len(args)))
	}
	if !p.Since.IsZero() {
		add("time >= $%d", record.Stamp(p.Since))
	}
	if !p.Until.IsZero() {
		add("time <= $%d", record.Stamp(p.Until))
	}
	if len(p.IMEIs) > 0 {
		var in []string
		for _, i := range p.IMEIs {
			args = append(args, i.String())
			in = append(in, fmt.Sprintf("$%d", len(args)))
		}
		where = append(where, "imei IN ("+strings.Join(in, ", ")+")")
	}
	if p.Batch != "" {
		name, _ := json.Marshal(p.Batch) // a string is always JSON
		add(`(body LIKE $%d ESCAPE '!' OR body NOT LIKE '%%"batch":%%')`, "%"+likeEscaped.Replace(`"batch":`+string(name))+"%")
	}
	return strings.Join(where, " AND "), args
}

var likeEscaped = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// sealed is a record on its way from the database to who asked.
type sealed struct {
	id   int64
	body string
	rec  record.Record
	err  error
}

// chunk is how many records are read between two looks at who asked; so many are in memory, twice.
const chunk = 256

// Records hands over the records that a log with this head has, the oldest first, one at a time, with their leaves in it. Unlike Rows, which
// reads for a judge who wants the copies beside a body and must go on behind one that cannot be decoded, it takes a part and ends at the
// first that is wrong. Each is read as strictly as Decode does. Where nothing is left out, the root is worked out anew from the records' bytes and a log that has
// another is ledger.broken; of a part the leaves can be held against a proof.
func Records(ctx context.Context, q engine.Querier, head seal.Checkpoint, part Part, do func(r record.Record, leaf cred.Digest) error) error {
	var tree seal.Tree
	give := func(all []sealed) error {
		decodeAll(all)
		for _, s := range all {
			if s.err != nil {
				return s.err
			}
			leaf := tlog.RecordHash([]byte(s.body))
			if _, err := tree.Add(leaf); err != nil {
				return err
			}
			if err := do(s.rec, cred.Digest(leaf)); err != nil {
				return err
			}
		}
		return nil
	}
	where, args := part.clause(head.Size)
	var some []sealed
	err := engine.Each(ctx, q, func(rows *sql.Rows) error {
		var s sealed
		if err := rows.Scan(&s.id, &s.body); err != nil {
			return err
		}
		if some = append(some, s); len(some) < chunk {
			return nil
		}
		full := some
		some = nil
		return give(full)
	}, `SELECT id, body FROM record WHERE `+where+` ORDER BY id`, args...)
	if err == nil {
		err = give(some)
	}
	if err == nil && part.whole() {
		err = sameRoot(&tree, head)
	}
	return err
}

// decodeAll reads the bodies, several at a time: a strict look at one takes longer than to fetch it.
func decodeAll(all []sealed) {
	workers := runtime.GOMAXPROCS(0)
	done := make(chan struct{})
	for part := range slices.Chunk(all, max(1, (len(all)+workers-1)/workers)) {
		go func() {
			for i := range part {
				part[i].rec, part[i].err = Decode(part[i].id, part[i].body)
			}
			done <- struct{}{}
		}()
		defer func() { <-done }()
	}
}

func sameRoot(tree *seal.Tree, head seal.Checkpoint) error {
	root, err := tree.Root(tree.Size())
	if err == nil && (tree.Size() != head.Size || root != head.Root) {
		err = engine.Broken(nil, fmt.Sprintf("the %d records of the ledger are not those that its head stands for", head.Size))
	}
	return err
}
