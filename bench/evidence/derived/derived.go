// Package derived recognises pre-shared keys that are a function of what stands on a unit's label, or of nothing at all (EN 18031, that
// keys are practically unique and not to be guessed): whoever reads the label, or knows one of them, has them all. It is pure. It can
// only find what it knows; that a key is none of these does not make it random, which is why sectag draws its own.
package derived

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"slices"
	"strings"
)

// Label is what is known of a unit by whoever holds it in hand.
type Label struct {
	IMEI   string   // 15 digits, or ""
	Name   string   // the unit's common name, endpoint name and PSK identity
	Others []string // the maker's serial number, the SIM's ICCID, the modem's UUID
}

// Function says what a key is, such as "the SHA-256 of the IMEI", or "" when it is none of the known functions. key is the bytes of the
// PSK. A hash that was cut to the key's length is found too.
func Function(key []byte, l Label) string {
	if len(key) == 0 {
		return ""
	}
	if s := plain(key); s != "" {
		return s
	}
	for _, t := range l.texts() {
		if how := of(key, t.text); how != "" {
			return strings.ReplaceAll(how, "%", t.name)
		}
	}
	return ""
}

// plain are keys that are of no unit: one byte over and over, a sequence, a counter, the digits that people type.
func plain(key []byte) string {
	switch {
	case same(key, 0):
		return "one byte over and over"
	case same(key, 1), same(key, 255):
		return "a sequence of bytes"
	case len(bytes.TrimLeft(key, "\x00")) <= 4, len(bytes.TrimRight(key, "\x00")) <= 4:
		return "a counter"
	}
	for _, typed := range []string{"0123456789abcdef", "123456789", "1234567890", "deadbeef", "cafebabe"} {
		raw, err := hex.DecodeString(typed)
		if err == nil && repeats(key, raw) || repeats(key, []byte(typed)) {
			return "a sequence of digits"
		}
	}
	for _, word := range []string{"", "psk", "secret", "password", "test", "nordic", "nrf9160", "nrf9151"} {
		if name := hashed(key, []byte(word)); name != "" {
			return "the " + name + " of a word"
		}
	}
	return ""
}

// same tells whether each byte is so much more than the one before.
func same(key []byte, step byte) bool {
	for i := range key[1:] {
		if key[i+1]-key[i] != step {
			return false
		}
	}
	return len(key) > 1
}

// repeats tells whether a key is a text over and over, cut at its end.
func repeats(key, text []byte) bool {
	if len(text) == 0 {
		return false
	}
	for i, b := range key {
		if b != text[i%len(text)] {
			return false
		}
	}
	return true
}

// text is one thing that stands on a label, in one spelling.
type text struct{ name, text string }

func (l Label) texts() (out []text) {
	add := func(name, s string) {
		if s == "" {
			return
		}
		spelt := []string{s, strings.ToLower(s), strings.ToUpper(s), strings.ReplaceAll(s, "-", ""), reversed(s)}
		if n := len(s); n > 2 {
			spelt = append(spelt, s[:n-1], s[2:]) // without the check digit, as in an IMEISV's first part, and without a prefix
		}
		slices.Sort(spelt)
		for _, one := range slices.Compact(spelt) {
			out = append(out, text{name, one})
		}
	}
	add("IMEI", l.IMEI)
	add("name", l.Name)
	for _, o := range l.Others {
		add("unit's number "+o, o)
	}
	return out
}

func reversed(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}

// of says which function of a text a key is; % stands for the text's name.
func of(key []byte, s string) string {
	for _, as := range []struct {
		how string
		raw []byte
	}{{"the % as text", []byte(s)}, {"the digits of the %", digits(s, '0')}, {"the digits of the % with an F", digits(s, 'f')}} {
		if padded(key, as.raw) || repeats(key, as.raw) {
			return as.how
		}
	}
	if name := hashed(key, []byte(s)); name != "" {
		return "the " + name + " of the %"
	}
	for _, constant := range []string{"", "psk", "secret", "key", "nordic", "salt"} {
		for _, h := range hashes {
			if cut(key, mac(h.new, []byte(constant), []byte(s))) || cut(key, mac(h.new, []byte(s), []byte(constant))) {
				return "an HMAC of the % with a word"
			}
			if cut(key, h.sum([]byte(constant+s))) || cut(key, h.sum([]byte(s+constant))) {
				return "the " + h.name + " of the % with a word"
			}
		}
	}
	return ""
}

// digits packs decimal or hex digits two in a byte; an odd one is filled up in front with 0, or behind with f.
func digits(s string, fill byte) []byte {
	if len(s)%2 == 1 && fill == '0' {
		s = "0" + s
	} else if len(s)%2 == 1 {
		s += "f"
	}
	raw, err := hex.DecodeString(s)
	if err != nil {
		return nil
	}
	return raw
}

// padded tells whether a key is a text with one byte over and over before or behind it, as people fill up to a length.
func padded(key, s []byte) bool {
	if len(s) < 4 || len(key) < len(s) {
		return false
	}
	rest, ok := bytes.CutPrefix(key, s)
	if !ok {
		rest, ok = bytes.CutSuffix(key, s)
	}
	return ok && (len(rest) < 2 || same(rest, 0))
}

// hashes are those that people reach for.
var hashes = []struct {
	name string
	new  func() hash.Hash
	sum  func([]byte) []byte
}{
	{"MD5", md5.New, sum(md5.New)},
	{"SHA-1", sha1.New, sum(sha1.New)},
	{"SHA-256", sha256.New, sum(sha256.New)},
	{"SHA-512", sha512.New, sum(sha512.New)},
}

func sum(h func() hash.Hash) func([]byte) []byte {
	return func(b []byte) []byte {
		s := h()
		s.Write(b)
		return s.Sum(nil)
	}
}

func mac(h func() hash.Hash, key, text []byte) []byte {
	m := hmac.New(h, key)
	m.Write(text)
	return m.Sum(nil)
}

// hashed names the hash of a text that a key is, of the text and of its letters in hex.
func hashed(key, s []byte) string {
	for _, h := range hashes {
		if cut(key, h.sum(s)) || cut(key, []byte(hex.EncodeToString(h.sum(s)))) {
			return h.name
		}
	}
	return ""
}

// cut tells whether a key is a digest, or its beginning or end. Of fewer than eight bytes that could be chance.
func cut(key, digest []byte) bool {
	return len(key) >= 8 && (bytes.HasPrefix(digest, key) || bytes.HasSuffix(digest, key))
}
