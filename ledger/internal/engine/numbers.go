package engine

import (
	"context"
	"database/sql"
	"fmt"
)

// EachRow is Each where all columns are whole numbers, of which there may be many millions: to scan into typed variables takes longer than to
// read the row. The numbers are only valid during the call.
func EachRow(ctx context.Context, q Querier, columns int, row func(numbers []int64) error, query string, args ...any) error {
	values, into, numbers := make([]any, columns), make([]any, columns), make([]int64, columns)
	for i := range values {
		into[i] = &values[i]
	}
	return Each(ctx, q, func(rows *sql.Rows) error {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, v := range values {
			n, ok := v.(int64)
			if !ok {
				return fmt.Errorf("a row holds %T where a whole number belongs", v)
			}
			numbers[i] = n
		}
		return row(numbers)
	}, query, args...)
}
