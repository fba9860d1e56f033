package ledger

import (
	"context"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/internal/owner"
	"example.org/sectag/ledger/internal/tree"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/seal"
)

// Written is what Record did.
type Written struct {
	ID     string        // the record's name, its index in decimal
	Index  int64         // in the log, from 0
	Root   tlog.Hash     // of the log that ends with this record
	Record record.Record // as it was written
	Body   []byte        // its bytes: the leaf is tlog.RecordHash of them
}

// Record writes a record: its body, what it binds to its unit, and its leaf of the Merkle log, in one durable transaction. The
// store fills in what record.Record says it does: id, the unit's name, what it supersedes, uniqueness, seal. A record that
// claims what is another unit's is refused with ledger.bound, and nothing is written.
func (s *Store) Record(ctx context.Context, r record.Record) (Written, error) {
	var w Written
	record := func(ctx context.Context, tx engine.Querier) (err error) {
		w, err = s.record(ctx, tx, r)
		return err
	}
	over := func(ctx context.Context, err error) {
		if err == nil {
			s.holds.Release(ctx, s.pools.Firm, r.Run, r.IMEI)
		}
	}
	if err := s.write(ctx, &act{what: "write the record", run: r.Run, firm: true, do: record, over: over}); err != nil {
		return Written{}, err
	}
	return w, nil
}

func (s *Store) record(ctx context.Context, tx engine.Querier, r record.Record) (Written, error) {
	if err := s.holds.Turn(ctx, tx); err != nil {
		return Written{}, err
	}
	head, err := engine.Head(ctx, tx, s.origin)
	if err != nil {
		return Written{}, err
	}
	unit, err := owner.Resolve(ctx, tx, r.Seen())
	if err != nil {
		return Written{}, err
	}
	claims := r.Bindings()
	if err := owner.Free(ctx, tx, unit, claims); err != nil {
		return Written{}, err
	}
	id := head.Size
	r.ID, r.Unit.Name = strconv.FormatInt(id, 10), unit.Name
	r.Supersedes, r.Uniqueness = "", nil
	if len(claims) > 0 {
		r.Uniqueness = &record.Uniqueness{Scope: "all history", Compared: id}
		if r.Supersedes, err = owner.Newest(ctx, tx, unit.Name, r.Kind); err != nil {
			return Written{}, err
		}
	}
	if r.Kind == record.Correction {
		if n, err := strconv.ParseInt(r.Corrects, 10, 64); err != nil || n < 0 || n >= id {
			return Written{}, noRecord(r.Corrects)
		}
	}
	r.Seal = record.Seal{Log: s.origin, PreviousRoot: cred.Digest(head.Root), Transcript: r.Seal.Transcript}
	if r.Run != "" {
		t, err := s.tail(ctx, tx, r.Run)
		if err != nil {
			return Written{}, err
		}
		r.Seal.Journal, r.Seal.Lines = t.head, t.lines
	}
	body, r, err := record.Encode(r)
	if err != nil {
		return Written{}, err
	}
	w := Written{ID: r.ID, Index: id, Record: r, Body: body}
	if err := s.store(ctx, tx, w, unit, claims); err != nil {
		return Written{}, err
	}
	w.Root, err = tree.Grow(ctx, tx, id, body)
	s.grew = r.Time
	return w, err
}

// store writes the rows that belong to a record, all but its hashes.
func (s *Store) store(ctx context.Context, tx engine.Querier, w Written, unit record.Known, claims []record.Binding) error {
	r := w.Record
	if err := owner.Keep(ctx, tx, unit, w.Index); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO record (id, body, unit, imei, kind, verdict, time, claims)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		w.Index, string(w.Body), unit.Name, r.IMEI.String(), string(r.Kind), string(r.Verdict), r.Time, len(claims))
	if err != nil {
		return err
	}
	if err := owner.Bind(ctx, tx, unit, w.Index, claims); err != nil {
		return err
	}
	if err := engine.Say(ctx, tx, s.traits, w.Index, r); err != nil {
		return err
	}
	if r.Cert != nil && r.Cert.Serial != "" {
		if err := s.use(ctx, tx, r.Cert.Serial); err != nil {
			return err
		}
	}
	if r.Run == "" {
		return nil
	}
	leaf := cred.Digest(tlog.RecordHash(w.Body))
	return s.own(ctx, tx, r.Run, seal.LineRecord, r.Time, seal.RecordLine{Record: r.ID, Leaf: leaf})
}
