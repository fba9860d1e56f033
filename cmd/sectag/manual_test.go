package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"example.org/sectag/cmd/sectag/manual"
)

// TestTheManualHasEveryVerbAndFlag writes the manual from the program's own verbs and the page in docs/.
func TestTheManualHasEveryVerbAndFlag(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := manual.Write(tree(), read(t, pages+"cli.md"), "v1.2.3", time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC), dir); err != nil {
		t.Fatal(err)
	}
	secs := sections(read(t, pages+"cli.md"))
	for name, c := range runnable(tree()) {
		text := read(t, filepath.Join(dir, "man1", strings.ReplaceAll(name, " ", "-")+".1"))
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Hidden {
				return
			}
			_, after, ok := strings.Cut(text, `\fB--`+f.Name+`\fP`)
			_, words, _ := strings.Cut(after, "\n\t")
			words, _, _ = strings.Cut(words, "\n")
			if !ok || words == "" {
				t.Errorf("the manual of %s says nothing of --%s", name, f.Name)
			}
			if said := strings.ReplaceAll(secs[name]+secs["Everywhere"], "`", ""); f.Name != "help" && words == f.Usage && !strings.Contains(said, words) {
				t.Errorf("the manual of %s has not the page's words for --%s but %q", name, f.Name, words)
			}
		})
		if strings.Contains(text, "](") || strings.Contains(text, "|---") {
			t.Errorf("the manual of %s has markup in it", name)
		}
	}
	if s := read(t, filepath.Join(dir, "man1", "sectag-ledger-unique.1")); !strings.Contains(s, "Looks through the whole history") {
		t.Errorf("the manual of sectag ledger unique has not the page's words:\n%s", s)
	}
}

// TestTheProgramWritesNoManual: what does is only in a program with the tag.
func TestTheProgramWritesNoManual(t *testing.T) {
	t.Parallel()
	for _, c := range tree().Commands() {
		if c.Name() == "manual" {
			t.Error("the program has a verb manual")
		}
	}
}
