package audit

import (
	"context"
	"database/sql"

	"golang.org/x/mod/sumdb/tlog"

	"example.org/sectag/ledger/internal/engine"
)

// stored is the log's tree as its table has it.
type stored struct {
	row    []tlog.Hash // the first ones, in their order and without a gap
	behind []node      // what stands behind the first that is missing or damaged
	leaves map[int64]tlog.Hash
}

// node is a row that stands behind a gap, or is one.
type node struct {
	id   int64
	hash []byte
}

// leaf is the hash of a record, which says what a changed one was.
func (s *stored) leaf(n int64) (h tlog.Hash, ok bool) {
	if n < 0 {
		return h, false
	}
	if i := tlog.StoredHashIndex(0, n); i < int64(len(s.row)) {
		return s.row[i], true
	}
	h, ok = s.leaves[n]
	return h, ok
}

// readHashes keeps the stored tree: the records are read with its leaves at hand, and it is held against the tree that they make.
func (a *audit) readHashes(ctx context.Context, tx *sql.Tx) error {
	a.stored = stored{leaves: map[int64]tlog.Hash{}}
	s := &a.stored
	return engine.Each(ctx, tx, func(rows *sql.Rows) error {
		var id int64
		var h []byte
		if err := rows.Scan(&id, &h); err != nil {
			return err
		}
		if id == int64(len(s.row)) && len(h) == tlog.HashSize && s.behind == nil {
			s.row = append(s.row, tlog.Hash(h))
			return nil
		}
		s.behind = append(s.behind, node{id, h})
		if id < 0 || len(h) != tlog.HashSize {
			return nil
		}
		if level, n := tlog.SplitStoredHashIndex(id); level == 0 {
			s.leaves[n] = tlog.Hash(h)
		}
		return nil
	}, `SELECT id, hash FROM hash ORDER BY id`)
}

// compareHashes holds the stored tree and its head against the one that was grown from the records.
func (a *audit) compareHashes(ctx context.Context, tx *sql.Tx) error {
	if err := a.compareHead(ctx, tx); err != nil {
		return err
	}
	want, next := a.tree.Hashes(), int64(0)
	compare := func(id int64, h []byte) {
		if id != next || id >= int64(len(want)) || len(h) != tlog.HashSize || want[id] != tlog.Hash(h) {
			a.say("hash %d of the log is not what the records make", id)
		}
		next = id + 1
	}
	for id := range a.stored.row {
		compare(int64(id), a.stored.row[id][:])
	}
	for _, n := range a.stored.behind {
		compare(n.id, n.hash)
	}
	if next < int64(len(want)) {
		a.say("the log has lost its hashes from %d on", next)
	}
	a.stored = stored{}
	return nil
}
