package codes

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// project is the tree that the pages are of.
const project = "../.."

// compare says which codes the page lacks, which it made up, and which it takes for mere findings.
func compare(page string, source map[string]seen) (bad []string) {
	listed := map[string]row{}
	all, _ := rows(page)
	for _, r := range all {
		listed[r.code] = r
		if _, ok := source[r.code]; !ok {
			bad = append(bad, r.code+" is in docs/codes.md and nowhere in the source")
		}
	}
	for _, code := range slices.Sorted(maps.Keys(source)) {
		r, ok := listed[code]
		switch {
		case !ok:
			bad = append(bad, code+" ("+source[code].where+") is not in docs/codes.md")
		case source[code].fails && (r.exit[0] < '0' || r.exit[0] > '9'):
			bad = append(bad, code+" can be a failure ("+source[code].where+") and has no exit code in docs/codes.md")
		}
	}
	return bad
}

func TestEveryCodeIsInThePage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(project + "/docs/codes.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := sourceCodes(os.DirFS(project))
	if err != nil {
		t.Fatal(err)
	}
	if len(source) < 100 {
		t.Fatalf("only %d codes were found: the test looks at the wrong tree", len(source))
	}
	for _, b := range append(flaws(string(page)), compare(string(page), source)...) {
		t.Error(b)
	}
}

func TestDifferencesAreFound(t *testing.T) {
	t.Parallel()
	const page = "| `ca.a` | 2 | c | d |\n| `ca.b` | warning | c | d |\n"
	for name, c := range map[string]struct {
		source map[string]seen
		want   string
	}{
		"agreement":                {map[string]seen{"ca.a": {fails: true}, "ca.b": {}}, ""},
		"a code without a row":     {map[string]seen{"ca.a": {}, "ca.b": {}, "ca.c": {}}, "ca.c () is not in"},
		"a row without a code":     {map[string]seen{"ca.a": {}}, "ca.b is in docs/codes.md and nowhere"},
		"a failure told a finding": {map[string]seen{"ca.a": {}, "ca.b": {fails: true}}, "ca.b can be a failure"},
	} {
		bad := strings.Join(compare(page, c.source), "\n")
		if (c.want == "") != (bad == "") || !strings.Contains(bad, c.want) {
			t.Errorf("%s: got %q, want %q", name, bad, c.want)
		}
	}
}
