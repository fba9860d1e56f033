package ledger

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"example.org/sectag/ledger/internal/engine"
)

// kind is a kind of database that a ledger is kept in. Whatever is said of a ledger is so with each: such a test is run by onEach. What is
// of one kind alone stands in ofOneKind with its reason.
type kind interface {
	// fresh is the address of a new and empty place.
	fresh(t testing.TB) string
	// forged copies a closed ledger to another place and has it changed there behind the program's back: no trigger, no foreign key and
	// no constraint of its own holds the forger up, and all of them are there afterwards.
	forged(t testing.TB, url string, change func(db *sql.DB)) string
	// says is a statement in this database's own words; the tests are written in SQLite's.
	says(statement string) string
	// ofStep is a statement that has a ledger say that its schema is of this step.
	ofStep(step int) string
	// change has the database's own tool change or ask a ledger; a file must be closed.
	change(t testing.TB, url, statements string) string
}

// kinds are all of them.
var kinds = map[string]kind{"file": file{}, "server": database{}}

// onEach runs a test with each kind of ledger.
func onEach(t *testing.T, test func(t *testing.T, k kind)) {
	t.Parallel()
	for name, k := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, k)
		})
	}
}

// measureEach runs a benchmark with each kind of ledger.
func measureEach(b *testing.B, measure func(b *testing.B, k kind)) {
	for name, k := range kinds {
		b.Run(name, func(b *testing.B) { measure(b, k) })
	}
}

func openNew(t testing.TB, k kind) (*Store, string) {
	t.Helper()
	url := k.fresh(t)
	return openAt(t, url), url
}

// file is a ledger in a SQLite file.
type file struct{}

func (file) fresh(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "ledger.db") }

func (file) says(statement string) string { return statement }

func (file) ofStep(step int) string { return fmt.Sprintf("PRAGMA user_version = %d", step) }

func (file) change(t testing.TB, url, statements string) string { return sqlite3(t, url, statements) }

func (f file) forged(t testing.TB, url string, change func(db *sql.DB)) string {
	t.Helper()
	b, err := os.ReadFile(strings.TrimPrefix(url, "sqlite:"))
	must(t, err)
	path := strings.TrimPrefix(f.fresh(t), "sqlite:")
	must(t, os.WriteFile(path, b, 0o600))
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=foreign_keys(0)&_pragma=ignore_check_constraints(1)&_pragma=synchronous(0)")
	must(t, err)
	db.SetMaxOpenConns(1)
	defer db.Close()
	var triggers []string
	rows, err := db.Query(`SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'`)
	must(t, err)
	for rows.Next() {
		var name, text string
		must(t, rows.Scan(&name, &text))
		triggers = append(triggers, name, text)
	}
	must(t, rows.Err())
	for i := 0; i < len(triggers); i += 2 {
		mustExec(t, db, `DROP TRIGGER `+triggers[i])
	}
	change(db)
	for i := 0; i < len(triggers); i += 2 {
		mustExec(t, db, triggers[i+1])
	}
	return "sqlite:" + path
}

// database is a ledger in a schema of the PostgreSQL server of this test binary.
type database struct{}

func (database) fresh(t testing.TB) string {
	t.Helper()
	p := theServer(t)
	schema, err := p.Schema()
	must(t, err)
	return p.URL(schema, "", 0)
}

// says knows what the tests' statements have of SQLite's own.
func (database) says(statement string) string {
	return strings.NewReplacer("zeroblob(32)", `decode(repeat('00', 32), 'hex')`, "unixepoch(", "extract(epoch FROM timestamptz ",
		"1 << 60", "1::bigint << 60", "BEGIN SELECT 1; END", "EXECUTE FUNCTION ledger_grows()").Replace(statement)
}

func (database) ofStep(step int) string {
	return fmt.Sprintf("WITH newer AS (DELETE FROM ledger_schema WHERE version_id >= %d) INSERT INTO ledger_schema (version_id, is_applied) VALUES (%d, true)", step, step)
}

func (database) change(t testing.TB, url, statements string) string {
	t.Helper()
	return psql(t, url, statements)
}

func (k database) forged(t testing.TB, url string, change func(db *sql.DB)) string {
	t.Helper()
	tables, copies := emptyTables(t)
	name := fmt.Sprintf("forged_%d", copies.Add(1))
	next := theServer(t).URL(name, "", 0)
	db := forger(t, next)
	for _, statement := range []string{
		`SET synchronous_commit = off`, `SET allow_system_table_mods = on`, // the forger has the server, too
		strings.ReplaceAll(tables, emptySchema, name), `SET search_path = ` + name, `ALTER TABLE head DROP CONSTRAINT head_one_check`,
	} {
		mustExec(t, db, statement)
	}
	for _, table := range append(engine.Tables(), engine.Table{Name: "ledger_schema"}) {
		mustExec(t, db, fmt.Sprintf(`INSERT INTO %s OVERRIDING SYSTEM VALUE SELECT * FROM %s.%s`, table.Name, schemaOf(t, url), table.Name))
	}
	mustExec(t, db, `SELECT setval(pg_get_serial_sequence('ledger_schema', 'id'), max(id)) FROM ledger_schema`)
	change(db)
	mustExec(t, db, `ALTER TABLE head ADD CONSTRAINT head_one_check CHECK (one = 1) NOT VALID`)
	mustExec(t, db, `UPDATE pg_constraint SET convalidated = true WHERE conname = 'head_one_check' AND connamespace = current_schema()::regnamespace`)
	must(t, db.Close())
	return next
}

// empties are the statements that make the tables of an empty ledger, for copies of which many are needed: as the server's own tool writes
// them, which is quicker than what a first start does.
var empties struct {
	sync.Once
	text   string
	copies atomic.Int64
}

// emptySchema is where the empty ledger is.
const emptySchema = "empty_ledger_of_the_tests"

func emptyTables(t testing.TB) (text string, copies *atomic.Int64) {
	t.Helper()
	empties.Do(func() {
		p := theServer(t)
		psql(t, database{}.fresh(t), `CREATE SCHEMA `+emptySchema)
		must(t, openAt(t, p.URL(emptySchema, "", 0)).Close())
		out, err := p.Run("pg_dump", "-s", "-n", emptySchema, "postgres")
		if err != nil {
			t.Fatalf("pg_dump: %v\n%s", err, out)
		}
		empties.text = regexp.MustCompile(`(?m)^\\.*$`).ReplaceAllString(out, "") // what is for psql alone
	})
	return empties.text, &empties.copies
}
