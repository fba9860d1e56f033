// Package auditor is what somebody can check who has no ledger: files, and one public key. It opens no database, writes nothing and
// shares with the writing side only what a record, a leaf and a checkpoint are.
//
// Proof is one unit's: that its record is in the log whose signed checkpoint it carries (C2SP tlog-proof). Records is a whole log's,
// from a file with a record in each line.
package auditor

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"example.org/sectag/ledger/seal"
)

// header is the first line of a proof (C2SP tlog-proof, "Format").
const header = "c2sp.org/tlog-proof@v1"

// maxProof bounds a proof: sixty-three hashes and a signed checkpoint are a quarter of it.
const maxProof = 64 << 10

// Proof shows that the record Index is in the log that a checkpoint names.
type Proof struct {
	Index      int64            // in the log, from 0
	Hashes     tlog.RecordProof // from the leaf's sibling up (RFC 6962, section 2.1.1)
	Checkpoint []byte           // the signed note, as it is
}

// Text writes the file F.tlog-proof.
func (p Proof) Text() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nindex %d\n", header, p.Index)
	for _, h := range p.Hashes {
		fmt.Fprintln(&b, h.String())
	}
	b.WriteByte('\n')
	b.Write(p.Checkpoint)
	return b.Bytes()
}

// ParseProof reads what Text wrote, and what other logs' tools write: an `extra` line is passed by, since nothing vouches for it. Line
// ends of CR LF are forgiven.
func ParseProof(text []byte) (Proof, error) {
	if len(text) > maxProof {
		return Proof{}, fmt.Errorf("a proof has at most %d bytes, this has %d", maxProof, len(text))
	}
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	head, checkpoint, ok := bytes.Cut(text, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !ok || lines[0] != header {
		return Proof{}, errors.New("the first line of a proof is " + header + ", and an empty line stands before its checkpoint")
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	if len(lines) == 0 {
		return Proof{}, errors.New("the proof does not say which record it is of")
	}
	number, ok := strings.CutPrefix(lines[0], "index ")
	index, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || index < 0 || strconv.FormatInt(index, 10) != number {
		return Proof{}, errors.New("the proof does not say which record it is of")
	}
	p := Proof{Index: index, Checkpoint: checkpoint}
	for _, line := range lines[1:] {
		h, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(h) != tlog.HashSize {
			return Proof{}, errors.New("a line of the proof is no hash of 32 bytes in base64")
		}
		p.Hashes = append(p.Hashes, tlog.Hash(h))
	}
	return p, nil
}

// ErrNotProven says that the hashes do not lead from the record to the checkpoint.
var ErrNotProven = errors.New("the record is not the one that the checkpoint vouches for")

// Check tells whether these bytes are the record of the proof, in the log that the public key is of, and which state of the log says
// so. The errors are seal.ErrUnsigned, seal.ErrForged and ErrNotProven, or say what is no proof at all.
func (p Proof) Check(body []byte, pub *seal.Public) (seal.Checkpoint, error) {
	c, err := pub.Open(p.Checkpoint)
	if err != nil {
		return seal.Checkpoint{}, err
	}
	if p.Index >= c.Size {
		return seal.Checkpoint{}, fmt.Errorf("the checkpoint is of %d records, the proof of record %d: %w", c.Size, p.Index, ErrNotProven)
	}
	if tlog.CheckRecord(p.Hashes, c.Size, c.Root, p.Index, tlog.RecordHash(body)) != nil {
		return seal.Checkpoint{}, ErrNotProven
	}
	return c, nil
}
