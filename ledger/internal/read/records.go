package read

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/seal"
)

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
	}, `SELECT id, body FROM record WHERE id < $1 AND `+where+` ORDER BY id`, args...)
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
