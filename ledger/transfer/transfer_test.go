package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/cred"
	"example.org/sectag/internal/peers"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/transfer"
)

const at = "2026-11-22T10:00:00Z"

var server *peers.Postgres

func TestMain(m *testing.M) {
	if order := os.Getenv(moverVar); order != "" {
		os.Exit(moverMain(order))
	}
	os.Exit(peers.WithPostgres(func(p *peers.Postgres) int {
		server = p
		return m.Run()
	}))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantCode(t testing.TB, err error, code string) *cred.Fault {
	t.Helper()
	var f *cred.Fault
	if !errors.As(err, &f) || f.Code != code || f.Text == "" || f.Hint == "" {
		t.Fatalf("got %v, want a fault %s", err, code)
	}
	return f
}

func file(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "ledger.db") }

func schema(t testing.TB) string {
	t.Helper()
	name, err := server.Schema()
	must(t, err)
	return server.URL(name, "", 0)
}

// places are the two kinds of place that a ledger has.
var places = map[string]func(testing.TB) string{"file": file, "database": schema}

func open(t testing.TB, url string) *ledger.Store {
	t.Helper()
	s, err := ledger.Open(t.Context(), url)
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func unit(n int) record.Record {
	d := func(s string) cred.Digest { return cred.Sum([]byte(fmt.Sprint(s, n))) }
	imei, err := cred.ParseIMEI(fmt.Sprintf("35265610%07d", n))
	if err != nil {
		panic(err)
	}
	return record.Record{
		Kind: record.Provision, Time: at, Verdict: cred.Pass, IMEI: imei, Unit: record.Identity{Key: d("key")},
		Cert: &record.Certificate{Serial: d("serial").String()[:32], Name: "urn:imei:" + imei.String(), SHA256: d("der"), SPKI: d("spki")},
	}
}

// fill writes a ledger with all kinds of rows: 60 records, whose bindings are more than one statement takes, a run that is over, one that is not.
func fill(t testing.TB, s *ledger.Store) {
	t.Helper()
	ctx := t.Context()
	run, err := s.Begin(ctx, at, []byte(`{"port":"p"}`))
	must(t, err)
	errs := make(chan error)
	for n := range 60 {
		r := unit(n)
		if n%20 == 0 {
			r.Run = run
			must(t, s.Reserve(ctx, run, at, r.Cert.Serial))
		}
		go func() { // together they go to the disk in a few steps
			_, err := s.Record(ctx, r)
			errs <- err
		}()
	}
	for range 60 {
		must(t, <-errs)
	}
	must(t, s.End(ctx, run, at, ledger.RunDone))
	run, err = s.Begin(ctx, at, nil)
	must(t, err)
	must(t, s.AppendFirm(ctx, run, "slot.written", at, []byte(`{"text":"Ünit\u0000 & <x>"}`)))
}

// content is all that a ledger can be asked for.
func content(t testing.TB, url string) (out []string) {
	t.Helper()
	ctx := context.Background()
	r, err := ledger.OpenReader(ctx, url)
	must(t, err)
	defer r.Close()
	head, err := r.Head(ctx)
	must(t, err)
	rep, err := r.Verify(ctx, &head)
	must(t, err)
	if rep.Verdict != cred.Pass {
		t.Fatalf("%s: %+v", url, rep.Findings)
	}
	out = append(out, rep.Checkpoint)
	list, err := r.List(ctx, ledger.Query{})
	must(t, err)
	for _, s := range list {
		_, body, err := r.Show(ctx, s.Record)
		must(t, err)
		out = append(out, fmt.Sprint(s), string(body))
	}
	runs, err := r.Runs(ctx, "")
	must(t, err)
	for _, run := range runs {
		events, err := r.Events(ctx, run.ID)
		must(t, err)
		serials, err := r.Serials(ctx, run.ID)
		must(t, err)
		out = append(out, fmt.Sprint(run, serials))
		for _, e := range events {
			out = append(out, fmt.Sprint(e))
		}
	}
	return out
}

// TestThereAndBack takes a ledger from each kind of place to each kind, and compares all that it can be asked for.
func TestThereAndBack(t *testing.T) {
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := place(t)
			s := open(t, url)
			fill(t, s)
			want := content(t, url)
			backup := filepath.Join(t.TempDir(), "safe.db")
			c, err := transfer.Backup(t.Context(), url, backup) // while the writer is there
			must(t, err)
			if c.Records != 60 || c.Runs != 2 || c.Checkpoint != want[0] {
				t.Errorf("%+v", c)
			}
			if info, err := os.Stat(backup); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v", info.Mode(), err)
			}
			if all, err := os.ReadDir(filepath.Dir(backup)); err != nil || len(all) != 1 {
				t.Errorf("left behind: %v, %v", all, err)
			}
			if d := cmp.Diff(want, content(t, "sqlite:"+backup)); d != "" {
				t.Errorf("the backup: %s", d)
			}
			_, err = transfer.Backup(t.Context(), url, backup)
			wantCode(t, err, "ledger.exists")
			for to, place := range places {
				fresh := place(t)
				_, err := transfer.Restore(t.Context(), "sqlite:"+backup, fresh)
				must(t, err)
				if d := cmp.Diff(want, content(t, fresh)); d != "" {
					t.Errorf("restored to a %s: %s", to, d)
				}
				_, err = transfer.Restore(t.Context(), "sqlite:"+backup, fresh)
				wantCode(t, err, "ledger.exists")
				goesOn(t, fresh)
			}
		})
	}
}

