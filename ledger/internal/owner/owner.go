// Package owner says whose something is: which unit of the ledger a sight is of, and which unit an IMEI, a name, a public key, a PSK digest
// or a certificate serial belongs to. It asks within the caller's transaction and writes what it found when it is told to (Keep, Bind).
package owner

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/record"
)

// Resolve finds the unit in the ledger, with what this sight adds, or gives a new one its name.
func Resolve(ctx context.Context, q engine.Querier, seen record.Unit) (record.Known, error) {
	if seen.Name() == "" {
		return record.Known{}, fmt.Errorf("a unit has an IMEI, a device UUID or an identity key, this has none")
	}
	holder, _, err := Holder(ctx, q, record.Binding{What: record.BindIMEI, Value: seen.IMEI.String()})
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

// Free refuses, with ledger.bound, what is bound to another unit than this.
func Free(ctx context.Context, q engine.Querier, unit record.Known, claims []record.Binding) error {
	for _, b := range claims {
		if err := b.Valid(); err != nil {
			return err
		}
		holder, id, err := Holder(ctx, q, b)
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

// Holder is the unit that something is bound to and the record that bound it, or empty.
func Holder(ctx context.Context, q engine.Querier, b record.Binding) (unit string, id int64, err error) {
	err = q.QueryRowContext(ctx, `SELECT unit, record FROM binding WHERE what = $1 AND value = $2`,
		string(b.What), b.Value).Scan(&unit, &id)
	if err == sql.ErrNoRows {
		return "", 0, nil
	}
	return unit, id, err
}

// Newest is the newest record that gave the unit an identity, or empty; also for a record of a kind that supersedes none.
func Newest(ctx context.Context, q engine.Querier, unit string, k record.Kind) (string, error) {
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

// Keep writes what is known of a unit by now, which record id adds to.
func Keep(ctx context.Context, q engine.Querier, unit record.Known, id int64) error {
	_, err := q.ExecContext(ctx, `INSERT INTO unit (name, id_key, uuid, imei, seen) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (name) DO UPDATE SET id_key = $2, uuid = $3, imei = $4, seen = $5`,
		unit.Name, unit.Key.String(), unit.UUID, unit.IMEI.String(), id)
	return err
}

// Bind gives a unit what record id claims for it; what it has already stays bound by the older record.
func Bind(ctx context.Context, q engine.Querier, unit record.Known, id int64, claims []record.Binding) error {
	for _, b := range claims {
		_, err := q.ExecContext(ctx, `INSERT INTO binding (what, value, unit, record) VALUES ($1, $2, $3, $4)
			ON CONFLICT (what, value) DO NOTHING`, string(b.What), b.Value, unit.Name, id)
		if err != nil {
			return err
		}
	}
	return nil
}
