package profile

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestTheLedgersKeyNeedNotBeThere: it may lie on a stick that is not plugged in, and no unit waits for it. What is read is written again.
func TestTheLedgersKeyNeedNotBeThere(t *testing.T) {
	dir := folder(t)
	file := filepath.Join(dir, "sectag.toml")
	p, err := Parse(file, []byte(strings.Replace(whole, `url = "sqlite:ledger.db"`, "url = \"sqlite:ledger.db\"\nkey = \"stick/ledger.key\"", 1)))
	if err != nil || p.Notary != filepath.Join(dir, "stick", "ledger.key") {
		t.Fatalf("%+v, %v", p, err)
	}
	again, err := Parse(file, []byte(p.Text(dir)))
	if err != nil || again.Notary != p.Notary || again.Ledger != p.Ledger {
		t.Errorf("%+v, %v", again, err)
	}
}
