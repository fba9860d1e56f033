package ledger

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"example.org/sectag/internal/peers"
)

// server is the one PostgreSQL server of this test binary; it is started by the first test that wants a database, and ended by TestMain.
var server struct {
	sync.Mutex
	*peers.Postgres
}

func endServer() {
	if server.Postgres != nil {
		if err := server.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
}

func theServer(t testing.TB) *peers.Postgres {
	t.Helper()
	server.Lock()
	defer server.Unlock()
	if server.Postgres == nil {
		p, err := peers.StartPostgres()
		must(t, err)
		server.Postgres = p
	}
	return server.Postgres
}

// schemaOf is the schema in an address of the tests.
func schemaOf(t testing.TB, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	must(t, err)
	return u.Query().Get("search_path")
}

// psql changes or asks a ledger behind the program's back.
func psql(t testing.TB, address, statements string) string {
	t.Helper()
	out, err := theServer(t).SQL(schemaOf(t, address), statements)
	if err != nil {
		t.Fatalf("psql: %v\n%s\n%s", err, statements, out)
	}
	return out
}

// TestAStationMayWhatItsWorkNeeds: the rights that docs/ledger.md gives the stations' role are enough for all that a station writes; that
// they are no more than that, package postgres tries.
func TestAStationMayWhatItsWorkNeeds(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "docs", "ledger.md"))
	must(t, err)
	address := database{}.fresh(t)
	must(t, openAt(t, address).Close())     // the owner makes the tables
	role := "bench_" + schemaOf(t, address) // roles are the whole server's
	statements := `CREATE ROLE ` + role + ` LOGIN PASSWORD 'for the tests only';`
	for l := range strings.Lines(string(page)) {
		if l = strings.TrimSpace(l); strings.HasPrefix(l, "GRANT ") {
			statements += strings.NewReplacer("SCHEMA public", "SCHEMA "+schemaOf(t, address), "TO station", "TO "+role).Replace(l)
		}
	}
	psql(t, address, statements)
	must(t, server.Password(role, "for the tests only"))
	s := openAt(t, server.URL(schemaOf(t, address), role, 0))
	must(t, s.SignWith(t.Context(), testKey(1)))
	populate(t, s)
	recorded(t, s, unitRecord(1, 2), unitRecord(1, 3)) // what the first said is no longer so, and the day has a newer state
	mustVerify(t, s.Reader)
}
