// Package owner says whose something is: which unit of the ledger a sight is of, and which unit an IMEI, a name, a public key, a PSK digest
// or a certificate serial belongs to. It asks within the caller's transaction and writes what it found when it is told to (Keep, Bind).
package owner

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

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
	var alike []string
	var args []any
	for _, by := range []struct{ column, value string }{
		{"id_key", seen.Key.String()}, {"uuid", seen.UUID}, {"imei", seen.IMEI.String()},
	} {
		if by.value != "" {
			args = append(args, by.value)
			alike = append(alike, by.column+" = $"+strconv.Itoa(len(args)))
		}
	}
	err := engine.Each(ctx, q, func(rows *sql.Rows) error {
		k, err := engine.ScanUnit(rows)
		known = append(known, k)
		return err
	}, `SELECT name, id_key, uuid, imei, seen FROM unit WHERE `+strings.Join(alike, " OR ")+` ORDER BY name`, args...)
	return known, err
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
	}
	held, err := holders(ctx, q, claims)
	if err != nil {
		return err
	}
	for _, b := range claims {
		if h := held[b]; h.unit != "" && h.unit != unit.Name {
			return cred.Failed("ledger.bound",
				fmt.Sprintf("%s is another unit's: record %d gave it to %s", b, h.id, record.ShortName(h.unit)),
				fmt.Sprintf("see sectag ledger show %d; two units never share an identity: find out which label or module is wrong", h.id))
		}
	}
	return nil
}

// Holder is the unit that something is bound to and the record that bound it, or empty.
func Holder(ctx context.Context, q engine.Querier, b record.Binding) (unit string, id int64, err error) {
	held, err := holders(ctx, q, []record.Binding{b})
	return held[b].unit, held[b].id, err
}

// holder is the unit that has something, by which record.
type holder struct {
	unit string
	id   int64
}

// holders are those of all that is claimed, by one question: each costs a way to the server and back, or a statement of SQLite's.
func holders(ctx context.Context, q engine.Querier, claims []record.Binding) (map[record.Binding]holder, error) {
	held := map[record.Binding]holder{}
	if len(claims) == 0 {
		return held, nil
	}
	args, alike := make([]any, 0, 2*len(claims)), make([]string, len(claims))
	for i, b := range claims {
		args = append(args, string(b.What), b.Value)
		alike[i] = fmt.Sprintf("what = $%d AND value = $%d", 2*i+1, 2*i+2)
	}
	err := engine.Each(ctx, q, func(rows *sql.Rows) error {
		var b record.Binding
		var h holder
		err := rows.Scan(&b.What, &b.Value, &h.unit, &h.id)
		held[b] = h
		return err
	}, `SELECT what, value, unit, record FROM binding WHERE `+strings.Join(alike, " OR "), args...)
	return held, err
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
