package engine

import (
	"context"
	"database/sql"
)

// Stored is a record as it lies in its table.
type Stored struct {
	ID         int64
	Body, Unit string
}

// Records reads whole records. The query selects id, body and unit.
func Records(ctx context.Context, q Querier, query string, args ...any) ([]Stored, error) {
	var out []Stored
	err := Each(ctx, q, func(rows *sql.Rows) error {
		var v Stored
		err := rows.Scan(&v.ID, &v.Body, &v.Unit)
		out = append(out, v)
		return err
	}, query, args...)
	return out, err
}
