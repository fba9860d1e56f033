package ca

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/sectag/ca/keyfile"
	"example.org/sectag/cred"
)

const imei cred.IMEI = 352656100367872

func TestWriteUnit(t *testing.T) {
	t.Parallel()
	a, key := unlocked(t, InitOptions{}), newKey(t)
	cert := issue(t, a, Request{Days: 10, Public: key.Public()})
	for name, c := range map[string]struct {
		pass  string
		found string
	}{
		"in clear":  {"", "warning ca.clear-key"},
		"encrypted": {pass, ""},
	} {
		o := UnitOptions{Dir: t.TempDir(), IMEI: imei, Certificate: cert, Key: key, Passphrase: []byte(c.pass), iterations: 1}
		out, err := WriteUnit(o)
		if err != nil {
			t.Fatal(err)
		}
		if out.Cert != filepath.Join(o.Dir, "352656100367872.crt") || out.Key != filepath.Join(o.Dir, "352656100367872.key") ||
			codes(out.Findings) != c.found {
			t.Errorf("%s: %+v", name, out)
		}
		info, err := os.Stat(out.Key)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
		if string(read(t, out.Cert)) != cert.PEM {
			t.Errorf("%s: another certificate", name)
		}
		blocks := keyfile.Scan(read(t, out.Key))
		if len(blocks) != 1 || blocks[0].Encrypted != (c.pass != "") {
			t.Errorf("%s: %+v", name, blocks)
		}
		if _, err := blocks[0].Open([]byte(c.pass)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if c.pass == "" && string(read(t, out.Key)) != string(key.PEM()) {
			t.Errorf("%s: not the bytes of a slot", name)
		}
		doc, err := json.Marshal(out)
		if err != nil || strings.Contains(string(doc), "PRIVATE") || strings.Contains(string(doc), "null") {
			t.Errorf("%s: %s", name, doc)
		}
		if _, err := WriteUnit(o); code(err) != "ca.exists" {
			t.Errorf("%s, again: %v", name, err)
		}
	}
}

func TestWriteUnitRefuses(t *testing.T) {
	t.Parallel()
	a, key, gone := unlocked(t, InitOptions{}), newKey(t), newKey(t)
	cert := issue(t, a, Request{Days: 10, Public: key.Public()})
	ofGone := issue(t, a, Request{Days: 10, Public: gone.Public()})
	gone.Clear()
	for name, c := range map[string]struct {
		o    UnitOptions
		want string
	}{
		"no IMEI":         {UnitOptions{Certificate: cert, Key: key}, "config.value"},
		"another key":     {UnitOptions{IMEI: imei, Certificate: cert, Key: newKey(t)}, "ca.key-mismatch"},
		"bad passphrase":  {UnitOptions{IMEI: imei, Certificate: cert, Key: key, Passphrase: []byte("a\nb")}, "ca.passphrase"},
		"a forgotten key": {UnitOptions{IMEI: imei, Certificate: ofGone, Key: gone}, "ca.locked"},
	} {
		c.o.Dir = t.TempDir()
		if _, err := WriteUnit(c.o); code(err) != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if left := names(t, c.o.Dir); len(left) != 0 {
			t.Errorf("%s: left %v", name, left)
		}
	}
}
