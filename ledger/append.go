package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
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
	err := s.firmly(ctx, "write the record", func(ctx context.Context, tx engine.Querier) error {
		var err error
		w, err = s.record(ctx, tx, r)
		return err
	})
	if err != nil {
		return Written{}, err
	}
	return w, nil
}

func (s *Store) record(ctx context.Context, tx engine.Querier, r record.Record) (Written, error) {
	head, err := engine.Head(ctx, tx, s.origin)
	if err != nil {
		return Written{}, err
	}
	unit, err := resolve(ctx, tx, r.Seen())
	if err != nil {
		return Written{}, err
	}
	claims := r.Bindings()
	if err := free(ctx, tx, unit, claims); err != nil {
		return Written{}, err
	}
	id := head.Size
	r.ID, r.Unit.Name = strconv.FormatInt(id, 10), unit.Name
	r.Supersedes, r.Uniqueness = "", nil
	if len(claims) > 0 {
		r.Uniqueness = &record.Uniqueness{Scope: "all history", Compared: id}
		if r.Supersedes, err = claimed(ctx, tx, unit.Name, r.Kind); err != nil {
			return Written{}, err
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
	w.Root, err = s.grow(ctx, tx, id, body)
	return w, err
}

// store writes the rows that belong to a record, all but its hashes.
func (s *Store) store(ctx context.Context, tx engine.Querier, w Written, unit record.Known, claims []record.Binding) error {
	r := w.Record
	_, err := tx.ExecContext(ctx, `INSERT INTO unit (name, id_key, uuid, imei, seen) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (name) DO UPDATE SET id_key = $2, uuid = $3, imei = $4, seen = $5`,
		unit.Name, unit.Key.String(), unit.UUID, unit.IMEI.String(), w.Index)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO record (id, body, unit, imei, kind, verdict, time, claims)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		w.Index, string(w.Body), unit.Name, r.IMEI.String(), string(r.Kind), string(r.Verdict), r.Time, len(claims))
	if err != nil {
		return err
	}
	for _, b := range claims {
		_, err := tx.ExecContext(ctx, `INSERT INTO binding (what, value, unit, record) VALUES ($1, $2, $3, $4)
			ON CONFLICT (what, value) DO NOTHING`, string(b.What), b.Value, unit.Name, w.Index)
		if err != nil {
			return err
		}
	}
	if err := engine.Say(ctx, tx, w.Index, r); err != nil {
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

// grow adds the leaf to the tree and moves the head.
func (s *Store) grow(ctx context.Context, tx engine.Querier, id int64, body []byte) (tlog.Hash, error) {
	old := s.hashes(ctx, tx)
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

// claimed is the newest record that gave the unit an identity, or empty.
func claimed(ctx context.Context, q engine.Querier, unit string, k record.Kind) (string, error) {
	if !k.Supersedes() {
		return "", nil
	}
	var id int64
	err := q.QueryRowContext(ctx, `SELECT id FROM record WHERE unit = $1 AND claims > 0 AND kind IN ('provision', 'issue')
		ORDER BY id DESC LIMIT 1`, unit).Scan(&id)
	if err == sql.ErrNoRows {
		return "", nil
	}
	return strconv.FormatInt(id, 10), err
}

// resolve finds the unit in the ledger, with what this sight adds, or gives a new one its name.
func resolve(ctx context.Context, q engine.Querier, seen record.Unit) (record.Known, error) {
	if seen.Name() == "" {
		return record.Known{}, fmt.Errorf("a unit has an IMEI, a device UUID or an identity key, this has none")
	}
	holder, _, err := holderOf(ctx, q, record.Binding{What: record.BindIMEI, Value: seen.IMEI.String()})
	if err != nil {
		return record.Known{}, err
	}
	known, err := near(ctx, q, seen)
	if err != nil {
		return record.Known{}, err
	}
	if i := record.Choose(seen, known, holder); i >= 0 {
		k := known[i]
		k.Unit = k.Merge(seen)
		return k, nil
	}
	return christen(ctx, q, seen)
}

// near are the units that share something with a sight. What the sight does not tell is not asked for: most units have no UUID,
// and a search for the empty one would walk through all of them.
func near(ctx context.Context, q engine.Querier, seen record.Unit) ([]record.Known, error) {
	var known []record.Known
	for _, by := range []struct{ column, value string }{
		{"id_key", seen.Key.String()}, {"uuid", seen.UUID}, {"imei", seen.IMEI.String()},
	} {
		if by.value == "" {
			continue
		}
		err := engine.Each(ctx, q, func(rows *sql.Rows) error {
			k, err := engine.ScanUnit(rows)
			known = append(known, k)
			return err
		}, `SELECT name, id_key, uuid, imei, seen FROM unit WHERE `+by.column+` = $1`, by.value)
		if err != nil {
			return nil, err
		}
	}
	return known, nil
}

// christen names a unit that is new.
func christen(ctx context.Context, q engine.Querier, seen record.Unit) (record.Known, error) {
	k := record.Known{Unit: seen, Name: seen.Name()}
	var taken, next int64
	err := q.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM unit WHERE name = $1), (SELECT size FROM head)`,
		k.Name).Scan(&taken, &next)
	if taken > 0 {
		k.Name = record.Renamed(k.Name, next)
	}
	return k, err
}

// free refuses what is bound to another unit than this.
func free(ctx context.Context, q engine.Querier, unit record.Known, claims []record.Binding) error {
	for _, b := range claims {
		if err := b.Valid(); err != nil {
			return err
		}
		holder, id, err := holderOf(ctx, q, b)
		if err != nil {
			return err
		}
		if holder != "" && holder != unit.Name {
			return cred.Failed("ledger.bound",
				fmt.Sprintf("%s is another unit's: record %d gave it to %s", b, id, record.ShortName(holder)),
				fmt.Sprintf("see sectag ledger show %d; two units never share an identity: find out which label or module is wrong", id))
		}
	}
	return nil
}

// holderOf is the unit that something is bound to and the record that bound it, or empty.
func holderOf(ctx context.Context, q engine.Querier, b record.Binding) (unit string, id int64, err error) {
	err = q.QueryRowContext(ctx, `SELECT unit, record FROM binding WHERE what = $1 AND value = $2`,
		string(b.What), b.Value).Scan(&unit, &id)
	if err == sql.ErrNoRows {
		return "", 0, nil
	}
	return unit, id, err
}
