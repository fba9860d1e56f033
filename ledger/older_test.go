package ledger

import (
	"database/sql"
	"strings"
	"testing"

	"example.org/sectag/ledger/record"
)

// later is what came after the first schema, which knew no signed states, no traits and no revocations: the steps back to it, by the step
// from which each leads.
var later = []struct {
	step int
	back []string
}{
	{4, []string{`DROP INDEX record_revocation`}},
	{3, []string{`DROP TABLE said`, `DROP TABLE trait`}},
	{2, []string{`DROP TABLE checkpoint`, `DROP INDEX record_correction`}},
}

// older copies a closed ledger and takes it back to what a sectag of this step of the schema made.
func older(t testing.TB, k kind, url string, step int) string {
	t.Helper()
	return k.forged(t, url, func(db *sql.DB) {
		for _, l := range later {
			for _, back := range l.back {
				if l.step > step {
					mustExec(t, db, back)
				}
			}
		}
		mustExec(t, db, k.ofStep(step))
	})
}

// readAsItIs tells whether a ledger of an older schema is read by a reader that knows more. In a file it must be, for it may be put away on a
// medium that nobody writes to; in a database the reader is told to have it brought up.
func readAsItIs(t *testing.T, k kind, url string) bool {
	t.Helper()
	if k == kind(file{}) {
		return true
	}
	_, err := OpenReader(t.Context(), url)
	wantCode(t, err, "ledger.older")
	return false
}

// TestAnOlderSchemaIsRead: a ledger that was put away is right as it is, to a reader that knows more. Who writes to it brings it up.
func TestAnOlderSchemaIsRead(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, url := openNew(t, k)
		ctx := t.Context()
		populate(t, s)
		must(t, s.Close())
		url = older(t, k, url, 1)
		if readAsItIs(t, k, url) {
			readOlder(t, url)
		}
		w := openAt(t, url)
		must(t, w.SignWith(ctx, testKey(1)))
		recorded(t, w, plain(5))
		if signed := mustVerifySigned(t, w.Reader); signed != 4 {
			t.Errorf("%d records are signed", signed)
		}
		must(t, w.Close())
		// A ledger of today that says it is older is found out.
		lying := k.forged(t, url, func(db *sql.DB) { mustExec(t, db, k.ofStep(1)) })
		if found := judged(t, lying, nil); readAsItIs(t, k, lying) && !strings.Contains(found, "something of its own") {
			t.Errorf("a schema that denies itself: %q", found)
		}
	})
}

// readOlder asks a ledger of the first schema what it can be asked.
func readOlder(t *testing.T, url string) {
	t.Helper()
	if found := judged(t, url, nil); found != "" {
		t.Errorf("untouched: %s", found)
	}
	r, err := OpenReader(t.Context(), url)
	must(t, err)
	defer r.Close()
	if found := judgedBy(t, url, nil, public(t, r.Origin(), 1)); !strings.Contains(found, "no state of the log is signed") {
		t.Errorf("with a key: %q", found)
	}
	if _, found, err := r.Signed(t.Context(), 0); found || err != nil {
		t.Errorf("%v %v", found, err)
	}
	if all, err := r.List(t.Context(), Query{}); err != nil || len(all) != 3 {
		t.Errorf("%d records, %v", len(all), err)
	}
}

// TestAnOlderLedger takes the index of traits away: a ledger that an older sectag wrote has none. It is brought up to date by who writes to it.
func TestAnOlderLedger(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, url := fleet(t, k)
		tool := one(record.TraitTool, "v1")
		want := hits(t, s.Reader, Affected{Ever: true}) + hits(t, s.Reader, tool)
		must(t, s.Close())
		old := older(t, k, url, 2)
		if readAsItIs(t, k, old) {
			r, err := OpenReader(t.Context(), old)
			must(t, err)
			mustVerify(t, r)
			_, _, err = r.Affected(t.Context(), tool)
			wantCode(t, err, "ledger.older")
			must(t, r.Close())
		}
		s = openAt(t, old)
		mustVerify(t, s.Reader)
		if got := hits(t, s.Reader, Affected{Ever: true}) + hits(t, s.Reader, tool); got != want {
			t.Errorf("brought up to date: %q, want %q", got, want)
		}
		// A ledger that says it is of schema 3 has the index.
		must(t, s.Close())
		old = k.forged(t, url, func(db *sql.DB) { mustExec(t, db, `DROP TABLE said`) })
		if found := judged(t, old, nil); !strings.Contains(found, "the schema lacks: ") || !strings.Contains(found, "said") {
			t.Errorf("without its index: %q", found)
		}
	})
}
