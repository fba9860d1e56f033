package ledger

import (
	"database/sql"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/seal"
)

func TestNewLedgerIsPrivateAndWhole(t *testing.T) {
	s, url := openNew(t, file{})
	populate(t, s)
	path := strings.TrimPrefix(url, "sqlite:")
	if runtime.GOOS != "windows" {
		for _, end := range []string{"", "-wal", "-shm", ".lock"} {
			info, err := os.Stat(path + end)
			must(t, err)
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %o", "ledger.db"+end, info.Mode().Perm())
			}
		}
	}
	mustVerify(t, s.Reader)
	must(t, s.Close())
	files, err := os.ReadDir(filepath.Dir(path))
	must(t, err)
	var names []string
	for _, f := range files {
		names = append(names, f.Name())
	}
	if d := cmp.Diff([]string{"ledger.db", "ledger.db.lock"}, names); d != "" {
		t.Errorf("left behind: %s", d)
	}
	r, err := OpenReader(t.Context(), url)
	must(t, err)
	defer r.Close()
	mustVerify(t, r)
}

// promises are what each connection of the writer is asked for, and must answer.
var promises = map[kind][]struct{ pool, ask, want string }{
	file{}: {
		{"firm", "PRAGMA synchronous", "2"},
		{"ride", "PRAGMA synchronous", "1"},
		{"firm", "PRAGMA journal_mode", "wal"},
		{"ride", "PRAGMA journal_mode", "wal"},
		{"firm", "PRAGMA foreign_keys", "1"},
		{"ride", "PRAGMA foreign_keys", "1"},
		{"firm", "PRAGMA fullfsync", "1"},
		{"firm", "PRAGMA busy_timeout", "5000"},
		{"read", "PRAGMA query_only", "1"},
	},
	database{}: {
		{"firm", "SHOW synchronous_commit", "on"},
		{"ride", "SHOW synchronous_commit", "on"}, // each transaction that may ride says so itself
		{"firm", "SHOW fsync", "on"},
		{"firm", "SHOW full_page_writes", "on"},
		{"firm", "SHOW default_transaction_isolation", "read committed"},
		{"firm", "SHOW session_replication_role", "origin"}, // foreign keys and triggers hold
		{"firm", "SHOW lock_timeout", "30s"},
		{"read", "SHOW default_transaction_isolation", "repeatable read"},
		{"read", "SHOW default_transaction_read_only", "on"},
	},
}

func TestPoolsAreDurableAsPromised(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := openNew(t, k)
		pools := map[string]*sql.DB{"firm": s.pools.Firm, "ride": s.pools.Ride, "read": s.pools.Read}
		for _, p := range promises[k] {
			var got string
			must(t, pools[p.pool].QueryRow(p.ask).Scan(&got))
			if got != p.want {
				t.Errorf("%s: %s is %s, want %s", p.pool, p.ask, got, p.want)
			}
		}
	})
}

func TestRecordFillsIn(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := openNew(t, k)
		ctx := t.Context()
		first, err := s.Record(ctx, unitRecord(1, 1))
		must(t, err)
		second, err := s.Record(ctx, unitRecord(2, 1))
		must(t, err)
		again, err := s.Record(ctx, unitRecord(1, 2))
		must(t, err)
		check := plain(1)
		check.Kind, check.Checks, check.Unit.Key = record.Check, again.ID, digest("identity 1")
		checked, err := s.Record(ctx, check)
		must(t, err)
		type view struct{ ID, Unit, Supersedes string }
		var got []view
		for _, w := range []Written{first, second, again, checked} {
			got = append(got, view{w.ID, w.Record.Unit.Name, w.Record.Supersedes})
		}
		one, two := "key:"+digest("identity 1").String(), "key:"+digest("identity 2").String()
		want := []view{{"0", one, ""}, {"1", two, ""}, {"2", one, "0"}, {"3", one, ""}}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		if u := again.Record.Uniqueness; u == nil || u.Compared != 2 || u.Collisions != 0 {
			t.Errorf("uniqueness: %+v", u)
		}
		rec, raw, err := s.Show(ctx, "2")
		must(t, err)
		if d := cmp.Diff(again.Record, rec); d != "" || string(raw) != string(again.Body) {
			t.Errorf("show: %s", d)
		}
		if rec.Seal.PreviousRoot != cred.Digest(second.Root) || rec.Seal.Log != s.Origin() {
			t.Errorf("seal: %+v", rec.Seal)
		}
		mustVerify(t, s.Reader)
	})
}

