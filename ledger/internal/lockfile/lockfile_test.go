package lockfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestOneAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.lock")
	first, _, err := Acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	_, holder, err := Acquire(path)
	if !errors.Is(err, ErrHeld) || holder != fmt.Sprintf("pid %d", os.Getpid()) {
		t.Errorf("second: %q %v", holder, err)
	}
	if err := first.Release(); err != nil {
		t.Error(err)
	}
	if err := first.Release(); err != nil {
		t.Errorf("released twice: %v", err)
	}
	again, _, err := Acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Release(); err != nil {
		t.Error(err)
	}
	if b, err := os.ReadFile(path); err != nil || len(b) != 0 {
		t.Errorf("a free lock names %q, %v", b, err)
	}
}

// TestLeftBehind is a lock file whose process is gone, with the name of one that may be anybody's by now.
func TestLeftBehind(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.lock")
	if err := os.WriteFile(path, []byte("pid 1 and a long name of a holder that is gone\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, _, err := Acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	if b, err := os.ReadFile(path); err != nil || string(b) != fmt.Sprintf("pid %d\n", os.Getpid()) {
		t.Errorf("the file says %q, %v", b, err)
	}
}

func TestNoFolder(t *testing.T) {
	_, _, err := Acquire(filepath.Join(t.TempDir(), "no", "x.lock"))
	if err == nil || errors.Is(err, ErrHeld) {
		t.Errorf("got %v", err)
	}
}
