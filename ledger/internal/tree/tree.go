// Package tree keeps the hashes of the Merkle log over the records' bytes (RFC 6962, as golang.org/x/mod/sumdb/tlog numbers them) beside the
// records, in the same transaction.
package tree

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/seal"
)

// Grow adds the leaf of record id to the tree, moves the head, and gives the new root.
func Grow(ctx context.Context, tx engine.Querier, id int64, body []byte) (tlog.Hash, error) {
	old := Hashes(ctx, tx)
	more, err := tlog.StoredHashes(id, body, old)
	if err != nil {
		return tlog.Hash{}, err
	}
	at := tlog.StoredHashIndex(0, id)
	for i, h := range more {
		if _, err := tx.ExecContext(ctx, `INSERT INTO hash (id, hash) VALUES ($1, $2)`, at+int64(i), h[:]); err != nil {
			return tlog.Hash{}, err
		}
	}
	root, err := tlog.TreeHash(id+1, old)
	if err != nil {
		return tlog.Hash{}, err
	}
	_, err = tx.ExecContext(ctx, `UPDATE head SET size = $1, root = $2 WHERE one = 1`, id+1, root[:])
	return root, err
}

// Fits sees that the log can be gone on with: its head fits its hashes and its last record. If not, it is ledger.broken.
func Fits(ctx context.Context, tx *sql.Tx, origin string) error {
	if err := engine.Stays(ctx, tx); err != nil {
		return err
	}
	c, err := engine.Head(ctx, tx, origin)
	if err != nil {
		return err
	}
	var n int64
	if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(id) + 1, 0) FROM record`).Scan(&n); err != nil {
		return err
	}
	if n != c.Size {
		return engine.Broken(nil, fmt.Sprintf("the head of the log says %d records, the ledger ends after %d", c.Size, n))
	}
	root, err := tlog.TreeHash(c.Size, Hashes(ctx, tx))
	if err != nil {
		return err
	}
	if root != c.Root {
		return engine.Broken(nil, "the head of the log is not the hash of its records")
	}
	return nil
}

// Hashes reads the stored hashes of the tree. One that is missing is ledger.broken.
func Hashes(ctx context.Context, q engine.Querier) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := map[int64]tlog.Hash{}
		args, in := make([]any, len(indexes)), make([]string, len(indexes))
		for i, x := range indexes {
			args[i], in[i] = x, "$"+strconv.Itoa(i+1)
		}
		if len(indexes) > 0 { // one question for all: a server may be far away
			err := engine.Each(ctx, q, func(rows *sql.Rows) error {
				var id int64
				var h []byte
				err := rows.Scan(&id, &h)
				if len(h) == tlog.HashSize {
					found[id] = tlog.Hash(h)
				}
				return err
			}, `SELECT id, hash FROM hash WHERE id IN (`+strings.Join(in, ", ")+`)`, args...)
			if err != nil {
				return nil, err
			}
		}
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			h, ok := found[x]
			if !ok {
				return nil, engine.Broken(nil, fmt.Sprintf("hash %d of the log is missing or damaged", x))
			}
			out[i] = h
		}
		return out, nil
	})
}

// Stands reads a checkpoint and sees that the stored hashes lead to it: config.value of one that is none or another ledger's,
// ledger.broken of a log that is not what it was.
func Stands(ctx context.Context, q engine.Querier, origin string, note []byte) (seal.Checkpoint, error) {
	c, err := seal.ParseNote(note)
	if err != nil {
		return c, cred.Because(err, "config.value", "the checkpoint cannot be read: "+err.Error(), "name a file that sectag ledger checkpoint wrote")
	}
	head, err := engine.Head(ctx, q, origin)
	if err != nil {
		return c, err
	}
	if c.Origin != origin {
		return c, cred.Failed("config.value", "the checkpoint is of another ledger: "+engine.Clipped(c.Origin), "name one of "+origin)
	}
	if c.Size > head.Size {
		return c, engine.Broken(nil, fmt.Sprintf("the log was cut: a checkpoint is of %d records, %d are there", c.Size, head.Size))
	}
	root, err := tlog.TreeHash(c.Size, Hashes(ctx, q))
	if err != nil {
		return c, err
	}
	if root != c.Root {
		return c, engine.Broken(nil, fmt.Sprintf("a record before %d is not what it was when its checkpoint was made", c.Size))
	}
	return c, nil
}

// Holds sees that the log under a head has a record with just these bytes. If not, it is ledger.broken.
func Holds(ctx context.Context, q engine.Querier, head seal.Checkpoint, id int64, body []byte) error {
	if id < 0 || id >= head.Size {
		return engine.Broken(nil, fmt.Sprintf("record %d is not in the log", id))
	}
	p, err := tlog.ProveRecord(head.Size, id, Hashes(ctx, q))
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(p, head.Size, head.Root, id, tlog.RecordHash(body)); err != nil {
		return engine.Broken(err, fmt.Sprintf("record %d was changed: its bytes are not those that were sealed", id))
	}
	return nil
}
