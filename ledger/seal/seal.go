// Package seal is the arithmetic of the ledger's log: a Merkle tree over the records' bytes (RFC 6962, through
// golang.org/x/mod/sumdb/tlog) and the checkpoint, a three-line text that names a state of the log and is kept where the
// bench's operator cannot change it. It knows neither records nor databases.
package seal

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint names a state of a log: the first Size records, and with them all that came before, hash to Root.
type Checkpoint struct {
	Origin string // which log: one line of printable characters without spaces
	Size   int64
	Root   tlog.Hash
}

// String writes the three lines of C2SP tlog-checkpoint: origin, size in decimal, root in base64. A signed checkpoint is a
// note (C2SP signed-note) whose text is exactly these lines, so signing adds to this and changes nothing.
func (c Checkpoint) String() string {
	return c.Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + c.Root.String() + "\n"
}

// Parse reads what String wrote, strictly; a line end of CR LF is forgiven, because such files are mailed.
func Parse(text []byte) (Checkpoint, error) {
	if len(text) > 1024 {
		return Checkpoint{}, fmt.Errorf("a checkpoint has three short lines, this has %d bytes", len(text))
	}
	lines := strings.Split(string(unix(text)), "\n")
	if len(lines) != 4 || lines[3] != "" {
		return Checkpoint{}, fmt.Errorf("a checkpoint has three lines: origin, size and root")
	}
	c := Checkpoint{Origin: lines[0]}
	if err := originOK(c.Origin); err != nil {
		return Checkpoint{}, err
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return Checkpoint{}, fmt.Errorf("the second line of a checkpoint is its size, a decimal number")
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return Checkpoint{}, fmt.Errorf("the third line of a checkpoint is its root, 32 bytes in base64")
	}
	c.Size = size
	copy(c.Root[:], root)
	return c, nil
}

func originOK(s string) error {
	for _, r := range s {
		if r <= ' ' || r > '~' {
			return fmt.Errorf("the first line of a checkpoint is its origin, printable characters without spaces")
		}
	}
	if s == "" || len(s) > 200 {
		return fmt.Errorf("the first line of a checkpoint is its origin, 1 to 200 characters")
	}
	return nil
}

// Tree is a whole Merkle tree in memory, grown leaf by leaf: about 64 bytes a record. The zero value is the empty tree.
type Tree struct {
	size   int64
	hashes []tlog.Hash
}

// Add appends a leaf (tlog.RecordHash of a record's bytes) and returns the hashes that a store keeps for it, the leaf first.
func (t *Tree) Add(leaf tlog.Hash) ([]tlog.Hash, error) {
	more, err := tlog.StoredHashesForRecordHash(t.size, leaf, t)
	if err != nil {
		return nil, fmt.Errorf("grow the tree: %w", err)
	}
	t.hashes = append(t.hashes, more...)
	t.size++
	return more, nil
}

// Size is the number of leaves.
func (t *Tree) Size() int64 { return t.size }

// Root is the root of the tree of the first size leaves.
func (t *Tree) Root(size int64) (tlog.Hash, error) {
	if size < 0 || size > t.size {
		return tlog.Hash{}, fmt.Errorf("the tree has %d records, not %d", t.size, size)
	}
	return tlog.TreeHash(size, t)
}

// Hashes are all stored hashes in the order of their index (tlog.StoredHashIndex).
func (t *Tree) Hashes() []tlog.Hash { return t.hashes }

// ReadHashes makes a Tree a tlog.HashReader.
func (t *Tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		if x < 0 || x >= int64(len(t.hashes)) {
			return nil, fmt.Errorf("the tree has no hash %d", x)
		}
		out[i] = t.hashes[x]
	}
	return out, nil
}
