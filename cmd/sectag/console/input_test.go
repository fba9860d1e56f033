package console

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/internal/atomicfile"
)

// TestInputIsBoundedAndCanBeStopped: nothing is cut off in silence, since half a command could do another thing than the whole.
func TestInputIsBoundedAndCanBeStopped(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	stop := make(chan struct{})
	close(stop)
	if _, err := (&Console{In: r, Stop: stop}).Input("-", 100); cred.AsFault(err).Code != "store.stopped" {
		t.Errorf("a signal: %v", err)
	}
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, []byte(strings.Repeat("AT\n", 40)), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	for _, name := range []string{"-", file} {
		if b, err := (&Console{In: in}).Input(name, 100); !errors.Is(err, atomicfile.ErrTooLarge) {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		}
	}
	if _, err := in.Seek(0, 0); err != nil {
		t.Fatal(err)
	}
	if b, err := (&Console{In: in}).Input("-", 120); err != nil || len(b) != 120 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}
