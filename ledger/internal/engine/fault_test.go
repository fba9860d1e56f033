package engine

import (
	"fmt"
	"io/fs"
	"syscall"
	"testing"

	"example.org/sectag/cred"
)

// TestAFullDiskIsNoMissingFolder: the lock file, and what else is written beside the database, can be what finds no room.
func TestAFullDiskIsNoMissingFolder(t *testing.T) {
	e := sqliteFile{path: "ledger.db"}
	fullDisk := fmt.Errorf("write the lock file: %w", &fs.PathError{Op: "write", Path: "ledger.db.lock", Err: syscall.ENOSPC})
	denied := &fs.PathError{Op: "open", Path: "ledger.db.lock", Err: syscall.EACCES}
	for _, c := range []struct {
		got  *cred.Fault
		code string
	}{{e.unlocked(fullDisk), "ledger.file"}, {e.unlocked(denied), "config.file"}, {e.Fault(fullDisk), "ledger.file"}, {e.Fault(denied), "ledger.file"}} {
		if c.got == nil || c.got.Code != c.code || c.got.Hint == "" {
			t.Errorf("%+v, want %s", c.got, c.code)
		}
	}
	if a, b := e.Fault(fullDisk), e.Fault(denied); a.Text != full || b.Text == full {
		t.Errorf("%q, %q", a.Text, b.Text)
	}
}
