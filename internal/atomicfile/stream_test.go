package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestAStreamThatFailsLeavesWhatWasThere: half an export is no export.
func TestAStreamThatFailsLeavesWhatWasThere(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	broke := errors.New("broke off")
	write := func(text string, end error) error {
		return Stream(path, 0o600, func(w io.Writer) error {
			if _, err := io.WriteString(w, text); err != nil {
				return err
			}
			return end
		})
	}
	for _, c := range []struct {
		text, want string
		err        error
	}{{"first", "first", nil}, {"second", "first", broke}, {"third", "third", nil}} {
		if err := write(c.text, c.err); !errors.Is(err, c.err) {
			t.Errorf("%s: %v", c.text, err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != c.want {
			t.Errorf("after %s: %q, %v", c.text, got, err)
		}
		only(t, dir, "out")
	}
}
