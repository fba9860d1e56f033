package ledger

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/seal"
)

// closedLedger is a small ledger that uses every table, with its last checkpoint and the key that signed it.
func closedLedger(t testing.TB, k kind) (string, seal.Checkpoint, *seal.Public) {
	t.Helper()
	s, url := openNew(t, k)
	must(t, s.SignWith(t.Context(), testKey(1)))
	populate(t, s)
	mustVerify(t, s.Reader)
	head, err := s.Head(t.Context())
	must(t, err)
	must(t, s.Close())
	return url, head, public(t, s.Origin(), 1)
}

func mustExec(t testing.TB, db *sql.DB, query string, args ...any) int64 {
	t.Helper()
	res, err := db.Exec(query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	n, err := res.RowsAffected()
	must(t, err)
	return n
}

// judged opens and verifies; what is found as text, empty if all is well.
func judged(t testing.TB, url string, kept *seal.Checkpoint) string {
	t.Helper()
	return judgedBy(t, url, kept, nil)
}

// judgedBy is judged with the key that signed the ledger's checkpoints.
func judgedBy(t testing.TB, url string, kept *seal.Checkpoint, pub *seal.Public) string {
	t.Helper()
	r, err := OpenReader(t.Context(), url)
	if err != nil {
		return cred.AsFault(err).Code + ": " + err.Error()
	}
	defer r.Close()
	rep, err := r.VerifySigned(t.Context(), kept, pub)
	if err != nil {
		return cred.AsFault(err).Code + ": " + err.Error()
	}
	var out []string
	for _, f := range rep.Findings {
		if f.Code != "ledger.broken" && f.Code != "ledger.unsigned" || f.Hint == "" || f.Text == "" {
			t.Errorf("an odd finding: %+v", f)
		}
		out = append(out, f.Text)
	}
	if (rep.Verdict == cred.Pass) != (len(out) == 0) || (rep.Fault() == nil) != (len(out) == 0) {
		t.Errorf("verdict %s, fault %v with %v", rep.Verdict, rep.Fault(), out)
	}
	return strings.Join(out, "; ")
}

type cell struct {
	table, column, typ string
	row                int
}

// cells lists every column of every row.
func cells(t testing.TB, ledger string) (all []cell, rows map[string]int) {
	t.Helper()
	rows = map[string]int{}
	file{}.forged(t, ledger, func(db *sql.DB) {
		for _, table := range []string{"meta", "record", "hash", "head", "unit", "binding", "run", "event", "serial", "checkpoint", "trait", "said"} {
			var n int
			must(t, db.QueryRow(`SELECT count(*) FROM `+table).Scan(&n))
			if n == 0 {
				t.Fatalf("the table %s is empty: the test would not see it", table)
			}
			rows[table] = n
			info, err := db.Query(`SELECT name, type FROM pragma_table_info('` + table + `')`)
			must(t, err)
			for info.Next() {
				c := cell{table: table}
				must(t, info.Scan(&c.column, &c.typ))
				for i := range n {
					c.row = i
					all = append(all, c)
				}
			}
			must(t, info.Err())
		}
	})
	return all, rows
}

// where picks the i-th row of a table in the order of its first columns, whatever its key is.
func where(table string, i int) string {
	key := map[string]string{
		"meta": "name", "record": "id", "hash": "id", "head": "one", "unit": "name", "binding": "what || value",
		"run": "id", "event": "run * 1000 + seq", "serial": "serial", "checkpoint": "day", "trait": "id", "said": "trait * 1000 + record",
	}[table]
	return fmt.Sprintf(` WHERE %s = (SELECT %s FROM %s ORDER BY %s LIMIT 1 OFFSET %d)`, key, key, table, key, i)
}

func TestTamperEveryColumn(t *testing.T) {
	t.Parallel()
	ledger, _, pub := closedLedger(t, file{})
	all, rows := cells(t, ledger)
	for i, c := range all {
		if i%thin != 0 {
			continue
		}
		value := map[string]string{
			"INTEGER": c.column + ` + 1000`,
			// A letter that stays a letter, a digit that stays a digit: the change that is hardest to see.
			"TEXT": `CASE WHEN ` + c.column + ` = '' THEN '1' WHEN ` + c.column + ` LIKE '%1%' THEN replace(` + c.column + `, '1', '2')
				ELSE replace(` + c.column + `, substr(` + c.column + `, -1), 'z') || 'x' END`,
			"BLOB": `zeroblob(length(` + c.column + `))`,
		}[c.typ]
		url := file{}.forged(t, ledger, func(db *sql.DB) {
			if n := mustExec(t, db, `UPDATE `+c.table+` SET `+c.column+` = `+value+where(c.table, c.row)); n != 1 {
				t.Fatalf("%+v: %d rows changed", c, n)
			}
		})
		found := judgedBy(t, url, nil, pub)
		if found == "" {
			t.Errorf("%s.%s of row %d was changed and nothing was found", c.table, c.column, c.row)
		}
		if c.table == "record" && c.column == "body" && !strings.Contains(found, fmt.Sprintf("record %d was changed", c.row)) {
			t.Errorf("the body of record %d was changed, and verify says: %s", c.row, found)
		}
	}
	for table, n := range rows {
		for i := 0; i < n; i += thin {
			url := file{}.forged(t, ledger, func(db *sql.DB) { mustExec(t, db, `DELETE FROM `+table+where(table, i)) })
			found := judgedBy(t, url, nil, pub)
			if found == "" {
				t.Errorf("row %d of %s was dropped and nothing was found", i, table)
			}
			if want := fmt.Sprintf("record %d is missing", i); table == "record" && !strings.Contains(found, want) {
				t.Errorf("record %d was dropped, and verify says: %s", i, found)
			}
		}
	}
}

func TestTamperByRearranging(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		ledger, head, _ := closedLedger(t, k)
		for name, c := range map[string]struct {
			sql  []string
			want string
		}{
			"two records swapped": {[]string{
				`UPDATE record SET id = -1 WHERE id = 0`, `UPDATE record SET id = 0 WHERE id = 2`, `UPDATE record SET id = 2 WHERE id = -1`,
			}, "re-ordered: in the place of 0 stands record 2"},
			"two bodies swapped": {[]string{
				`UPDATE record SET body = (SELECT body FROM record r WHERE r.id = 1 - record.id) WHERE id IN (0, 1)`,
			}, "re-ordered"},
			"a record twice":      {[]string{`INSERT INTO record SELECT 3, body, unit, imei, kind, verdict, time, claims FROM record WHERE id = 2`}, "3"},
			"a record before":     {[]string{`INSERT INTO record SELECT -1, body, unit, imei, kind, verdict, time, claims FROM record WHERE id = 2`}, "no place"},
			"a record far off":    {[]string{`INSERT INTO record SELECT 1 << 60, body, unit, imei, kind, verdict, time, claims FROM record WHERE id = 2`}, "jumps"},
			"a hash more":         {[]string{`INSERT INTO hash VALUES (4, zeroblob(32))`}, "hash 4"},
			"a hash below":        {[]string{`INSERT INTO hash VALUES (-4, zeroblob(32))`}, "hash -4"},
			"a binding more":      {[]string{`INSERT INTO binding SELECT what, '352656109999999', unit, record FROM binding WHERE what = 'imei'`}, "binding"},
			"a unit more":         {[]string{`INSERT INTO unit VALUES ('imei:352656109999999', '', '', '352656109999999', 1)`}, "unit"},
			"a serial more":       {[]string{`INSERT INTO serial VALUES ('ab', 1, 'reserved')`}, "serial"},
			"a name more":         {[]string{`INSERT INTO meta VALUES ('origin2', 'x')`}, "name"},
			"a trait more":        {[]string{`INSERT INTO trait VALUES (90, 'firmware', 'mfw_x', '')`}, "has the firmware mfw_x, which does not follow"},
			"a saying more":       {[]string{`INSERT INTO said VALUES (1, 2, 90, 352656109999999, 0, 0)`}, "every record does not follow"},
			"a saying of nothing": {[]string{`INSERT INTO said VALUES (90, 2, 2, 352656109999999, 0, 0)`}, "under something that no record says"},
			"two sayings swapped": {[]string{`UPDATE said SET until = 2 - until WHERE trait = 1 AND unit = 0`}, "every record does not follow"},
			"a trait renamed":     {[]string{`UPDATE trait SET value = 'v9' WHERE what = 'tool'`}, "has the tool v9, which does not follow"},
			"a run more":          {[]string{`INSERT INTO run VALUES (9, 0, zeroblob(32), 'open')`}, "run 9"},
			"a line more":         {[]string{`INSERT INTO event SELECT run, 90, type, at, body, chain FROM event WHERE run = 1 AND seq = 1`}, "run 1"},
			"a line in a gap":     {[]string{`INSERT INTO event SELECT 2, 2, 'a.b', at, body, zeroblob(32) FROM event WHERE run = 1 AND seq = 1`}, "run 2"},
			"a run without lines": {[]string{`DELETE FROM event WHERE run = 2`}, "run 2"},
			"lines without a run": {[]string{`DELETE FROM run WHERE id = 2`}, "run 2"},
			"a head less":         {[]string{`DELETE FROM head`}, "head"},
			"two heads":           {[]string{`INSERT INTO head VALUES (2, 0, zeroblob(32))`}, "2 heads"},
			"a column more":       {[]string{`ALTER TABLE meta ADD COLUMN note TEXT`}, "schema"},
			"a table more":        {[]string{`CREATE TABLE note (a TEXT)`}, "schema"},
			"an index less":       {[]string{`DROP INDEX record_time`}, "schema lacks"},
			"a trigger of theirs": {[]string{`CREATE TRIGGER x AFTER INSERT ON record BEGIN SELECT 1; END`}, "schema"},
		} {
			url := k.forged(t, ledger, func(db *sql.DB) {
				for _, q := range c.sql {
					mustExec(t, db, k.says(q))
				}
			})
			if found := judged(t, url, &head); !strings.Contains(found, c.want) {
				t.Errorf("%s: found %q, want %q", name, found, c.want)
			}
		}
	})
}