// goesOn writes to a ledger that was copied: it knows what it knew.
func goesOn(t *testing.T, url string) {
	t.Helper()
	s := open(t, url)
	stolen := unit(900)
	stolen.Cert.Serial = unit(3).Cert.Serial
	_, err := s.Record(t.Context(), stolen)
	wantCode(t, err, "ledger.bound")
	_, err = s.Record(t.Context(), unit(901))
	must(t, err)
	open, err := s.Unfinished(t.Context())
	must(t, err)
	if len(open) != 1 {
		t.Errorf("%d runs are open", len(open))
	}
	must(t, s.Close())
	content(t, url)
}

// TestMove: the new place has all, the old one is closed and says where it went.
func TestMove(t *testing.T) {
	for from, place := range places {
		for to, other := range places {
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				ctx := t.Context()
				url, next := place(t), other(t)
				s := open(t, url)
				fill(t, s)
				want := content(t, url)
				_, err := transfer.Move(ctx, url, next, "") // a run is at work
				wantCode(t, err, "ledger.busy")
				must(t, s.Close())
				must(t, func() error { _, err := transfer.Move(ctx, url, next, ""); return err }())
				if d := cmp.Diff(want, content(t, next)); d != "" {
					t.Error(d)
				}
				_, err = ledger.Open(ctx, url)
				if f := wantCode(t, err, "ledger.moved"); !strings.Contains(f.Text, "sqlite:") && !strings.Contains(f.Text, "postgres:") {
					t.Errorf("%q does not say where to", f.Text)
				}
				if d := cmp.Diff(want, content(t, url)); d != "" {
					t.Errorf("the old one changed: %s", d)
				}
				_, err = transfer.Move(ctx, url, place(t), "")
				wantCode(t, err, "ledger.moved")
				goesOn(t, next)
			})
		}
	}
}

// TestAStationThatIsOpenIsToldOfTheMove: it has the old ledger open and did nothing when it was moved.
func TestAStationThatIsOpenIsToldOfTheMove(t *testing.T) {
	url := schema(t)
	s := open(t, url)
	_, err := transfer.Move(t.Context(), url, file(t), "")
	must(t, err)
	_, err = s.Begin(t.Context(), at, nil)
	wantCode(t, err, "ledger.moved")
	_, err = s.Record(t.Context(), unit(1))
	wantCode(t, err, "ledger.moved")
}

// TestADamagedLedgerIsNotCopied: the copy is worked out again, so it finds what was changed in the original.
func TestADamagedLedgerIsNotCopied(t *testing.T) {
	name, err := server.Schema()
	must(t, err)
	url := server.URL(name, "", 0)
	s := open(t, url)
	_, err = s.Record(t.Context(), unit(1))
	must(t, err)
	if out, err := server.SQL(name, `ALTER TABLE record DISABLE TRIGGER ALL; UPDATE record SET body = replace(body, '2026', '2025')`); err != nil {
		t.Fatal(out)
	}
	backup := filepath.Join(t.TempDir(), "safe.db")
	_, err = transfer.Backup(t.Context(), url, backup)
	if f := wantCode(t, err, "ledger.broken"); !strings.Contains(f.Text, "record 0 was changed") {
		t.Errorf("%q", f.Text)
	}
	if _, err := os.Stat(backup); err == nil {
		t.Error("a copy that is not right has its name")
	}
}
