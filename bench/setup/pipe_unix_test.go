//go:build unix

package setup

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"example.org/sectag/flows/setup"
)

// A pipe is refused and not opened: nobody writes into it, so that whoever waited for its end would wait with each key.
func TestAPipeIsRefusedUnread(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := unix.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := open(t, filepath.Join(dir, "sectag.toml"), false)
	for _, k := range []setup.Key{setup.Cert, setup.AuthorityKey, setup.Anchor, setup.Recipients} {
		draft := d.Draft()
		draft[setup.Product], draft[setup.SecTag], draft[k] = "x", "42", "pipe"
		if k == setup.Recipients {
			draft[setup.Mode] = "psk"
		}
		if r := judged(d, draft).On(k); r == nil || !strings.Contains(r.Text, "is a pipe") {
			t.Errorf("%s: %+v", k, r)
		}
	}
}
