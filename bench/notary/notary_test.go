package notary

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.org/sectag/ca/keyfile"
	"example.org/sectag/cred"
	"example.org/sectag/ledger/seal"
)

const origin = "example.org/sectag/ledger/0011223344556677"

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var f *cred.Fault
	if !errors.As(err, &f) || f.Code != code || f.Hint == "" {
		t.Errorf("got %v, want %s with a hint", err, code)
	}
}

func TestAKeyForOneLedger(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "ledger.key")
	line, err := Create(file, origin, []byte("correct horse"))
	must(t, err)
	for name, mode := range map[string]os.FileMode{file: 0o600, PublicFile(file): 0o644} {
		if st, err := os.Stat(name); err != nil || st.Mode().Perm() != mode {
			t.Errorf("%s: %v %v", name, st.Mode(), err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "ledger.pub")); err != nil {
		t.Error(err)
	}
	pub, err := Trust(PublicFile(file))
	must(t, err)
	if pub.Name() != origin || !strings.HasPrefix(line, origin+"+") {
		t.Errorf("the key is %s's", pub.Name())
	}
	k, err := Load(file)
	must(t, err)
	if !k.Encrypted() {
		t.Error("the key lies in clear")
	}
	for _, pass := range []string{"correct horse", "correct horse\r"} {
		key, err := k.Open([]byte(pass))
		must(t, err)
		s, err := seal.NewSigner(origin, key)
		must(t, err)
		if s.Public() != line {
			t.Errorf("the key in the file is %s, the public line says %s", s.Public(), line)
		}
	}
	for _, pass := range []string{"", "correct hors"} {
		_, err = k.Open([]byte(pass))
		wantCode(t, err, "ledger.key")
	}
	// A key is never written over, nor is a public line.
	before, err := os.ReadFile(file)
	must(t, err)
	_, err = Create(file, origin, []byte("x"))
	wantCode(t, err, "ledger.key")
	_, err = Create(filepath.Join(dir, "ledger"), origin, []byte("x"))
	wantCode(t, err, "ledger.key")
	if after, err := os.ReadFile(file); err != nil || string(after) != string(before) {
		t.Errorf("the key was written over: %v", err)
	}
	_, err = Create(filepath.Join(dir, "none", "ledger.key"), origin, []byte("x"))
	wantCode(t, err, "config.file")
}

// TestOpenSSLOpensTheKey: the file can be opened in ten years by something else than us.
func TestOpenSSLOpensTheKey(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Fatal("this test needs the openssl program: apt-get install openssl")
	}
	file := filepath.Join(t.TempDir(), "ledger.key")
	_, err := Create(file, origin, []byte("correct horse"))
	must(t, err)
	out, err := exec.Command("openssl", "pkey", "-in", file, "-passin", "pass:correct horse", "-noout", "-text").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "ED25519 Private-Key") {
		t.Errorf("openssl says %s, %v", out, err)
	}
}

func TestWhatIsNoKey(t *testing.T) {
	dir := t.TempDir()
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	text, err := keyfile.Encode(ec, nil)
	must(t, err)
	for name, b := range map[string][]byte{"root.key": text, "two.key": append(text, text...), "empty.key": nil, "word.key": []byte("word")} {
		must(t, os.WriteFile(filepath.Join(dir, name), b, 0o600))
	}
	_, err = Load(filepath.Join(dir, "none.key"))
	wantCode(t, err, "ledger.key")
	for _, name := range []string{"two.key", "empty.key", "word.key"} {
		_, err = Load(filepath.Join(dir, name))
		wantCode(t, err, "ledger.key")
	}
	k, err := Load(filepath.Join(dir, "root.key"))
	must(t, err)
	_, err = k.Open(nil)
	wantCode(t, err, "ledger.key") // the authority's own key is not taken
	_, err = Trust(filepath.Join(dir, "none.pub"))
	wantCode(t, err, "config.file")
	_, err = Trust(filepath.Join(dir, "word.key"))
	wantCode(t, err, "config.value")
	clear0, err := Create(filepath.Join(dir, "clear"), origin, nil)
	must(t, err)
	k, err = Load(filepath.Join(dir, "clear"))
	must(t, err)
	if k.Encrypted() || clear0 == "" {
		t.Error("a key without a passphrase is encrypted")
	}
	_, err = k.Open(nil)
	must(t, err)
}
