package ledger

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"example.org/sectag/ledger/internal/engine"
)

// forger is a connection that no trigger and no foreign key holds up.
func forger(t testing.TB, address string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", address)
	must(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	mustExec(t, db, `SET session_replication_role = replica`)
	return db
}

// TestTamperEveryColumnOnPostgreSQL changes each cell of a small ledger behind the program's back, and takes each row away.
func TestTamperEveryColumnOnPostgreSQL(t *testing.T) {
	t.Parallel()
	address := database{}.fresh(t)
	s := openAt(t, address)
	must(t, s.SignWith(t.Context(), testKey(1)))
	populate(t, s)
	db, pub := forger(t, address), public(t, s.Origin(), 1)
	judge := func() string { // over one connection, since there is much to judge
		rep, err := s.VerifySigned(t.Context(), nil, pub)
		must(t, err)
		var out []string
		for _, f := range rep.Findings {
			out = append(out, f.Text)
		}
		return strings.Join(out, "; ")
	}
	cells := 0
	for _, table := range engine.Tables() {
		rows := keys(t, db, table)
		if len(rows) == 0 {
			t.Fatalf("the table %s is empty: the test would not see it", table.Name)
		}
		for i, key := range rows {
			for _, column := range table.Columns {
				if cells++; cells%spare(7) != 0 || table.Name == "head" && column == "one" { // the server checks that it is 1
					continue
				}
				if found := changed(t, db, judge, table, column, key); found == "" {
					t.Errorf("%s.%s of row %d was changed and nothing was found", table.Name, column, i)
				}
			}
			if i%spare(3) != 0 {
				continue
			}
			mustExec(t, db, `CREATE TEMP TABLE gone AS SELECT * FROM `+table.Name+` WHERE `+key)
			if n := mustExec(t, db, `DELETE FROM `+table.Name+` WHERE `+key); n != 1 {
				t.Fatalf("%s: %d rows are deleted", key, n)
			}
			if found := judge(); found == "" {
				t.Errorf("row %d of %s was dropped and nothing was found", i, table.Name)
			}
			mustExec(t, db, `INSERT INTO `+table.Name+` SELECT * FROM gone`)
			mustExec(t, db, `DROP TABLE gone`)
		}
	}
	if found := judge(); found != "" {
		t.Errorf("put back as it was, and %s", found)
	}
	t.Logf("%d cells", cells)
}

// keys are conditions, each of which one row of a table meets.
func keys(t *testing.T, db *sql.DB, table engine.Table) (out []string) {
	t.Helper()
	var names []string
	for _, k := range strings.Split(table.Key, ", ") {
		names = append(names, fmt.Sprintf("'%s = ' || quote_literal(%s)", k, k))
	}
	must(t, engine.Each(t.Context(), db, func(rows *sql.Rows) error {
		var k string
		err := rows.Scan(&k)
		out = append(out, k)
		return err
	}, `SELECT `+strings.Join(names, ` || ' AND ' || `)+` FROM `+table.Name+` ORDER BY `+table.Key))
	return out
}

// changed changes one cell as little as can be, says what is found, and puts it back.
func changed(t *testing.T, db *sql.DB, judge func() string, table engine.Table, column, key string) string {
	t.Helper()
	var typ string
	must(t, db.QueryRow(`SELECT pg_typeof(`+column+`)::text FROM `+table.Name+` WHERE `+key).Scan(&typ))
	value := map[string]string{
		"bigint": column + ` + 1000`,
		"text":   `CASE WHEN ` + column + ` LIKE '%1%' THEN regexp_replace(` + column + `, '1', '2') ELSE ` + column + ` || 'x' END`,
		"bytea":  `set_byte(` + column + `, 3, get_byte(` + column + `, 3) # 1)`,
	}[typ]
	var old any
	must(t, db.QueryRow(`SELECT `+column+` FROM `+table.Name+` WHERE `+key).Scan(&old))
	var at string // the row, wherever its key goes
	must(t, db.QueryRow(`UPDATE `+table.Name+` SET `+column+` = `+value+` WHERE `+key+` RETURNING ctid::text`).Scan(&at))
	found := judge()
	if n := mustExec(t, db, `UPDATE `+table.Name+` SET `+column+` = $1 WHERE ctid = $2::tid`, old, at); n != 1 {
		t.Fatalf("%s.%s: %d rows are put back", table.Name, column, n)
	}
	return found
}

// TestAnotherSchemaIsFound: what was taken out of the tables, or put beside them, or switched off.
func TestAnotherSchemaIsFound(t *testing.T) {
	t.Parallel()
	address := database{}.fresh(t)
	populate(t, openAt(t, address))
	for change, back := range map[string]string{
		`ALTER TABLE record DISABLE TRIGGER record_fixed`:                      `ALTER TABLE record ENABLE TRIGGER record_fixed`,
		`DROP TRIGGER event_kept ON event`:                                     `CREATE TRIGGER event_kept BEFORE TRUNCATE ON event FOR EACH STATEMENT EXECUTE FUNCTION ledger_grows()`,
		`DROP INDEX record_time`:                                               `CREATE INDEX record_time ON record (time)`,
		`ALTER TABLE binding DISABLE TRIGGER ALL`:                              `ALTER TABLE binding ENABLE TRIGGER ALL`,
		`ALTER TABLE head DROP CONSTRAINT head_one_check`:                      `ALTER TABLE head ADD CONSTRAINT head_one_check CHECK (one = 1)`,
		`CREATE TABLE note (a TEXT)`:                                           `DROP TABLE note`,
		`CREATE VIEW note AS SELECT 1 AS a`:                                    `DROP VIEW note`,
		`ALTER TABLE record ENABLE ROW LEVEL SECURITY`:                         `ALTER TABLE record DISABLE ROW LEVEL SECURITY`,
		`CREATE RULE quiet AS ON DELETE TO record DO INSTEAD NOTHING`:          `DROP RULE quiet ON record`,
		`ALTER TABLE event ALTER COLUMN body DROP NOT NULL`:                    `ALTER TABLE event ALTER COLUMN body SET NOT NULL`,
		`ALTER TABLE serial ALTER COLUMN state SET DEFAULT 'used'`:             `ALTER TABLE serial ALTER COLUMN state DROP DEFAULT`,
		`CREATE FUNCTION other() RETURNS int LANGUAGE sql AS $x$ SELECT 1 $x$`: `DROP FUNCTION other()`,
	} {
		psql(t, address, change)
		if found := judged(t, address, nil); !strings.Contains(found, "schema") {
			t.Errorf("%s: found %q", change, found)
		}
		psql(t, address, back)
	}
	if found := judged(t, address, nil); found != "" {
		t.Errorf("all was put back, and %s", found)
	}
}
