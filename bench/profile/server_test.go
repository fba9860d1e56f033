package profile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestALedgerOnAServerIsNoFile: its address is taken as it stands, and saved so.
func TestALedgerOnAServerIsNoFile(t *testing.T) {
	const address = "postgres://station@db.example.eu/sectag?sslmode=verify-full"
	dir := t.TempDir()
	path := filepath.Join(dir, "sectag.toml")
	text := "[[slot]]\nsec_tag = 42\nmode = \"x509\"\n\n[ledger]\nurl = \"" + address + "\"\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if p.Ledger != address || !strings.Contains(p.Text(dir), "url = \""+address+"\"") {
		t.Errorf("%q, saved as\n%s", p.Ledger, p.Text(dir))
	}
}