// TestForger changes the log and everything in the file that would tell of it. What the file cannot tell, a checkpoint can.
func TestForger(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, url := openNew(t, k)
		for i := range 4 {
			_, err := s.Record(t.Context(), plain(i))
			must(t, err)
		}
		head, err := s.Head(t.Context())
		must(t, err)
		must(t, s.Close())
		if found := judged(t, url, &head); found != "" {
			t.Fatalf("untouched: %s", found)
		}
		older := head
		older.Size--
		if found := judged(t, url, &older); !strings.Contains(found, "a record before 3") {
			t.Errorf("a checkpoint with a wrong root: %s", found)
		}
		other := head
		other.Origin += "x"
		if found := judged(t, url, &other); !strings.Contains(found, "another ledger") {
			t.Errorf("a checkpoint of another ledger: %s", found)
		}

		changeTime := func(id int) func(*sql.DB) {
			return func(db *sql.DB) {
				mustExec(t, db, `UPDATE record SET body = replace(body, '2026-11-22', '2026-11-21'), time = replace(time, '-22', '-21') WHERE id = $1`, id)
				mustExec(t, db, `UPDATE said SET time = time - 86400 WHERE record = $1`, id)
				resealed(t, db)
			}
		}
		inTheMiddle := k.forged(t, url, changeTime(1))
		if found := judged(t, inTheMiddle, nil); !strings.Contains(found, "the records before 2 are not those") {
			t.Errorf("an older record forged with all hashes: %q", found)
		}
		last := k.forged(t, url, changeTime(3))
		if found := judged(t, last, nil); found != "" {
			t.Errorf("the newest record forged with all hashes can only be told by a checkpoint, yet: %q", found)
		}
		if found := judged(t, last, &head); !strings.Contains(found, "a record before 4") {
			t.Errorf("the newest record forged, with the checkpoint: %q", found)
		}
		cut := k.forged(t, url, func(db *sql.DB) {
			mustExec(t, db, `DELETE FROM record WHERE id = 3`)
			mustExec(t, db, `DELETE FROM unit WHERE seen = 3`)
			mustExec(t, db, `DELETE FROM said WHERE record = 3`)
			resealed(t, db)
		})
		if found := judged(t, cut, nil); found != "" {
			t.Errorf("a log cut with all hashes can only be told by a checkpoint, yet: %q", found)
		}
		if found := judged(t, cut, &head); !strings.Contains(found, "cut: the checkpoint is of 4 records, from 3 on") {
			t.Errorf("a log cut, with the checkpoint: %q", found)
		}
	})
}

