//go:build unix

package port

import (
	"os"
	"path/filepath"
	"testing"
)

// TestALockOpensNothingThatSomebodyPutThere: the folder for locks lies where every user may write, and we may be root. A link in
// its place, or in that of a lock, must not open somebody's folder to everybody or empty his file.
func TestALockOpensNothingThatSomebodyPutThere(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	victim, file := filepath.Join(tmp, "victim"), filepath.Join(tmp, "file")
	dir := filepath.Join(tmp, "locks")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Mkdir(victim, 0o755))
	must(os.WriteFile(file, []byte("precious"), 0o600))

	must(os.Symlink(victim, dir))
	if release, err := hold(dir, "/dev/a"); err == nil {
		release()
		t.Error("a link was taken for the folder")
	}
	must(os.Remove(dir))

	must(os.Mkdir(dir, 0o755))
	must(os.Symlink(file, filepath.Join(dir, lockName("/dev/a"))))
	must(os.Link(file, filepath.Join(dir, lockName("/dev/b"))))
	for _, port := range []string{"/dev/a", "/dev/b"} {
		if release, err := hold(dir, port); err == nil {
			release()
			t.Errorf("%s: somebody's file was taken for the lock", port)
		}
	}
	for name, mode := range map[string]os.FileMode{victim: 0o755, dir: 0o755, file: 0o600} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s has mode %v, %v", name, info.Mode(), err)
		}
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "precious" {
		t.Errorf("the file holds %q, %v", b, err)
	}

	release, err := hold(dir, "/dev/c")
	must(err)
	if _, err := hold(dir, "/dev/c"); err == nil {
		t.Error("two have the lock")
	}
	release()
	release, err = hold(dir, "/dev/c") // the file of before is taken again
	must(err)
	release()
}
