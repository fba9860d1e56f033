package engine

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"example.org/sectag/cred"
)

// thing is a row of sqlite_schema: what, its name, the table that it is of, and the statement that made it.
type thing struct{ kind, name, table, text string }

// thingOf is the row that one of our statements makes.
func thingOf(statement string) thing {
	word := strings.Fields(strings.Replace(statement, "CREATE UNIQUE INDEX", "CREATE INDEX", 1))
	t := thing{kind: strings.ToLower(word[1]), name: word[2], table: word[2], text: statement}
	for i, w := range word {
		if w == "ON" && t.kind != "table" {
			t.table, _, _ = strings.Cut(word[i+1], "(")
			break
		}
	}
	return t
}

// compareSchema holds the schema of a file against ours, name by name and statement by statement: SQLite itself takes a name in another
// case, or as bytes in the place of text, for the same.
func compareSchema(ctx context.Context, tx *sql.Tx) ([]cred.Finding, error) {
	var out []cred.Finding
	say := func(format string, args ...any) { out = append(out, Damage(fmt.Sprintf(format, args...))) }
	want := map[thing]bool{}
	all := sqliteMigrations()
	var step int // a ledger that no newer sectag wrote to has the older schema, and is right as it is
	if err := tx.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&step); err != nil {
		return out, err
	}
	for _, statements := range all[:min(max(step, 0), len(all))] {
		for _, s := range statements {
			want[thingOf(s)] = true
		}
	}
	has := func(rows *sql.Rows) error {
		var t thing
		var types string
		if err := rows.Scan(&t.kind, &t.name, &t.table, &t.text, &types); err != nil {
			return err
		}
		if !want[t] || types != "text text text integer text" {
			say("the schema has something of its own: %s", Clipped(t.name))
		}
		delete(want, t)
		return nil
	}
	err := Each(ctx, tx, has, `SELECT type, name, tbl_name, coalesce(sql, ''), typeof(type) || ' ' || typeof(name) || ' ' || typeof(tbl_name)
		|| ' ' || typeof(rootpage) || ' ' || typeof(sql) FROM sqlite_schema`)
	if err != nil {
		return out, err
	}
	for t := range want {
		say("the schema lacks: %s", Clipped(t.text))
	}
	return out, nil
}

// Missing tells whether a question failed because there is no such table: to a reader of a ledger that has an older schema that is no
// damage, and where it is, the schema's comparison says so.
func Missing(err error) bool { return err != nil && strings.Contains(err.Error(), "no such table") }
