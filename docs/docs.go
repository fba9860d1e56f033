// Package docs carries the page of the codes in the binary, so that the screens explain a code in the page's own words.
package docs

import (
	_ "embed"
	"regexp"
	"strings"
)

//go:embed codes.md
var codes string

// Entry is what the page says of a code: why it comes, and what to do.
type Entry struct{ Cause, Do string }

var (
	link  = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	digit = regexp.MustCompile(`\.\d+$`)
)

// Explain is what docs/codes.md says of a code; false for one that it does not have. A number that has no row of its own has its kind's.
func Explain(code string) (Entry, bool) {
	for _, name := range []string{code, digit.ReplaceAllString(code, ".N")} {
		for line := range strings.Lines(codes) {
			cells := strings.Split(strings.ReplaceAll(line, `\|`, "\x00"), "|")
			if len(cells) == 6 && strings.TrimSpace(cells[1]) == "`"+name+"`" {
				return Entry{plain(cells[3]), plain(cells[4])}, true
			}
		}
	}
	return Entry{}, false
}

// plain is a cell's text without the marks of the page.
func plain(cell string) string {
	text := link.ReplaceAllString(strings.ReplaceAll(cell, "\x00", "|"), "$1")
	return strings.TrimSpace(strings.ReplaceAll(text, "`", ""))
}