// resealed writes the hashes and the head anew.
func resealed(t testing.TB, db *sql.DB) {
	t.Helper()
	var tree seal.Tree
	grown(t, db, &tree, 1<<60)
	mustExec(t, db, `DELETE FROM hash`)
	for i, h := range tree.Hashes() {
		mustExec(t, db, `INSERT INTO hash VALUES ($1, $2)`, i, h[:])
	}
	root, err := tree.Root(tree.Size())
	must(t, err)
	mustExec(t, db, `UPDATE head SET size = $1, root = $2`, tree.Size(), root[:])
}

// grown adds the first n records of a file to a tree.
func grown(t testing.TB, db *sql.DB, tree *seal.Tree, n int64) {
	t.Helper()
	rows, err := db.Query(`SELECT body FROM record WHERE id < $1 ORDER BY id`, n)
	must(t, err)
	for rows.Next() {
		var b string
		must(t, rows.Scan(&b))
		_, err := tree.Add(tlog.RecordHash([]byte(b)))
		must(t, err)
	}
	must(t, rows.Err())
}

// TestTheDatabaseRefusesToForget: the log and the journal only grow, for the tables' owner too.
func TestTheDatabaseRefusesToForget(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		url, _, _ := closedLedger(t, k)
		db := unforged(t, k, url)
		statements := []string{
			`DELETE FROM record`, `DELETE FROM hash`, `DELETE FROM event`, `UPDATE record SET time = time || 'x'`, `UPDATE hash SET id = id + 1`,
			`UPDATE event SET at = at || 'x'`,
		}
		if k == kind(database{}) {
			statements = append(statements, `TRUNCATE record CASCADE`, `TRUNCATE hash`, `TRUNCATE event`)
		}
		for _, statement := range statements {
			_, err := db.Exec(statement)
			if err == nil || !regexp.MustCompile("only grows|(are|is) (kept|not changed)").MatchString(err.Error()) {
				t.Errorf("%s: %v", statement, err)
			}
		}
		if found := judged(t, url, nil); found != "" {
			t.Error(found)
		}
	})
}

