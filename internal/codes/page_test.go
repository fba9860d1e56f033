package codes

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// row is a line of a table of docs/codes.md: code, exit, what it means, what to do.
type row struct{ code, exit, cause, fix string }

var codeCell = regexp.MustCompile("^`([a-z][a-z0-9]*(?:\\.[a-zN0-9-]+)?)`$")

// rows reads the page's tables whose first column is a code. It says which lines look like one and are none.
func rows(page string) (out []row, bad []string) {
	for i, l := range strings.Split(page, "\n") {
		if !strings.HasPrefix(l, "| `") {
			continue
		}
		cells := strings.Split(strings.Trim(l, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		m := codeCell.FindStringSubmatch(cells[0])
		if m == nil || len(cells) != 4 {
			bad = append(bad, fmt.Sprintf("line %d is no row of code, exit, cause and fix: %s", i+1, l))
			continue
		}
		out = append(out, row{m[1], cells[1], cells[2], cells[3]})
	}
	return out, bad
}

// exits is what the exit column may say: a number, what the code is as a finding, or both.
var exits = regexp.MustCompile(`^(?:\d+|(?:\d+, )?(?:audit 1|error|warning|info)(?:, (?:error|warning|info))*)$`)

// flaws says what is wrong with the page itself.
func flaws(page string) []string {
	all, bad := rows(page)
	had := map[string]bool{}
	for _, r := range all {
		if had[r.code] {
			bad = append(bad, r.code+" is listed twice")
		}
		had[r.code] = true
		if !exits.MatchString(r.exit) {
			bad = append(bad, fmt.Sprintf("%s: %q is no exit code and no severity", r.code, r.exit))
		}
		if r.cause == "" || r.fix == "" {
			bad = append(bad, r.code+" has no cause or no fix")
		}
	}
	return bad
}

func TestPageFlawsAreFound(t *testing.T) {
	t.Parallel()
	for page, want := range map[string]string{
		"| `a.b` | 1 | c | d |\n":                        "",
		"| `a.b` | 2, audit 1, warning | c | d |\n":      "",
		"| `a.b` | 1 | c |\n":                            "no row",
		"| `a.b` or so | 1 | c | d |\n":                  "no row",
		"| `a.b` | 1 | c | d |\n| `a.b` | 1 | c | d |\n": "twice",
		"| `a.b` | perhaps | c | d |\n":                  "no exit code",
		"| `a.b` | 1 |  | d |\n":                         "no cause",
	} {
		bad := strings.Join(flaws(page), "\n")
		if (want == "") != (bad == "") || !strings.Contains(bad, want) {
			t.Errorf("%q: got %q, want %q", page, bad, want)
		}
	}
}
