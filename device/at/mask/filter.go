package mask

import (
	"encoding/base64"
	"encoding/hex"
	"hash/maphash"
	"regexp"
	"strings"

	"example.org/sectag/cred"
)

// window is the length of the pieces in which sent content is looked for: six bytes of base64.
const window = 8

// Sort is what a line turned out to be, as far as it matters here.
type Sort uint8

// The sorts.
const (
	Other  Sort = iota // anything: an answer, an echo, a log line
	News               // a known unsolicited line
	Result             // a final result or an empty line, which holds nothing
)

// Filter decides what of the incoming lines may be shown. A host with its echo on repeats a private key, a late answer can
// hold one, a former user's key can still stand in a buffer: so it remembers the hashes of every piece of the secret content
// that was sent (never the content), and masks a whole line that holds one of them.
type Filter struct {
	seed   maphash.Seed
	pieces map[uint64]struct{}
	short  map[uint64]int // whole contents shorter than a window, by hash: their length
	block  bool           // between the BEGIN and END lines of a private key
}

// NewFilter knows no secret yet.
func NewFilter() *Filter {
	return &Filter{seed: maphash.MakeSeed(), pieces: map[uint64]struct{}{}, short: map[uint64]int{}}
}

// Hide remembers content that must not be shown, in every spelling in which a firmware's log could have it: as it was sent, what is
// in its PEM blocks, and both in hex of either case and in base64; of hex also the bytes and the other case.
func (f *Filter) Hide(content []byte) {
	f.learn(content)
	spellings := [][]byte{content}
	for _, b := range cred.Blocks(content) {
		spellings = append(spellings, b.Bytes)
		defer clear(b.Bytes)
	}
	if raw, err := hex.DecodeString(string(content)); err == nil && len(raw) > 0 {
		spellings = append(spellings, raw)
		defer clear(raw)
	}
	for _, s := range spellings {
		if len(s) < window { // as a word of few letters it would be found everywhere
			continue
		}
		f.learn(s)
		for _, digits := range []string{"0123456789abcdef", "0123456789ABCDEF"} {
			spelt := make([]byte, 0, 2*len(s))
			for _, b := range s {
				spelt = append(spelt, digits[b>>4], digits[b&15])
			}
			f.learn(spelt)
			clear(spelt)
		}
		for from := range 3 { // wherever it begins in a longer text, one of the three shows
			spelt := base64.StdEncoding.AppendEncode(nil, s[from:])
			f.learn(spelt)
			clear(spelt)
		}
	}
}

// learn remembers one spelling.
func (f *Filter) learn(content []byte) {
	if len(content) < window {
		if len(content) > 0 {
			f.short[maphash.Bytes(f.seed, content)] = len(content)
		}
		return
	}
	for i := 0; i+window <= len(content); i++ {
		f.pieces[maphash.Bytes(f.seed, content[i:i+window])] = struct{}{}
	}
}

// Show writes an incoming line as a transcript may have it. secret tells that the answer awaited can itself hold a secret.
func (f *Filter) Show(line string, c Sort, secret bool) string {
	switch c {
	case Result:
		return Printable(line)
	case News:
		if !f.holds(line) {
			return Printable(line)
		}
	}
	was := f.block
	if strings.Contains(line, "PRIVATE KEY-----") {
		f.block = strings.Contains(line, "-----BEGIN")
		return Answer(line)
	}
	if was && strings.Contains(line, "-----END") {
		f.block = false
	}
	switch {
	case was, f.holds(line):
		return Masked
	case secret:
		return Answer(line)
	}
	return Printable(line)
}

// Answer keeps of a line that can hold a secret what a read answers before the content: tag, type and digest, which the list tells too.
func Answer(line string) string {
	if m := readHead.FindString(line); m != "" {
		return m + `,"` + Masked + `"`
	}
	return Masked
}

// piece tells whether a piece of the secret content stands in a text.
func (f *Filter) piece(text string) bool {
	for i := 0; i+window <= len(text); i++ {
		if _, ok := f.pieces[maphash.String(f.seed, text[i:i+window])]; ok {
			return true
		}
	}
	return false
}

// between is what a dump of bytes has between them.
var between = strings.NewReplacer("0x", "", "0X", "", `\x`, "", " ", "", "\t", "", ":", "", ",", "", "-", "")

func (f *Filter) holds(line string) bool {
	if len(f.pieces) > 0 && (f.piece(line) || f.piece(between.Replace(line))) {
		return true
	}
	for h, n := range f.short {
		for i := 0; i+n <= len(line); i++ {
			if maphash.String(f.seed, line[i:i+n]) == h {
				return true
			}
		}
	}
	return false
}

// readHead is what a %CMNG=2 answer says before the content.
var readHead = regexp.MustCompile(`^%CMNG: ?\d+, ?\d+, ?"[0-9A-Fa-f]{64}"`)
