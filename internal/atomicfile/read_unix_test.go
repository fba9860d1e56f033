//go:build unix

package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestReadTakesFilesAndPipes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("eight by"), 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := Read(file, 8); err != nil || string(b) != "eight by" {
		t.Errorf("%q, %v", b, err)
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	wrote := make(chan error, 1)
	go func() { wrote <- os.WriteFile(pipe, []byte("piped"), 0o600) }()
	if b, err := Read(pipe, 8); err != nil || string(b) != "piped" {
		t.Errorf("%q, %v", b, err)
	}
	if err := <-wrote; err != nil {
		t.Error(err)
	}
}

// TestReadNeitherBlocksNorFills: a name that a person got wrong ends in a refusal, at once or when its time is over.
func TestReadNeitherBlocksNorFills(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe, big, link := filepath.Join(dir, "pipe"), filepath.Join(dir, "big"), filepath.Join(dir, "link")
	if err := errors.Join(syscall.Mkfifo(pipe, 0o600), os.WriteFile(big, nil, 0o600), os.Truncate(big, 1<<40), os.Symlink("link", link)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]error{
		big: ErrTooLarge, dir: ErrNoFile, "/dev/zero": ErrNoFile, pipe: ErrNoWriter, link: syscall.ELOOP,
		filepath.Join(dir, "none"): fs.ErrNotExist, filepath.Join(big, "x"): syscall.ENOTDIR, "": fs.ErrNotExist,
	} {
		if b, err := read(name, 100, time.Millisecond); !errors.Is(err, want) || b != nil {
			t.Errorf("%s: %d bytes, %v, want %v", name, len(b), err, want)
		}
	}
	if b, err := read(os.DevNull, 100, time.Millisecond); err != nil || len(b) != 0 {
		t.Errorf("%s, which is how people say nothing: %d bytes, %v", os.DevNull, len(b), err)
	}
	// The size of these says nothing: only reading tells.
	if b, err := read("/proc/self/maps", 16, time.Second); !errors.Is(err, ErrTooLarge) || b != nil {
		if _, none := os.Stat("/proc/self/maps"); none == nil {
			t.Errorf("%d bytes, %v", len(b), err)
		}
	}
}
