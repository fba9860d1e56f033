package ledger

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestReaderOfAFolderThatCannotBeWritten is an auditor with a ledger on a medium where SQLite can put nothing beside it.
func TestReaderOfAFolderThatCannotBeWritten(t *testing.T) {
	s, url := openNew(t, file{})
	populate(t, s)
	must(t, s.Close())
	path := strings.TrimPrefix(url, "sqlite:")
	dir := filepath.Dir(path)
	must(t, os.Chmod(path, 0o444))
	must(t, os.Chmod(dir, 0o555))
	must(t, os.Chmod(filepath.Dir(dir), 0o755))
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
	asNobody(t, func() {
		if err := os.WriteFile(filepath.Join(dir, "x"), nil, 0o600); err == nil {
			t.Fatal("the folder can be written: the test shows nothing")
		}
		r, err := OpenReader(t.Context(), url)
		must(t, err)
		mustVerify(t, r)
		must(t, r.Close())
		_, err = Open(t.Context(), url)
		wantCode(t, err, "config.file")
	})
	// With a write-ahead file the newest records may be in it: to pass it over would be to show an older ledger.
	must(t, os.Chmod(dir, 0o700))
	must(t, os.WriteFile(path+"-wal", []byte("something"), 0o600))
	must(t, os.Chmod(dir, 0o555))
	asNobody(t, func() {
		if _, err := OpenReader(t.Context(), url); err == nil {
			t.Error("the write-ahead file was passed over")
		} else {
			wantCode(t, err, "ledger.file")
		}
	})
}

// asNobody runs f without root's right to write everywhere. Only this thread's file access changes (setfsuid(2)).
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		f()
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const nobody = 65534
	if _, err := unix.SetfsgidRetGid(nobody); err != nil {
		t.Fatal(err)
	}
	if _, err := unix.SetfsuidRetUid(nobody); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_, _ = unix.SetfsuidRetUid(0)
		_, _ = unix.SetfsgidRetGid(0)
	}()
	f()
}
