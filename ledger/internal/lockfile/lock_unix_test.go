//go:build unix

package lockfile

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestWhatStandsInTheLocksPlaceIsLeftAlone: in a folder that others may write to, the lock can be another name of any file.
func TestWhatStandsInTheLocksPlaceIsLeftAlone(t *testing.T) {
	for name, put := range map[string]func(victim, path string) error{
		"link": os.Symlink, "second name": os.Link, "link to nowhere": func(_, path string) error { return os.Symlink("nowhere", path) },
		"pipe": func(_, path string) error { return syscall.Mkfifo(path, 0o600) },
	} {
		dir := t.TempDir()
		victim, path := filepath.Join(dir, "victim"), filepath.Join(dir, "x.lock")
		if err := errors.Join(os.WriteFile(victim, []byte("precious"), 0o600), put(victim, path)); err != nil {
			t.Fatal(err)
		}
		l, _, err := Acquire(path)
		if err == nil || errors.Is(err, ErrHeld) {
			t.Errorf("%s: %v", name, err)
		}
		if err := l.Release(); err != nil {
			t.Error(err)
		}
		if b, err := os.ReadFile(victim); err != nil || string(b) != "precious" {
			t.Errorf("%s: the other file holds %q, %v", name, b, err)
		}
		if _, err := os.Lstat(filepath.Join(dir, "nowhere")); err == nil {
			t.Errorf("%s: a file was made where the link leads", name)
		}
	}
}
