package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"example.org/sectag/cred"
	"example.org/sectag/internal/peers"
	"example.org/sectag/ledger/internal/engine"
)

func wantCode(t *testing.T, what string, err error, code string) {
	t.Helper()
	var f *cred.Fault
	if !errors.As(err, &f) || f.Code != code || f.Text == "" || f.Hint == "" {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}

func open(t *testing.T, address string, reader bool) error {
	t.Helper()
	a, err := ParseAddress(address)
	must(t, err)
	p, err := New(a, reader, "").Open(t.Context())
	if err != nil {
		return err
	}
	return p.Close()
}

// TestWhoIsNotLetIn: wrong passwords, roles and databases that are not there, an older and a newer schema, another program's tables, a
// server that does not sync.
func TestWhoIsNotLetIn(t *testing.T) {
	schema, p := opened(t)
	must(t, p.Close())
	good := private.URL(schema, "", 0)
	none := filepath.Join(t.TempDir(), "none")
	must(t, os.WriteFile(none, []byte("*:*:*:sectag:hunter2\n"), 0o600))
	empty, err := private.Schema()
	must(t, err)
	other, err := private.Schema()
	must(t, err)
	_, err = private.SQL(other, `CREATE TABLE record (a TEXT)`)
	must(t, err)
	for _, c := range []struct{ name, address, code string }{
		{"wrong password", strings.Replace(good, private.PassFile, none, 1), "ledger.denied"},
		{"no such role", private.URL(schema, "nobody", 0), "ledger.denied"},
		{"no such database", strings.Replace(good, "/postgres?", "/none?", 1), "ledger.gone"},
		{"nobody there", private.URL(schema, "", 1), "ledger.gone"},
		{"no ledger in it", private.URL(empty, "", 0), "config.file"},
		{"no TLS there", strings.Replace(good, "sslmode=disable", "sslmode=require", 1), "ledger.denied"},
	} {
		err := open(t, c.address, true)
		wantCode(t, c.name, err, c.code)
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v repeats the password", c.name, err)
		}
	}
	if err := open(t, private.URL(empty, "", 0), true); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a ledger that is not there yet: %v", err)
	}
	wantCode(t, "another program's tables", open(t, private.URL(other, "", 0), false), "config.value")
	_, err = private.SQL(schema, `INSERT INTO ledger_schema (version_id, is_applied) VALUES (99, true)`)
	must(t, err)
	wantCode(t, "a newer schema, to a reader", open(t, good, true), "ledger.newer")
	wantCode(t, "a newer schema", open(t, good, false), "ledger.newer")
	_, err = private.SQL(schema, fmt.Sprintf(`DELETE FROM ledger_schema WHERE version_id = 99; INSERT INTO ledger_schema (version_id, is_applied) VALUES (%d, true)`, newest()+1))
	must(t, err)
	wantCode(t, "the next schema", open(t, good, false), "ledger.newer")
	_, err = private.SQL(schema, fmt.Sprintf(`DELETE FROM ledger_schema WHERE version_id > %d; DELETE FROM meta`, newest()))
	must(t, err)
	wantCode(t, "a ledger without its name", open(t, good, true), "config.file")
}

