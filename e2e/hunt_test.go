//go:build unix

package e2e

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// window is how many consecutive bytes of a secret may stand nowhere.
const window = 12

// hunted is a secret, and how each of its windows looks raw, in hex and in base64.
type hunted struct {
	name  string
	looks [][]byte
}

func hunt(name string, secret []byte) hunted {
	h := hunted{name: name}
	for i := 0; i+window <= len(secret); i++ {
		w := secret[i : i+window]
		lower := hex.EncodeToString(w)
		h.looks = append(h.looks, w, []byte(lower), []byte(strings.ToUpper(lower)))
		for before := range 3 {
			for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
				h.looks = append(h.looks, certain(enc, w, before))
			}
		}
	}
	return h
}

// certain is what is sure of the encoding of a window before which so many bytes of a group of three stand.
func certain(enc *base64.Encoding, w []byte, before int) []byte {
	text := enc.EncodeToString(append(make([]byte, before), w...))
	from := (before*8 + 5) / 6      // earlier characters hold bits of what stands before
	to := (before + len(w)) * 8 / 6 // a later one would hold bits of what follows
	return []byte(text[from:to])
}

// in tells whether a text holds a part of the secret, also across the line ends of PEM files and of JSON strings.
func (h hunted) in(text []byte) bool {
	joined := text
	for _, end := range []string{"\n", "\r", `\n`, `\r`, " "} {
		joined = bytes.ReplaceAll(joined, []byte(end), nil)
	}
	for _, look := range h.looks {
		if bytes.Contains(text, look) || bytes.Contains(joined, look) {
			return true
		}
	}
	return false
}

// clean fails the test if a part of a secret is in a text.
func clean(t testing.TB, where string, text []byte, secrets ...hunted) {
	t.Helper()
	for _, h := range secrets {
		if h.in(text) {
			t.Errorf("%s holds a part of %s", where, h.name)
		}
	}
}

// leaves searches every file that stands below the stage's root, but for those that must hold a secret.
func (s *stage) leaves(secrets []hunted, but ...string) {
	s.t.Helper()
	n := 0
	err := filepath.WalkDir(s.root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		n++
		if base := filepath.Base(name); !slices.Contains(but, base) {
			if strings.HasPrefix(base, "core") {
				s.t.Errorf("a core file was left: %s", name)
			}
			b, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			clean(s.t, name, b, secrets...)
		}
		return nil
	})
	if err != nil || n < 5 {
		s.t.Errorf("only %d files were searched: %v", n, err)
	}
}

// The hunt finds a secret wherever it stands in whatever form, and nothing in other texts.
func TestTheHuntFindsSecrets(t *testing.T) {
	t.Parallel()
	random := make([]byte, 400)
	if _, err := rand.Read(random); err != nil {
		t.Fatal(err)
	}
	secret := random[:32]
	h := hunt("the secret", secret)
	for at := range 60 {
		part := secret[at%(32-window+1):][:window]
		text := slices.Concat(random[200:200+at], part, random[300:])
		for form, b := range map[string][]byte{
			"raw": text, "hex": []byte(hex.EncodeToString(text)), "HEX": []byte(strings.ToUpper(hex.EncodeToString(text))),
			"base64": []byte(base64.StdEncoding.EncodeToString(text)), "URL": []byte(base64.URLEncoding.EncodeToString(text)),
			"PEM":  pem.EncodeToMemory(&pem.Block{Type: "KEY", Bytes: text}),
			"JSON": []byte(strings.ReplaceAll(string(pem.EncodeToMemory(&pem.Block{Type: "KEY", Bytes: text})), "\n", `\n`)),
		} {
			if !h.in(b) {
				t.Errorf("not found at offset %d in %s", at, form)
			}
		}
	}
	short := slices.Concat(random[40:100], secret[:window-1], random[100:])
	for _, b := range [][]byte{random[32:], short, []byte(hex.EncodeToString(short)), []byte(base64.StdEncoding.EncodeToString(short))} {
		if h.in(b) {
			t.Error("found where it is not")
		}
	}
}
