package profile

import (
	"path/filepath"
	"strings"
	"testing"

	"example.org/sectag/cred"
)

// send_chain is read, saved and read back; without it nothing is sent; anything but a truth value is refused with its line.
func TestSendChain(t *testing.T) {
	dir := folder(t)
	parse := func(line string) (*Profile, error) {
		return Parse(filepath.Join(dir, "sectag.toml"), []byte(strings.Replace(whole, "validity = \"5500d\"\n", "validity = \"5500d\"\n"+line, 1)))
	}
	for line, want := range map[string]bool{"": false, "send_chain = false\n": false, "send_chain = true\n": true} {
		p, err := parse(line)
		if err != nil || p.Chain != want {
			t.Fatalf("%q: %v", line, err)
		}
		saved, err := Parse(filepath.Join(dir, "saved.toml"), []byte(p.Text(dir)))
		if err != nil || saved.Chain != want || strings.Contains(p.Text(dir), "send_chain") != want {
			t.Errorf("%q is saved as\n%s%v", line, p.Text(dir), err)
		}
	}
	for line, code := range map[string]string{"send_chain = \"yes\"\n": "config.value", "sendchain = true\n": "config.unknown-key"} {
		_, err := parse(line)
		if f := cred.AsFault(err); f == nil || f.Code != code || f.Hint == "" || !strings.Contains(f.Text, ":18:") {
			t.Errorf("%q: %+v", line, f)
		}
	}
}
