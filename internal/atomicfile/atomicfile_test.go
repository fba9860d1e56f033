package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func only(t *testing.T, dir string, names ...string) {
	t.Helper()
	es, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range es {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("the folder holds %q, want %q", got, names)
	}
}

func TestWriteReplacesWhole(t *testing.T) {
	dir := t.TempDir()
	p := filepath.Join(dir, "f")
	for _, s := range []string{"a longer first one", "second"} {
		if err := Write(p, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(p)
		if err != nil || string(b) != s {
			t.Errorf("%q, %v", b, err)
		}
	}
	st, err := os.Stat(p)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
	only(t, dir, "f")
}

func TestCreateNeverReplaces(t *testing.T) {
	dir := t.TempDir()
	p := filepath.Join(dir, "f")
	if err := Create(p, []byte("first"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Create(p, []byte("second"), 0o644); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v", err)
	}
	if b, err := os.ReadFile(p); err != nil || string(b) != "first" {
		t.Errorf("%q, %v", b, err)
	}
	only(t, dir, "f")
}

// TestOneOfManyCreates: of many that want the name at once, one has it, with its own bytes.
func TestOneOfManyCreates(t *testing.T) {
	dir := t.TempDir()
	p := filepath.Join(dir, "f")
	var won sync.Map
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			if Create(p, []byte{byte(i)}, 0o600) == nil {
				won.Store(i, true)
			}
		})
	}
	all.Wait()
	n, who := 0, 0
	won.Range(func(k, _ any) bool { n++; who = k.(int); return true })
	b, err := os.ReadFile(p)
	if n != 1 || err != nil || len(b) != 1 || int(b[0]) != who {
		t.Errorf("%d won, the file holds %v, %v", n, b, err)
	}
	only(t, dir, "f")
}

func TestAFailureLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "taken"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Write(filepath.Join(dir, "taken"), []byte("x"), 0o600); err == nil {
		t.Error("a folder was replaced")
	}
	if err := Write(filepath.Join(dir, "none", "f"), []byte("x"), 0o600); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	only(t, dir, "taken")
}
