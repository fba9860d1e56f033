package ledger

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
)

// TestWhatGoesThroughTheDisk takes the durable way to the database away: everything that promises durability must fail then,
// and a line of the journal, which does not, must not care.
func TestWhatGoesThroughTheDisk(t *testing.T) {
	s, _ := openNew(t, file{})
	ctx := t.Context()
	run, err := s.Begin(ctx, at, nil)
	must(t, err)
	must(t, s.Reserve(ctx, run, at, serial(1)))
	must(t, s.pools.Firm.Close())
	must(t, s.AppendEvent(ctx, run, "slot.written", at, nil))
	_, begin := s.Begin(ctx, at, nil)
	_, rec := s.Record(ctx, plain(1))
	for name, err := range map[string]error{
		"begin": begin, "record": rec, "reserve": s.Reserve(ctx, run, at, serial(2)), "abandon": s.Abandon(ctx, run, at, serial(1)),
		"end": s.End(ctx, run, at, RunDone),
	} {
		if err == nil {
			t.Errorf("%s does not go through the disk", name)
		}
	}
	if s.AppendFirm(ctx, run, "slot.written", at, nil) == nil {
		t.Error("a firm line does not go through the disk")
	}
	mustVerify(t, s.Reader)
}

// fullDisk makes the disk full for the ledger's next records, and makes room again: of the file SQLite takes the size that it has; the server
// says what it says when its own disk is full.
var fullDisk = map[kind]struct{ full, room string }{
	file{}: {`PRAGMA max_page_count = 1`, `PRAGMA max_page_count = 100000`},
	database{}: {
		`CREATE FUNCTION fills() RETURNS trigger LANGUAGE plpgsql AS $$
			BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
		CREATE TRIGGER no_room BEFORE INSERT ON binding FOR EACH ROW WHEN (NEW.record > 3) EXECUTE FUNCTION fills()`,
		`DROP FUNCTION fills CASCADE`,
	},
}

func TestFullDisk(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := openNew(t, k)
		ctx := t.Context()
		run, err := s.Begin(ctx, at, nil)
		must(t, err)
		_, err = s.pools.Firm.Exec(fullDisk[k].full)
		must(t, err)
		n := 0
		for ; err == nil && n < 200; n++ {
			r := unitRecord(n, 1)
			r.Run = run
			_, err = s.Record(ctx, r)
		}
		f := wantCode(t, err, "ledger.file")
		if !strings.Contains(f.Text, "full") {
			t.Errorf("%q does not say that the disk is full", f.Text)
		}
		_, err = s.pools.Firm.Exec(fullDisk[k].room)
		must(t, err)
		if rep := mustVerify(t, s.Reader); n < 2 || rep.Records != int64(n-1) {
			t.Errorf("%d records after %d were acknowledged", rep.Records, n-1)
		}
		must(t, s.AppendEvent(ctx, run, "room.made", at, nil))
		_, err = s.Record(ctx, unitRecord(n, 1))
		must(t, err)
		mustVerify(t, s.Reader)
	})
}

// otherProgram has hold of a ledger until its transaction is over.
func otherProgram(t *testing.T, k kind, url string) *sql.Tx {
	t.Helper()
	if k == kind(database{}) {
		tx, err := forger(t, url).Begin()
		must(t, err)
		_, err = tx.Exec(`LOCK TABLE head IN EXCLUSIVE MODE`)
		must(t, err)
		return tx
	}
	db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(url, "sqlite:")+"?_txlock=immediate")
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	tx, err := db.Begin()
	must(t, err)
	return tx
}

func TestAnotherProgramHoldsTheLedger(t *testing.T) {
	impatient := map[kind]string{file{}: `PRAGMA busy_timeout = 20`, database{}: `SET lock_timeout = '20ms'`}
	onEach(t, func(t *testing.T, k kind) {
		s, url := openNew(t, k)
		tx := otherProgram(t, k, url)
		_, err := s.pools.Firm.Exec(impatient[k])
		must(t, err)
		_, err = s.Record(t.Context(), plain(1))
		wantCode(t, err, "ledger.busy")
		must(t, tx.Rollback())
		_, err = s.Record(t.Context(), plain(1))
		must(t, err)
		mustVerify(t, s.Reader)
	})
}

func TestCanceled(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := openNew(t, k)
		populate(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, rec := s.Record(ctx, plain(9))
		_, verify := s.Verify(ctx, nil)
		_, open := s.Runs(ctx, "")
		for name, err := range map[string]error{"record": rec, "verify": verify, "runs": open} {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if rep := mustVerify(t, s.Reader); rep.Records != 3 {
			t.Errorf("%d records", rep.Records)
		}
		_, err := s.Record(t.Context(), plain(9))
		must(t, err)
		mustVerify(t, s.Reader)
	})
}

// TestATableIsGone: a ledger that lost a part is damaged, and no defect of the program.
func TestATableIsGone(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, url := openNew(t, k)
		must(t, s.Close())
		k.change(t, url, `DROP TABLE serial`)
		s, err := Open(t.Context(), url)
		must(t, err)
		defer s.Close()
		_, err = s.Record(t.Context(), unitRecord(1, 1))
		wantCode(t, err, "ledger.broken")
	})
}
