package outfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"example.org/sectag/cred"
)

func code(err error) string {
	if f := cred.AsFault(err); f != nil {
		return f.Code
	}
	return ""
}

// TestWhatIsNeverReplaced: each of these costs more than a file, and stays byte for byte; also behind a link.
func TestWhatIsNeverReplaced(t *testing.T) {
	for name, text := range map[string]string{
		"a ledger":              "SQLite format 3\x00\x10\x00\x01\x01",
		"a key":                 "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGH\n-----END ENCRYPTED PRIVATE KEY-----\n",
		"a key behind words":    "Bag Attributes\n    friendlyName: x\n-----BEGIN PRIVATE KEY-----\nMIGH\n",
		"an identity":           "# created: 2026\nAGE-SECRET-KEY-1QQQ\n",
		"an encrypted identity": "age-encryption.org/v1\n-> scrypt x 18\n",
		"an armored identity":   "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "f")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			link := filepath.Join(filepath.Dir(path), "link")
			if err := os.Symlink(path, link); err != nil {
				t.Fatal(err)
			}
			for _, at := range []string{path, link} {
				if err := Write(at, "the report", []byte("new")); code(err) != "ledger.exists" {
					t.Errorf("%s: %v", at, err)
				}
			}
			if b, err := os.ReadFile(link); err != nil || string(b) != text {
				t.Errorf("it holds %q now, %v", b, err)
			}
		})
	}
}

func TestWhatIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	for _, text := range []string{"first", "second", "-----BEGIN CERTIFICATE-----\n", "last"} {
		if err := Write(path, "the report", []byte(text)); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != text {
			t.Errorf("%q, %v", b, err)
		}
	}
	if err := Write(filepath.Join(path, "x"), "the report", nil); code(err) != "config.file" {
		t.Errorf("%v", err)
	}
	fault := cred.Failed("export.id", "x", "y")
	if err := Stream(path, "the export", 0o600, func(io.Writer) error { return fault }); !errors.Is(err, fault) {
		t.Errorf("%v", err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "last" {
		t.Errorf("%q, %v", b, err)
	}
}