func TestQueries(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := openNew(t, k)
		ctx := t.Context()
		if _, ok, err := s.NewestTime(ctx); ok || err != nil {
			t.Fatalf("newest time of an empty ledger: %v %v", ok, err)
		}
		r := unitRecord(1, 1)
		_, err := s.Record(ctx, r)
		must(t, err)
		bad := unitRecord(1, 2)
		bad.Time, bad.Verdict, bad.Failure = record.Stamp(day.Add(time.Hour)), cred.Fail, cred.Failed("dtls.48", "the server refused this unit", "give it the root")
		_, err = s.Record(ctx, bad)
		must(t, err)
		_, err = s.Record(ctx, plain(3))
		must(t, err)

		newest, ok, err := s.Newest(ctx, record.Unit{IMEI: imei(1)})
		if err != nil || !ok || newest.ID != "1" {
			t.Errorf("newest: %v %v %v", newest.ID, ok, err)
		}
		passing, ok, err := s.NewestPassing(ctx, record.Unit{IMEI: imei(1)}, record.Provision)
		if err != nil || !ok || passing.ID != "0" {
			t.Errorf("newest passing: %v %v %v", passing.ID, ok, err)
		}
		if _, ok, err := s.NewestPassing(ctx, record.Unit{IMEI: imei(1)}, record.Check); ok || err != nil {
			t.Errorf("no check was made: %v %v", ok, err)
		}
		if _, ok, err := s.Newest(ctx, record.Unit{IMEI: imei(9)}); ok || err != nil {
			t.Errorf("unknown unit: %v %v", ok, err)
		}
		when, ok, err := s.NewestTime(ctx)
		if err != nil || !ok || !when.Equal(day.Add(time.Hour)) {
			t.Errorf("newest time: %v %v %v", when, ok, err)
		}
		all, err := s.List(ctx, Query{})
		must(t, err)
		want := []Summary{
			{Record: "0", IMEI: imei(1), Kind: record.Provision, Verdict: cred.Pass, Time: r.Time},
			{Record: "1", IMEI: imei(1), Kind: record.Provision, Verdict: cred.Fail, Time: bad.Time},
			{Record: "2", IMEI: imei(3), Kind: record.Test, Verdict: cred.Pass, Time: plain(3).Time},
		}
		if d := cmp.Diff(want, all); d != "" {
			t.Error(d)
		}
		for _, c := range []struct {
			q    Query
			want string
		}{
			{Query{Part: Part{IMEIs: []cred.IMEI{imei(1)}}}, "0 1"},
			{Query{Part: Part{IMEIs: []cred.IMEI{imei(1), imei(3)}}}, "0 1 2"},
			{Query{Part: Part{IMEIs: []cred.IMEI{imei(1), imei(3)}}, Limit: 2}, "1 2"},
			{Query{Limit: 2}, "1 2"},
			{Query{Part: Part{Since: day.Add(2 * time.Second)}}, "1 2"},
			{Query{Part: Part{IMEIs: []cred.IMEI{imei(5)}}}, ""},
		} {
			q, want := c.q, c.want
			got, err := s.List(ctx, q)
			must(t, err)
			var ids []string
			for _, v := range got {
				ids = append(ids, v.Record)
			}
			if strings.Join(ids, " ") != want {
				t.Errorf("%+v: got %v, want %s", q, ids, want)
			}
		}
		for _, id := range []string{"7", "-1", "x", "00", "", "9999999999999999999"} {
			_, _, err := s.Show(ctx, id)
			wantCode(t, err, "ledger.no-record")
		}
	})
}

