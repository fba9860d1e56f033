package ledger

import (
	"database/sql"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/seal"
)

// everyByte makes TestTamperBytes flip all bytes of the file instead of some of every page.
var everyByte = flag.Bool("every-byte", false, "flip every byte of the small ledger, which takes minutes")

// closedLedger is a small ledger that uses every table, as bytes, with its last checkpoint.
func closedLedger(t testing.TB) ([]byte, seal.Checkpoint) {
	t.Helper()
	s, url := openNew(t)
	populate(t, s)
	mustVerify(t, s.Reader)
	head, err := s.Head(t.Context())
	must(t, err)
	must(t, s.Close())
	b, err := os.ReadFile(strings.TrimPrefix(url, "sqlite:"))
	must(t, err)
	return b, head
}

// tampered writes the ledger anew, changes it by SQL behind the program's back, and hands back the triggers.
func tampered(t testing.TB, ledger []byte, change func(db *sql.DB)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger.db")
	must(t, os.WriteFile(path, ledger, 0o600))
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
	r, err := OpenReader(t.Context(), url)
	if err != nil {
		return cred.AsFault(err).Code + ": " + err.Error()
	}
	defer r.Close()
	rep, err := r.Verify(t.Context(), kept)
	if err != nil {
		return cred.AsFault(err).Code + ": " + err.Error()
	}
	var out []string
	for _, f := range rep.Findings {
		if f.Code != "ledger.broken" || f.Hint == "" || f.Text == "" {
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
func cells(t testing.TB, ledger []byte) (all []cell, rows map[string]int) {
	t.Helper()
	rows = map[string]int{}
	tampered(t, ledger, func(db *sql.DB) {
		for _, table := range []string{"meta", "record", "hash", "head", "unit", "binding", "run", "event", "serial", "trait", "said"} {
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
		"run": "id", "event": "run * 1000 + seq", "serial": "serial", "trait": "id", "said": "trait * 1000 + record",
	}[table]
	return fmt.Sprintf(` WHERE %s = (SELECT %s FROM %s ORDER BY %s LIMIT 1 OFFSET %d)`, key, key, table, key, i)
}

func TestTamperEveryColumn(t *testing.T) {
	t.Parallel()
	ledger, _ := closedLedger(t)
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
		url := tampered(t, ledger, func(db *sql.DB) {
			if n := mustExec(t, db, `UPDATE `+c.table+` SET `+c.column+` = `+value+where(c.table, c.row)); n != 1 {
				t.Fatalf("%+v: %d rows changed", c, n)
			}
		})
		found := judged(t, url, nil)
		if found == "" {
			t.Errorf("%s.%s of row %d was changed and nothing was found", c.table, c.column, c.row)
		}
		if c.table == "record" && c.column == "body" && !strings.Contains(found, fmt.Sprintf("record %d was changed", c.row)) {
			t.Errorf("the body of record %d was changed, and verify says: %s", c.row, found)
		}
	}
	for table, n := range rows {
		for i := 0; i < n; i += thin {
			url := tampered(t, ledger, func(db *sql.DB) { mustExec(t, db, `DELETE FROM `+table+where(table, i)) })
			found := judged(t, url, nil)
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
	ledger, head := closedLedger(t)
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
		"a table more":        {[]string{`CREATE TABLE note (a)`}, "schema"},
		"an index less":       {[]string{`DROP INDEX record_time`}, "schema lacks"},
		"a trigger of theirs": {[]string{`CREATE TRIGGER x AFTER INSERT ON record BEGIN SELECT 1; END`}, "schema"},
	} {
		url := tampered(t, ledger, func(db *sql.DB) {
			for _, q := range c.sql {
				mustExec(t, db, q)
			}
		})
		if found := judged(t, url, &head); !strings.Contains(found, c.want) {
			t.Errorf("%s: found %q, want %q", name, found, c.want)
		}
	}
}

// TestForger changes the log and everything in the file that would tell of it. What the file cannot tell, a checkpoint can.
func TestForger(t *testing.T) {
	s, url := openNew(t)
	for i := range 4 {
		_, err := s.Record(t.Context(), plain(i))
		must(t, err)
	}
	head, err := s.Head(t.Context())
	must(t, err)
	must(t, s.Close())
	ledger, err := os.ReadFile(strings.TrimPrefix(url, "sqlite:"))
	must(t, err)
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
	inTheMiddle := tampered(t, ledger, changeTime(1))
	if found := judged(t, inTheMiddle, nil); !strings.Contains(found, "the records before 2 are not those") {
		t.Errorf("an older record forged with all hashes: %q", found)
	}
	last := tampered(t, ledger, changeTime(3))
	if found := judged(t, last, nil); found != "" {
		t.Errorf("the newest record forged with all hashes can only be told by a checkpoint, yet: %q", found)
	}
	if found := judged(t, last, &head); !strings.Contains(found, "a record before 4") {
		t.Errorf("the newest record forged, with the checkpoint: %q", found)
	}
	cut := tampered(t, ledger, func(db *sql.DB) {
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
}

// resealed writes the hashes and the head anew.
func resealed(t testing.TB, db *sql.DB) {
	t.Helper()
	var tree seal.Tree
	rows, err := db.Query(`SELECT body FROM record ORDER BY id`)
	must(t, err)
	for rows.Next() {
		var b string
		must(t, rows.Scan(&b))
		_, err := tree.Add(tlog.RecordHash([]byte(b)))
		must(t, err)
	}
	must(t, rows.Err())
	mustExec(t, db, `DELETE FROM hash`)
	for i, h := range tree.Hashes() {
		mustExec(t, db, `INSERT INTO hash VALUES ($1, $2)`, i, h[:])
	}
	root, err := tree.Root(tree.Size())
	must(t, err)
	mustExec(t, db, `UPDATE head SET size = $1, root = $2`, tree.Size(), root[:])
}

// TestTamperBytes flips single bytes of the file: of every page the first eight (its header), of the first page the first
// hundred (the file's header), and every 127th byte of all, which hits every page four times and moves against the cells. The
// file is packed into small pages first, so that little of it is empty. A flip is found, or everything that the ledger holds
// reads as before. All bytes are flipped with -every-byte.
func TestTamperBytes(t *testing.T) {
	t.Parallel()
	ledger, head := closedLedger(t)
	ledger = dense(t, ledger)
	before := dump(t, ledgerFile(t, ledger))
	path := filepath.Join(t.TempDir(), "ledger.db")
	must(t, os.WriteFile(path, ledger, 0o600))
	flips, harmless := 0, 0
	for at := range ledger {
		if !*everyByte && at >= 100/thin && at%densePage >= 8/thin && at%(127*thin) != 0 {
			continue
		}
		flips++
		poke(t, path, at, ledger[at]^flipOf(at))
		if judged(t, "sqlite:"+path, &head) == "" {
			harmless++
			if d := cmp.Diff(before, dump(t, "sqlite:"+path)); d != "" {
				t.Errorf("byte %d flipped: the content differs and nothing was found: %s", at, d)
			}
		}
		poke(t, path, at, ledger[at])
	}
	t.Logf("%d bytes, %d flips, %d found, %d harmless", len(ledger), flips, flips-harmless, harmless)
	if flips-harmless < flips/4 {
		t.Errorf("only %d of %d flips were found: the test looks at nothing", flips-harmless, flips)
	}
}

const densePage = 512

// dense packs a ledger into the smallest pages that SQLite has; long bodies then lie on overflow pages.
func dense(t testing.TB, ledger []byte) []byte {
	t.Helper()
	url := ledgerFile(t, ledger)
	sqlite3(t, url, fmt.Sprintf("PRAGMA journal_mode=DELETE; PRAGMA page_size=%d; VACUUM; PRAGMA journal_mode=WAL", densePage))
	b, err := os.ReadFile(strings.TrimPrefix(url, "sqlite:"))
	must(t, err)
	return b
}

// flipOf takes turns between one bit, which changes a letter or a length by little, and all bits.
func flipOf(at int) byte {
	if at%2 == 0 {
		return 0xff
	}
	return 1 << (at / 2 % 8)
}

func ledgerFile(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger.db")
	must(t, os.WriteFile(path, b, 0o600))
	return "sqlite:" + path
}

func poke(t testing.TB, path string, at int, b byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	must(t, err)
	_, err = f.WriteAt([]byte{b}, int64(at))
	must(t, err)
	must(t, f.Close())
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