// TestRightsAsThePageSays gives a role what docs/ledger.md says that a station needs, and no more.
func TestRightsAsThePageSays(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "ledger.md"))
	must(t, err)
	schema, p := opened(t)
	must(t, p.Close())
	statements := `CREATE ROLE station LOGIN PASSWORD 'for the tests only';`
	n := 0
	for _, l := range strings.Split(string(page), "\n") {
		if l = strings.TrimSpace(l); strings.HasPrefix(l, "GRANT ") {
			statements += strings.ReplaceAll(l, "SCHEMA public", "SCHEMA "+schema)
			n++
		}
	}
	if n < 4 {
		t.Fatalf("the page has %d GRANTs", n)
	}
	if out, err := private.SQL(schema, statements); err != nil {
		t.Fatal(out)
	}
	must(t, private.Password("station", "for the tests only"))
	a, err := ParseAddress(private.URL(schema, "station", 0))
	must(t, err)
	e := New(a, false, "one")
	pools, err := e.Open(t.Context())
	must(t, err)
	defer pools.Close()
	for statement, may := range map[string]bool{
		`SELECT size FROM head FOR UPDATE`:                                    true,
		`UPDATE head SET size = size`:                                         true,
		`INSERT INTO hash VALUES (99, '')`:                                    true,
		`INSERT INTO run VALUES (99, 0, '', 'done')`:                          true,
		`INSERT INTO event VALUES (99, 0, 'a.b', 'at', '{}', '')`:             true,
		`INSERT INTO serial VALUES ('ab', 99, 'reserved')`:                    true,
		`UPDATE serial SET state = 'used'`:                                    true,
		`INSERT INTO trait VALUES (99, 'a', 'b', '')`:                         true,
		`UPDATE said SET until = 1`:                                           true,
		`INSERT INTO checkpoint VALUES ('2026-11-27', 1, 'a')`:                true,
		`UPDATE checkpoint SET size = 2`:                                      true,
		`UPDATE trait SET value = ''`:                                         false,
		`DELETE FROM serial`:                                                  false,
		`DELETE FROM said`:                                                    false,
		`DELETE FROM checkpoint`:                                              false,
		`DELETE FROM record`:                                                  false,
		`UPDATE record SET body = ''`:                                         false,
		`UPDATE hash SET hash = ''`:                                           false,
		`UPDATE event SET body = ''`:                                          false,
		`TRUNCATE event`:                                                      false,
		`INSERT INTO meta VALUES ('moved', 'x')`:                              false,
		`ALTER TABLE record DISABLE TRIGGER ALL`:                              false,
		`INSERT INTO ledger_schema (version_id, is_applied) VALUES (9, true)`: false,
	} {
		tx, err := pools.Firm.Begin()
		must(t, err)
		if strings.Contains(statement, "99, 0, 'a.b'") || strings.Contains(statement, "'ab', 99") {
			_, err = tx.Exec(`INSERT INTO run VALUES (99, 0, '', 'done')`)
			must(t, err)
		}
		_, err = tx.Exec(statement)
		must(t, tx.Rollback())
		switch {
		case may && err != nil:
			t.Errorf("%s: %v", statement, err)
		case !may && (err == nil || e.Fault(err) == nil || e.Fault(err).Code != "ledger.denied"):
			t.Errorf("%s: %v, want ledger.denied", statement, err)
		}
	}
}

// TestARightIsMissing takes the rights of the page from a station one by one: it is told which one when it starts, and a reader needs none.
func TestARightIsMissing(t *testing.T) {
	schema, p := opened(t)
	must(t, p.Close())
	if out, err := private.SQL(schema, `CREATE ROLE clerk LOGIN PASSWORD 'for the tests only'; GRANT USAGE ON SCHEMA `+schema+` TO clerk;
		GRANT SELECT ON ALL TABLES IN SCHEMA `+schema+` TO clerk; GRANT INSERT, UPDATE ON ALL TABLES IN SCHEMA `+schema+` TO clerk`); err != nil {
		t.Fatal(out)
	}
	must(t, private.Password("clerk", "for the tests only"))
	address := private.URL(schema, "clerk", 0)
	must(t, open(t, address, false))
	for _, right := range []string{"INSERT ON record", "INSERT ON trait", "INSERT ON said", "UPDATE ON said", "UPDATE ON head", "INSERT ON checkpoint"} {
		_, err := private.SQL(schema, "REVOKE "+right+" FROM clerk")
		must(t, err)
		err = open(t, address, false)
		wantCode(t, right, err, "ledger.denied")
		if f := cred.AsFault(err); !strings.Contains(f.Text, "clerk") || !strings.HasSuffix(f.Text, "it lacks "+right) {
			t.Errorf("%s: %s", right, f.Text)
		}
		must(t, open(t, address, true))
		_, err = private.SQL(schema, "GRANT "+right+" TO clerk")
		must(t, err)
	}
}

