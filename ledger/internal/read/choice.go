package read

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"example.org/sectag/ledger/internal/engine"
)

// Choice narrows what is taken out of a ledger; the zero value is what each unit is now.
type Choice struct {
	Part
	All   bool // every record, and not only the newest of each unit that gave it an identity
	Skip  int  // leave out so many of the first
	Limit int  // and stop after so many; 0: all
}

// Chosen are the records that are wanted, by their numbers.
func Chosen(ctx context.Context, q engine.Querier, want Choice) ([]int64, error) {
	where, args := want.clause()
	if !want.All {
		const gives = `kind IN ('provision', 'issue') AND verdict <> 'fail' AND claims > 0`
		where += ` AND r.` + strings.ReplaceAll(gives, " AND ", " AND r.") + ` AND NOT EXISTS (SELECT 1 FROM record n WHERE n.unit = r.unit AND n.id > r.id AND n.` + strings.ReplaceAll(gives, " AND ", " AND n.") + `)`
	}
	var ids []int64
	err := engine.Each(ctx, q, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, `SELECT r.id FROM record r WHERE `+where+fmt.Sprintf(` ORDER BY r.id LIMIT %d OFFSET %d`, atMost(want.Limit), max(want.Skip, 0)), args...)
	return ids, err
}
