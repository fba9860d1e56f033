package console

import (
	"os"
	"regexp"
	"strconv"
	"testing"
)

// TestExitCodesAreThoseOfThePage holds the exit column of docs/codes.md against ExitOf, and the table of ExitOf against the page, so
// that a code that nobody says any more does not stay in it.
func TestExitCodesAreThoseOfThePage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/codes.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	numbered := 0
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([^|]+) \\|").FindAllStringSubmatch(string(page), -1) {
		listed[m[1]] = true
		said := regexp.MustCompile(`^\d+`).FindString(m[2])
		if said == "" {
			continue
		}
		numbered++
		if n, _ := strconv.Atoi(said); n != ExitOf(m[1]) {
			t.Errorf("docs/codes.md says that %s exits with %s, it exits with %d", m[1], said, ExitOf(m[1]))
		}
	}
	if numbered < 80 {
		t.Fatalf("only %d codes with an exit code were found: the test reads another page", numbered)
	}
	for code := range codeExits {
		if !listed[code] {
			t.Errorf("%s has an exit code and is not in docs/codes.md", code)
		}
	}
}