// unforged is a connection of the tables' owner, who is no forger.
func unforged(t *testing.T, k kind, url string) *sql.DB {
	t.Helper()
	driver, source := "sqlite", "file:"+strings.TrimPrefix(url, "sqlite:")
	if k == kind(database{}) {
		driver, source = "pgx", url
	}
	db, err := sql.Open(driver, source)
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

const densePage = 512

// dense packs a ledger into the smallest pages that SQLite has; long bodies then lie on overflow pages.
func dense(t testing.TB, url string) []byte {
	t.Helper()
	sqlite3(t, url, fmt.Sprintf("PRAGMA journal_mode=DELETE; PRAGMA page_size=%d; VACUUM; PRAGMA journal_mode=WAL", densePage))
	b, err := os.ReadFile(strings.TrimPrefix(url, "sqlite:"))
	must(t, err)
	return b
}

func ledgerFile(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger.db")
	must(t, os.WriteFile(path, b, 0o600))
	return "sqlite:" + path
}

// dump reads everything that the program ever reads.
func dump(t testing.TB, url string) []string {
	t.Helper()
	r, err := OpenReader(t.Context(), url)
	must(t, err)
	defer r.Close()
	out := []string{r.Origin()}
	for _, q := range []string{
		`SELECT id, body, unit, imei, kind, verdict, time, claims FROM record ORDER BY id`, `SELECT id, hex(hash) FROM hash ORDER BY id`,
		`SELECT one, size, hex(root) FROM head`, `SELECT name, id_key, uuid, imei, seen FROM unit ORDER BY name`,
		`SELECT what, value, unit, record FROM binding ORDER BY what, value`, `SELECT id, lines, hex(head), state FROM run ORDER BY id`,
		`SELECT run, seq, type, at, body, hex(chain) FROM event ORDER BY run, seq`, `SELECT serial, run, state FROM serial ORDER BY serial`,
		`SELECT day, size, note FROM checkpoint ORDER BY day`,
		`SELECT id, what, value, also FROM trait ORDER BY id`, `SELECT trait, unit, record, imei, time, until FROM said ORDER BY trait, unit, record`,
	} {
		rows, err := r.pools.Read.Query(q)
		must(t, err)
		names, err := rows.Columns()
		must(t, err)
		for rows.Next() {
			row := make([]any, len(names))
			at := make([]any, len(names))
			for i := range row {
				at[i] = &row[i]
			}
			must(t, rows.Scan(at...))
			out = append(out, fmt.Sprint(row...))
		}
		must(t, rows.Err())
	}
	return out
}