// TestTLSAndFsync: the server must show a certificate for its name by a root that was named, and the connection is encrypted.
func TestTLSAndFsync(t *testing.T) {
	p, err := peers.StartPostgres()
	must(t, err)
	defer p.Close()
	root, stranger := peers.Root(t, "the firm's root"), peers.Root(t, "another root")
	must(t, p.TLS(root.Server(t)))
	schema, err := p.Schema()
	must(t, err)
	over := func(root *peers.Cert, more string) string {
		return strings.Replace(p.URL(schema, "", 0), "sslmode=disable", "sslmode=verify-full&sslrootcert="+root.CertFile, 1) + more
	}
	// The server reads its settings anew in its own time: the first that is let in by TLS shows it.
	for deadline := time.Now().Add(20 * time.Second); ; {
		err := open(t, over(root, ""), false)
		if err == nil {
			break
		}
		if f := cred.AsFault(err); time.Now().After(deadline) || !strings.Contains(f.Text, "does not speak TLS") {
			t.Fatal(err)
		}
	}
	a, err := ParseAddress(over(root, ""))
	must(t, err)
	pools, err := New(a, true, "").Open(t.Context())
	must(t, err)
	defer pools.Close()
	var ssl bool
	must(t, pools.Read.QueryRow(`SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`).Scan(&ssl))
	if !ssl {
		t.Error("the connection is not encrypted")
	}
	wantCode(t, "a stranger's root", open(t, over(stranger, ""), true), "ledger.denied")
	wantCode(t, "nobody's root", open(t, strings.Replace(p.URL(schema, "", 0), "disable", "verify-full", 1), true), "ledger.denied")
	must(t, p.TLS(root.Issue(t, peers.Spec{CN: "elsewhere", DNS: []string{"elsewhere.example"}})))
	for deadline := time.Now().Add(20 * time.Second); ; {
		err := open(t, over(root, ""), true)
		if err != nil {
			wantCode(t, "another's name", err, "ledger.denied")
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a server with another's name was believed")
		}
	}
	// One that acknowledges what is not on its disk is not written to.
	if out, err := p.Run("psql", "-X", "-q", "-d", "postgres", "-c", "ALTER SYSTEM SET fsync = off"); err != nil {
		t.Fatal(out)
	}
	must(t, p.Crash())
	wantCode(t, "a server without fsync", open(t, p.URL(schema, "", 0), false), "config.value")
	must(t, open(t, p.URL(schema, "", 0), true))
}

// TestAServerElsewhereMustShowWhoItIs: without a word about TLS it is the strictest there is, unless the server is this computer.
func TestAServerElsewhereMustShowWhoItIs(t *testing.T) {
	t.Setenv("PGSSLMODE", "prefer")
	for address, want := range map[string]bool{
		"postgres://u@db.example.eu/sectag":                         true,
		"postgres://u@10.1.2.3/sectag":                              true,
		"postgresql://u@db.example.eu:6000/sectag?search_path=line": true,
		"postgres://u@localhost/sectag":                             false,
		"postgres://u@127.0.0.1/sectag":                             false,
		"postgres://u@[::1]/sectag":                                 false,
		"postgres:///sectag?host=/run/postgresql":                   false,
		"postgres://u@db.example.eu/sectag?sslmode=disable":         false,
	} {
		a, err := ParseAddress(address)
		must(t, err)
		c, err := a.config()
		must(t, err)
		if got := c.TLSConfig != nil && !c.TLSConfig.InsecureSkipVerify && c.TLSConfig.ServerName != ""; got != want || len(c.Fallbacks) > 0 {
			t.Errorf("%s: TLS %v, want %v; %d ways to fall back", address, got, want, len(c.Fallbacks))
		}
	}
	for search, want := range map[string]string{"%22Line%203%22": `"Line 3"`, "%22a+b%22": `"a+b"`} {
		for _, more := range []string{"", "&sslmode=disable"} {
			a, err := ParseAddress("postgres://u@localhost/sectag?search_path=" + search + more)
			must(t, err)
			c, err := a.config()
			must(t, err)
			if got := c.RuntimeParams["search_path"]; got != want {
				t.Errorf("%s: the schema is %s, want %s", a, got, want)
			}
		}
	}
	for _, address := range []string{
		"postgres://u:hunter2@db/x", "postgres://:hunter2@db/x", "postgres://u@db/x?password=hunter2", "postgres://u@db/x?PASSWORD=hunter2", "postgres://u@db/x?sslpassword=hunter2",
		"postgres://u@db/x?options=-csynchronous_commit%3Doff", "postgres://u@db/x?fsync=off", "postgres://u@db/x?sslmode=allow", "postgres://u@db:port/x", "postgres:hunter2", "postgres://u@db/x?a=%zz",
		"mysql://u@db/x", "postgres://u@db/x?sslrootcert=/none/there",
	} {
		if _, err := ParseAddress(address); err == nil {
			t.Errorf("%s was taken", address)
		} else if wantCode(t, address, err, "config.value"); strings.Contains(fmt.Sprintf("%v %+v", err, err), "hunter2") {
			t.Errorf("%v repeats the password", err)
		}
	}
}

