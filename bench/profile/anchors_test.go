package profile

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSeveralAnchorsAreReadAndWrittenInOrder: one file, a list of one and a list of two, and back.
func TestSeveralAnchorsAreReadAndWrittenInOrder(t *testing.T) {
	for text, want := range map[string][]string{
		``: nil, `anchor = ""`: nil, `anchor = []`: nil, `anchor = "a.pem"`: {"a.pem"}, `anchor = ["a.pem"]`: {"a.pem"},
		`anchor = ["b.pem", "sub/a.pem"]`: {"b.pem", "sub/a.pem"},
	} {
		dir := t.TempDir()
		p, err := Parse(filepath.Join(dir, DefaultName), []byte("[[slot]]\nsec_tag = 7\nmode = \"x509\"\n"+text+"\n"))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		var full []string
		for _, f := range want {
			full = append(full, filepath.Join(dir, f))
		}
		if got := p.Slots[0].Anchors(); !slices.Equal(got, full) {
			t.Errorf("%s: %q", text, got)
		}
		again, err := Parse(filepath.Join(dir, DefaultName), []byte(p.Text(dir)))
		if err != nil || !slices.Equal(again.Slots[0].Anchors(), full) || strings.Contains(p.Text(dir), "[\"") != (len(want) > 1) {
			t.Errorf("%s is written as\n%s%v", text, p.Text(dir), err)
		}
	}
}
