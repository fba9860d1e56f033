package read

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/record"
)

// Choice narrows what is taken out of a ledger; the zero value is everything.
type Choice struct {
	IMEIs []cred.IMEI // these units alone
	Since time.Time   // records of this time or later
	Until time.Time   // or earlier
	All   bool        // every record, and not only the newest of each unit that gave it an identity
	Skip  int         // leave out so many of the first
	Limit int         // and stop after so many; 0: all
}

// Chosen are the records that are wanted, by their numbers.
func Chosen(ctx context.Context, q engine.Querier, want Choice) ([]int64, error) {
	where := `r.time >= $1 AND ($2 = '' OR r.time <= $2)`
	if !want.All {
		const gives = `kind IN ('provision', 'issue') AND verdict <> 'fail' AND claims > 0`
		where += ` AND r.` + strings.ReplaceAll(gives, " AND ", " AND r.") + ` AND NOT EXISTS (SELECT 1 FROM record n WHERE n.unit = r.unit AND n.id > r.id AND n.` + strings.ReplaceAll(gives, " AND ", " AND n.") + `)`
	}
	args := []any{stampOf(want.Since), stampOf(want.Until)}
	if len(want.IMEIs) > 0 {
		in := ""
		for i, m := range want.IMEIs {
			if i > 0 {
				in += ", "
			}
			args = append(args, m.String())
			in += "$" + strconv.Itoa(len(args))
		}
		where += ` AND r.imei IN (` + in + `)`
	}
	limit := int64(want.Limit)
	if limit <= 0 {
		limit = 1 << 60
	}
	var ids []int64
	err := engine.Each(ctx, q, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, `SELECT r.id FROM record r WHERE `+where+fmt.Sprintf(` ORDER BY r.id LIMIT %d OFFSET %d`, limit, max(want.Skip, 0)), args...)
	return ids, err
}

func stampOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return record.Stamp(t)
}
