package read

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

// Part is what is asked for of a ledger's records; the zero value is everything.
type Part struct {
	Since, Until time.Time   // records of these times, both included; zero: no bound
	IMEIs        []cred.IMEI // of these units
	Batch        string      // of this batch, and those that name none, which may be of a unit of it
}

// whole tells whether nothing is left out.
func (p Part) whole() bool {
	return p.Since.IsZero() && p.Until.IsZero() && len(p.IMEIs) == 0 && p.Batch == ""
}

// clause is the part as a condition on the columns of record, and its arguments behind those that are there already. What is not asked for
// is no condition: one that can be false would keep an index from being used.
func (p Part) clause(args ...any) (string, []any) {
	where := []string{"1 = 1"}
	add := func(format string, v any) {
		args = append(args, v)
		where = append(where, fmt.Sprintf(format, len(args)))
	}
	if !p.Since.IsZero() {
		add("time >= $%d", record.Stamp(p.Since))
	}
	if !p.Until.IsZero() {
		add("time <= $%d", record.Stamp(p.Until))
	}
	if len(p.IMEIs) > 0 {
		var in []string
		for _, i := range p.IMEIs {
			args = append(args, i.String())
			in = append(in, fmt.Sprintf("$%d", len(args)))
		}
		where = append(where, "imei IN ("+strings.Join(in, ", ")+")")
	}
	if p.Batch != "" {
		name, _ := json.Marshal(p.Batch) // a string is always JSON
		add(`(body LIKE $%d ESCAPE '!' OR body NOT LIKE '%%"batch":%%')`, "%"+likeEscaped.Replace(`"batch":`+string(name))+"%")
	}
	return strings.Join(where, " AND "), args
}

var likeEscaped = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// atMost is a limit as the databases take it: none is a large one.
func atMost(limit int) int64 {
	if limit <= 0 {
		return 1 << 60
	}
	return int64(limit)
}