func TestFaults(t *testing.T) {
	s := &server{}
	for sqlstate, code := range map[string]string{
		"28P01": "ledger.denied", "28000": "ledger.denied", "42501": "ledger.denied", "3D000": "ledger.gone", "57P03": "ledger.gone", "53100": "ledger.file",
		"53200": "ledger.file", "58030": "ledger.file", "53300": "ledger.busy", "55P03": "ledger.busy", "57P01": "ledger.lost", "08006": "ledger.lost", "25P03": "ledger.lost",
		"XX001": "ledger.broken", "42P01": "ledger.broken", "42703": "ledger.broken", "25P02": "ledger.broken", "23505": "",
	} {
		f := s.Fault(fmt.Errorf("act: %w", &pgconn.PgError{Code: sqlstate, Message: "m"}))
		if (f == nil) != (code == "") || f != nil && (f.Code != code || f.Hint == "") {
			t.Errorf("%s: %+v, want %s", sqlstate, f, code)
		}
	}
	for _, c := range []struct {
		err         error
		again, lost bool
	}{
		{&pgconn.PgError{Code: "40001"}, true, false},
		{&pgconn.PgError{Code: "40P01"}, true, false},
		{&pgconn.PgError{Code: "23505"}, false, false},
		{&pgconn.PgError{Code: "57P01"}, false, true},
		{&pgconn.PgError{Code: "25P03"}, false, true},
		{io.ErrUnexpectedEOF, false, true},
		{errors.New("a defect"), false, false},
	} {
		err := fmt.Errorf("act: %w", c.err)
		if s.Again(err) != c.again || s.Lost(err) != c.lost {
			t.Errorf("%v: again %v, lost %v", c.err, s.Again(err), s.Lost(err))
		}
	}
	if f := s.Fault(io.ErrUnexpectedEOF); f == nil || f.Code != "ledger.lost" {
		t.Errorf("%+v", f)
	}
}

// lettingGo frees a lock of another connection right before it is asked who has it.
type lettingGo struct {
	engine.Querier
	free func()
}

func (l *lettingGo) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if strings.Contains(query, "pg_locks") && l.free != nil {
		l.free()
		l.free = nil
	}
	return l.Querier.QueryRowContext(ctx, query, args...)
}

// TestALockThatIsLetGoMeanwhileIsTaken: a connection that broke may end between the two questions, and its station must not lose its run.
func TestALockThatIsLetGoMeanwhileIsTaken(t *testing.T) {
	schema, p := opened(t)
	must(t, p.Close())
	a, err := ParseAddress(private.URL(schema, "", 0))
	must(t, err)
	old, e := New(a, false, "one"), New(a, false, "one")
	before, err := old.Open(t.Context())
	must(t, err)
	defer before.Close()
	now, err := e.Open(t.Context())
	must(t, err)
	defer now.Close()
	holder, err := before.Shared.Take(t.Context(), before.Firm, "run 1")
	if err != nil || holder != "" {
		t.Fatal(holder, err)
	}
	holder, err = now.Shared.Take(t.Context(), &lettingGo{now.Firm, func() { must(t, before.Shared.Drop(t.Context(), before.Firm, "run 1")) }}, "run 1")
	if err != nil || holder != "" {
		t.Errorf("it is said to be held by %q, %v", holder, err)
	}
}

// fickle lets go of a lock of another connection right before it is asked who has it, and takes it again right behind, for ever.
type fickle struct {
	engine.Querier
	free, take func()
	asked      int
}

func (f *fickle) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if !strings.Contains(query, "pg_locks") {
		return f.Querier.QueryRowContext(ctx, query, args...)
	}
	f.asked++
	f.free()
	defer f.take()
	return f.Querier.QueryRowContext(ctx, query, args...)
}

// TestALockThatIsNeverThereIsNotAskedForEver: who takes and frees a name in turn holds nobody up for good, and who is gone asks no more.
func TestALockThatIsNeverThereIsNotAskedForEver(t *testing.T) {
	schema, p := opened(t)
	must(t, p.Close())
	a, err := ParseAddress(private.URL(schema, "", 0))
	must(t, err)
	one, err := New(a, false, "one").Open(t.Context())
	must(t, err)
	defer one.Close()
	two, err := New(a, false, "two").Open(t.Context())
	must(t, err)
	defer two.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // what asks for ever fails here
	defer cancel()
	take := func() {
		if holder, err := one.Shared.Take(ctx, one.Firm, "run 1"); err != nil || holder != "" {
			t.Errorf("%q, %v", holder, err)
		}
	}
	take()
	q := &fickle{Querier: two.Firm, free: func() { must(t, one.Shared.Drop(ctx, one.Firm, "run 1")) }, take: take}
	_, err = two.Shared.Take(ctx, q, "run 1")
	wantCode(t, "a fickle holder", err, "ledger.busy")
	if q.asked < 2 {
		t.Errorf("it was asked %d times who has it", q.asked)
	}
	cancel()
	if _, err := two.Shared.Take(ctx, two.Firm, "run 1"); !errors.Is(err, context.Canceled) {
		t.Errorf("who is gone still asks: %v", err)
	}
}
