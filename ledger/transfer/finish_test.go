package transfer

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

var errKilled = errors.New("killed")

func writes(t *testing.T, url string) error {
	t.Helper()
	s, err := ledger.Open(t.Context(), url)
	if err != nil {
		return err
	}
	defer s.Close()
	_, err = s.Record(t.Context(), record.Record{
		Kind: record.Provision, Time: "2026-11-22T10:00:00Z", Verdict: cred.Pass, IMEI: 352656100367872, Unit: record.Identity{Key: cred.Sum([]byte("k"))},
	})
	return err
}

func refuses(t *testing.T, url string) {
	t.Helper()
	var f *cred.Fault
	if err := writes(t, url); !errors.As(err, &f) || f.Code != "ledger.moved" {
		t.Errorf("%s: %v, want ledger.moved", url, err)
	}
}

// cut is a move that ends where the process is killed: before the old ledger was closed, or right behind.
func cut(t *testing.T, url, to string, closed bool) {
	t.Helper()
	ctx := context.Background()
	from, err := open(ctx, url, false, "")
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	tx, err := from.Firm.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	_, err = copied(ctx, from, tx, to, func() error {
		if closed {
			return errors.Join(from.leave(ctx, tx, to), errKilled)
		}
		return errKilled
	})
	if !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
}

// TestAMoveThatIsCutOffLeavesOneLedger: whenever it dies, at most one of the two takes records, and the same move again ends it.
func TestAMoveThatIsCutOffLeavesOneLedger(t *testing.T) {
	for name, closed := range map[string]bool{"before the old one is closed": false, "behind": true} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			url, to := "sqlite:"+filepath.Join(dir, "old.db"), "sqlite:"+filepath.Join(dir, "new.db")
			if err := writes(t, url); err != nil {
				t.Fatal(err)
			}
			cut(t, url, to, closed)
			refuses(t, to)
			_, err := Backup(t.Context(), to, filepath.Join(dir, "backup.db"))
			if f := (*cred.Fault)(nil); !errors.As(err, &f) || f.Code != "ledger.moved" {
				t.Errorf("a backup of it: %v", err)
			}
			if !closed {
				if err := writes(t, url); err != nil {
					t.Error(err)
				}
				return
			}
			refuses(t, url)
			c, err := Move(t.Context(), url, to, "")
			if err != nil || c.Records != 1 {
				t.Fatalf("%+v, %v", c, err)
			}
			refuses(t, url)
			if err := writes(t, to); err != nil {
				t.Error(err)
			}
			if _, err := Move(t.Context(), url, to, ""); err == nil {
				t.Error("it was moved twice")
			}
		})
	}
}
