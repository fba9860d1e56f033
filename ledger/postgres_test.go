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

// onPostgres is the test under which others run once more with a PostgreSQL database.
const onPostgres = "OnPostgreSQL"

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

// database is the address of a new and empty place for a ledger.
func database(t testing.TB) string {
	t.Helper()
	p := theServer(t)
	schema, err := p.Schema()
	must(t, err)
	return p.URL(schema, "", 0)
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

// TestOnPostgreSQL runs what is true of every ledger once more with a database on a server.
func TestOnPostgreSQL(t *testing.T) {
	t.Run("binding rules", TestBindingRules) // parallel by itself
	for name, f := range map[string]func(*testing.T){
		"run from begin to end":   TestRunFromBeginToEnd,
		"journal refuses":         TestJournalRefuses,
		"serials":                 TestSerials,
		"record seals its run":    TestRecordSealsItsRun,
		"many benches, one store": TestManyBenchesOneStore,
		"bound to another unit":   TestBoundToAnotherUnit,
		"record fills in":         TestRecordFillsIn,
		"queries":                 TestQueries,
		"prove":                   TestProve,
		"reader beside writer":    TestReaderBesideWriter,
		"canceled":                TestCanceled,
		"together to the disk":    TestWhatWaitsTogetherGoesToTheDiskTogether,
		"still loose":             TestALineIsStillLooseWhenAnothersTransactionFails,
		"many writers at once":    TestManyWritersAtOnce,
		"leases":                  TestLeases,
		"affected":                TestAffected,
		"affected, of nothing":    TestAffectedInAnEmptyLedger,
		"revocations say nothing": TestARevocationSaysNothingOfTheUnit,
		"unique":                  TestUniqueCountsAndLetsRenewalsBe,
		"unique, a key again":     TestUniqueTellsOfAKeyGivenAgain,
		"unique, a copied IMEI":   TestUniqueTellsOfACopiedIMEI,
		"sealed PSKs":             TestAPSKIsGivenOnce,
		"each of a part":          TestEachHandsOverAPart,
		"each ends at its head":   TestEachEndsAtItsHead,
		"take":                    TestTake,
		"signed of each day":      TestTheNewestStateOfEachDayIsSigned,
		"a key that fails":        TestAKeyThatFailsHoldsNoUnitUp,
		"correct":                 TestCorrect,
		"signed together":         TestSignedTogether,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t)
		})
	}
}

// TestAStationMayWhatItsWorkNeeds: the rights that docs/ledger.md gives the stations' role are enough for all that a station writes; that
// they are no more than that, package postgres tries.
func TestAStationMayWhatItsWorkNeeds(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "docs", "ledger.md"))
	must(t, err)
	address := database(t)
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

// BenchmarkOnPostgreSQL measures the same as for a file.
func BenchmarkOnPostgreSQL(b *testing.B) {
	b.Run("event", BenchmarkAppendEvent)
	b.Run("firm", BenchmarkAppendFirm)
	b.Run("record", BenchmarkRecord)
	b.Run("unit", BenchmarkUnit)
}
