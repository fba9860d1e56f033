package ledger

import (
	"database/sql"
	"os"
	"slices"
	"strings"
	"testing"
)

// firstSchema are the tables and indexes that every ledger ever had.
var firstSchema = []string{
	"meta", "record", "hash", "head", "unit", "binding", "run", "event", "serial",
	"record_unit", "record_imei", "record_time", "unit_key", "unit_uuid", "unit_imei", "run_state", "serial_run",
}

// older takes a ledger back to its first schema, as a sectag wrote it that knew no signed states.
func older(t testing.TB, url string) string {
	t.Helper()
	file, err := os.ReadFile(strings.TrimPrefix(url, "sqlite:"))
	must(t, err)
	return tampered(t, file, func(db *sql.DB) {
		for _, kind := range []string{"index", "table"} {
			var later []string
			rows, err := db.Query(`SELECT name FROM sqlite_schema WHERE type = $1`, kind)
			must(t, err)
			for rows.Next() {
				var name string
				must(t, rows.Scan(&name))
				if !slices.Contains(firstSchema, name) {
					later = append(later, name)
				}
			}
			must(t, rows.Err())
			for _, name := range later {
				mustExec(t, db, `DROP `+kind+` `+name)
			}
		}
		mustExec(t, db, `PRAGMA user_version = 1`)
	})
}

// TestAnOlderSchemaIsRead: a ledger that was put away is right as it is, to a reader that knows more. Who writes to it brings it up.
func TestAnOlderSchemaIsRead(t *testing.T) {
	s, url := openNew(t)
	ctx := t.Context()
	populate(t, s)
	must(t, s.Close())
	url = older(t, url)
	if found := judged(t, url, nil); found != "" {
		t.Errorf("untouched: %s", found)
	}
	r, err := OpenReader(ctx, url)
	must(t, err)
	defer r.Close()
	if found := judgedBy(t, url, nil, public(t, r.Origin(), 1)); !strings.Contains(found, "no state of the log is signed") {
		t.Errorf("with a key: %q", found)
	}
	if _, found, err := r.Signed(ctx, 0); found || err != nil {
		t.Errorf("%v %v", found, err)
	}
	if all, err := r.List(ctx, Query{}); err != nil || len(all) != 3 {
		t.Errorf("%d records, %v", len(all), err)
	}
	must(t, r.Close())
	w := openAt(t, url)
	must(t, w.SignWith(ctx, testKey(1)))
	recorded(t, w, plain(5))
	if signed := mustVerifySigned(t, w.Reader); signed != 4 {
		t.Errorf("%d records are signed", signed)
	}
	must(t, w.Close())
	// A ledger of today that says it is older is found out.
	file, err := os.ReadFile(strings.TrimPrefix(url, "sqlite:"))
	must(t, err)
	lying := tampered(t, file, func(db *sql.DB) { mustExec(t, db, `PRAGMA user_version = 1`) })
	if found := judged(t, lying, nil); !strings.Contains(found, "something of its own") {
		t.Errorf("a schema that denies itself: %q", found)
	}
}