func TestProve(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := openNew(t, k)
		ctx := t.Context()
		var leaves, roots []tlog.Hash
		for i := range 20 {
			w, err := s.Record(ctx, plain(i))
			must(t, err)
			leaves, roots = append(leaves, tlog.RecordHash(w.Body)), append(roots, w.Root)
		}
		for size := int64(1); size <= 20; size++ {
			for id := range size {
				p, err := s.Prove(ctx, size, id)
				must(t, err)
				if err := tlog.CheckRecord(p, size, roots[size-1], id, leaves[id]); err != nil {
					t.Fatalf("size %d record %d: %v", size, id, err)
				}
				if tlog.CheckRecord(p, size, roots[size-1], id, leaves[(id+1)%20]) == nil {
					t.Fatalf("size %d record %d: the proof holds for another record", size, id)
				}
			}
		}
		for _, c := range [][2]int64{{21, 0}, {5, 5}, {5, -1}, {0, 0}} {
			_, err := s.Prove(ctx, c[0], c[1])
			wantCode(t, err, "ledger.no-record")
		}
		head, err := s.Head(ctx)
		must(t, err)
		back, err := seal.Parse([]byte(head.String()))
		must(t, err)
		if rep := mustVerify(t, s.Reader); rep.Checkpoint != head.String() {
			t.Errorf("verify's checkpoint is %q", rep.Checkpoint)
		}
		if back != head || head.Size != 20 || head.Root != roots[19] {
			t.Errorf("head %+v, read back %+v", head, back)
		}
	})
}

func TestSecondWriterIsToldWho(t *testing.T) {
	s, url := openNew(t, file{})
	_, err := Open(t.Context(), url)
	f := wantCode(t, err, "ledger.busy")
	if want := "pid " + strconv.Itoa(os.Getpid()); !strings.Contains(f.Text, want) {
		t.Errorf("%q does not name %s", f.Text, want)
	}
	link := filepath.Join(t.TempDir(), "other.db")
	must(t, os.Symlink(strings.TrimPrefix(url, "sqlite:"), link))
	_, err = Open(t.Context(), "sqlite:"+link)
	wantCode(t, err, "ledger.busy")
	must(t, s.Close())
	openAt(t, url)
}

func TestReaderBesideWriter(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, url := openNew(t, k)
		populate(t, s)
		r, err := OpenReader(t.Context(), url)
		must(t, err)
		defer r.Close()
		done := make(chan error, 1)
		go func() {
			for i := 10; i < 60; i++ {
				if _, err := s.Record(t.Context(), plain(i)); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
		last := int64(0)
		for running := true; running; {
			select {
			case err := <-done:
				must(t, err)
				running = false
			default:
			}
			rep := mustVerify(t, r)
			if rep.Records < last {
				t.Fatalf("the ledger shrank from %d to %d records", last, rep.Records)
			}
			last = rep.Records
		}
		if last != 53 {
			t.Errorf("the reader saw %d records at the end, want 53", last)
		}
		if _, err := r.rd.ExecContext(t.Context(), `DELETE FROM record`); err == nil {
			t.Error("a reader could delete")
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, []byte(content), 0o600))
		return "sqlite:" + path
	}
	other := filepath.Join(dir, "other.db")
	out, err := exec.Command("sqlite3", other, "CREATE TABLE t (a); INSERT INTO t VALUES (1)").CombinedOutput()
	if err != nil {
		t.Fatalf("sqlite3 is needed: %v %s", err, out)
	}
	must(t, os.WriteFile(filepath.Join(dir, "gone.db-wal"), []byte("x"), 0o600))
	for _, c := range []struct{ name, url, code string }{
		{"text", write("text", strings.Repeat("this is no ledger\n", 100)), "ledger.broken"},
		{"short", write("short", "x"), "ledger.broken"},
		{"empty", write("empty", ""), "ledger.broken"},
		{"another database", "sqlite:" + other, "ledger.broken"},
		{"folder", "sqlite:" + dir, "config.file"},
		{"wal without file", "sqlite:" + filepath.Join(dir, "gone.db"), "ledger.broken"},
		{"no such folder", "sqlite:" + filepath.Join(dir, "no", "ledger.db"), "config.file"},
		{"a password", "postgres://u:hunter2@db/sectag", "config.value"},
		{"a password behind", "postgres://u@db/sectag?password=hunter2", "config.value"},
		{"a setting", "postgres://u@127.0.0.1:1/sectag?synchronous_commit=off", "config.value"},
		{"whatever TLS", "postgres://u@127.0.0.1:1/sectag?sslmode=prefer", "config.value"},
		{"nobody there", "postgres://u@127.0.0.1:1/sectag", "ledger.gone"},
		{"another database's", "mysql://u:hunter2@db/sectag", "config.value"},
		{"no scheme", "ledger.db", "config.value"},
		{"no path", "sqlite:", "config.value"},
	} {
		_, err := Open(t.Context(), c.url)
		if err == nil {
			t.Errorf("%s: opened", c.name)
			continue
		}
		if f := wantCode(t, err, c.code); strings.Contains(f.Text+f.Hint+err.Error(), "hunter2") {
			t.Errorf("%s: the password is repeated: %v", c.name, f)
		}
		if c.name == "wal without file" {
			continue // to a reader it is simply not there
		}
		_, err = OpenReader(t.Context(), c.url)
		wantCode(t, err, c.code)
	}
	_, err = OpenReader(t.Context(), "sqlite:"+filepath.Join(dir, "none.db"))
	wantCode(t, err, "config.file")
}

func TestNewerSchemaIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, url := openNew(t, k)
		must(t, s.Close())
		k.change(t, url, k.ofStep(99))
		_, err := Open(t.Context(), url)
		wantCode(t, err, "ledger.newer")
		_, err = OpenReader(t.Context(), url)
		wantCode(t, err, "ledger.newer")
	})
}

// sqlite3 changes a closed ledger with a tool that is not ours.
func sqlite3(t testing.TB, url, sql string) string {
	t.Helper()
	out, err := exec.Command("sqlite3", strings.TrimPrefix(url, "sqlite:"), sql).CombinedOutput()
	if err != nil {
		t.Fatalf("sqlite3: %v %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

// aside copies a ledger with the database's own tool.
func aside(t *testing.T, k kind, url string) string {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "copy.db")
	if k == kind(file{}) {
		sqlite3(t, url, "VACUUM INTO '"+copied+"'")
		return "sqlite:" + copied
	}
	p, name := theServer(t), "copy_of_"+schemaOf(t, url)
	for _, c := range [][]string{
		{"pg_dump", "-n", schemaOf(t, url), "-f", copied, "postgres"}, {"createdb", name}, {"psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", name, "-f", copied},
	} {
		if out, err := p.Run(c[0], c[1:]...); err != nil {
			t.Fatalf("%s: %v\n%s", c[0], err, out)
		}
	}
	return strings.Replace(url, "/postgres?", "/"+name+"?", 1)
}

func TestACopyByTheDatabasesOwnTool(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, url := openNew(t, k)
		populate(t, s)
		head, err := s.Head(t.Context())
		must(t, err)
		copied := aside(t, k, url)
		if found := judged(t, copied, &head); found != "" {
			t.Errorf("the copy: %s", found)
		}
		must(t, s.Close())
		recorded(t, openAt(t, copied), unitRecord(7, 1))
		if found := judged(t, copied, &head); found != "" {
			t.Errorf("the copy, gone on with: %s", found)
		}
	})
}

// TestStrangeSchemaNames: a schema is named in an address as PostgreSQL's search_path has it, where a name that is no plain word is quoted.
func TestStrangeSchemaNames(t *testing.T) {
	for n, name := range []string{"Line 3", `it's "50%?#&ü"`, "a,b"} {
		quoted := `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		psql(t, database{}.fresh(t), `CREATE SCHEMA `+quoted)
		address := theServer(t).URL(strings.ReplaceAll(url.QueryEscape(quoted), "+", "%20"), "", 0)
		s := openAt(t, address)
		populate(t, s)
		mustVerify(t, s.Reader)
		must(t, s.Close())
		if found := judged(t, address, nil); found != "" {
			t.Errorf("%d: %s: %s", n, name, found)
		}
		must(t, openAt(t, address).Close()) // what is whole is asked for rights only
		if got := psql(t, address, `SELECT count(*) FROM `+quoted+`.record`); got != "3" {
			t.Errorf("%s: the ledger is not where it was asked for: %s records are there", name, got)
		}
	}
}

func TestStrangePathNames(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b", "50%?#&ü")
	must(t, os.MkdirAll(dir, 0o700))
	url := "sqlite:" + filepath.Join(dir, "led?ger #1%41.db")
	s := openAt(t, url)
	populate(t, s)
	must(t, s.Close())
	r, err := OpenReader(t.Context(), url)
	must(t, err)
	defer r.Close()
	mustVerify(t, r)
	if _, err := os.Stat(strings.TrimPrefix(url, "sqlite:")); err != nil {
		t.Errorf("the ledger is not where it was asked for: %v", err)
	}
}
