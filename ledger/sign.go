package ledger

import (
	"context"
	"crypto"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/auditor"
	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/internal/tree"
	"example.org/sectag/ledger/seal"
)

// SignWith makes every transaction that adds a record sign the log's new state with this Ed25519 key, and keep the newest of each day. It
// refuses, with ledger.broken, to sign a log that is not what was signed before. The key stays the caller's and must outlive the Store.
func (s *Store) SignWith(ctx context.Context, key crypto.Signer) error {
	signer, err := seal.NewSigner(s.origin, key)
	if err != nil {
		return cred.Because(err, "ledger.key", err.Error(), "make one with sectag ledger key")
	}
	note, found, err := s.Signed(ctx, 0)
	if err == nil && found {
		_, err = s.stands(ctx, note)
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.signer = signer
	return nil
}

// sign keeps the signed state of a log that has grown in this transaction. A key that does not sign holds no unit up: its record stands.
func (s *Store) sign(ctx context.Context, tx engine.Querier) error {
	if s.signer == nil || s.grew == "" {
		return nil
	}
	c, err := engine.Head(ctx, tx, s.origin)
	if err != nil {
		return err
	}
	note, err := s.signer.Checkpoint(c)
	if err != nil {
		return nil
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO checkpoint (day, size, note) VALUES ($1, $2, $3)
		ON CONFLICT (day) DO UPDATE SET size = $2, note = $3`, s.grew[:len("2026-11-22")], c.Size, string(note))
	return err
}

// Signed is the newest signed state that the ledger keeps of a log of more than so many records, as a signed note, and whether there is
// one. Whether it is true a public key tells (seal.Public.Open).
func (r *Reader) Signed(ctx context.Context, beyond int64) (note []byte, found bool, err error) {
	var text string
	err = r.rd.QueryRowContext(ctx, `SELECT note FROM checkpoint WHERE size > $1 ORDER BY size DESC LIMIT 1`, beyond).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) || engine.Missing(err) {
		return nil, false, nil
	}
	return []byte(text), err == nil, engine.Told(r.db, err, "read the signed states of the log")
}

// stands reads a checkpoint and sees that the stored hashes lead to it.
func (r *Reader) stands(ctx context.Context, note []byte) (seal.Checkpoint, error) {
	c, err := tree.Stands(ctx, r.rd, r.origin, note)
	return c, engine.Told(r.db, err, "read the log")
}

// SignHead signs the log as it is now, for a verb that has no Store; nothing is kept. It refuses, with ledger.broken, a log that is not
// what was signed before. Verify has told beforehand whether the log is true.
func (r *Reader) SignHead(ctx context.Context, key crypto.Signer) (note []byte, public string, err error) {
	signer, err := seal.NewSigner(r.origin, key)
	if err != nil {
		return nil, "", cred.Because(err, "ledger.key", err.Error(), "make one with sectag ledger key")
	}
	older, found, err := r.Signed(ctx, 0)
	if err == nil && found {
		_, err = r.stands(ctx, older)
	}
	if err != nil {
		return nil, "", err
	}
	head, err := r.Head(ctx)
	if err != nil {
		return nil, "", err
	}
	if note, err = signer.Checkpoint(head); err != nil {
		return nil, "", cred.Because(err, "ledger.key", "the ledger's key does not sign: "+err.Error(), "look at the key")
	}
	_, err = r.stands(ctx, note) // the head is what the stored hashes lead to
	return note, signer.Public(), err
}

// ProveUnder is what somebody needs who has no ledger: the bytes of one record, and how they lead to a signed checkpoint.
func (r *Reader) ProveUnder(ctx context.Context, id string, note []byte) (auditor.Proof, []byte, error) {
	c, err := r.stands(ctx, note)
	if err != nil {
		return auditor.Proof{}, nil, err
	}
	rec, body, err := r.Show(ctx, id)
	if err != nil {
		return auditor.Proof{}, nil, err
	}
	n, err := strconv.ParseInt(rec.ID, 10, 64)
	if err != nil || rec.ID != id {
		return auditor.Proof{}, nil, engine.Broken(err, "record "+engine.Clipped(id)+" calls itself "+engine.Clipped(rec.ID))
	}
	if n >= c.Size {
		return auditor.Proof{}, nil, cred.Failed("ledger.unsigned", fmt.Sprintf("the checkpoint is of the first %d records, record %d came after it", c.Size, n),
			"name a newer one, or sign the log as it is with --key")
	}
	hashes, err := r.Prove(ctx, c.Size, n)
	if err != nil {
		return auditor.Proof{}, nil, err
	}
	if err := tlog.CheckRecord(hashes, c.Size, c.Root, n, tlog.RecordHash(body)); err != nil {
		return auditor.Proof{}, nil, engine.Broken(err, fmt.Sprintf("record %d was changed: its bytes are not those that were sealed", n))
	}
	return auditor.Proof{Index: n, Hashes: hashes, Checkpoint: note}, body, nil
}
