package console

import (
	"errors"
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

func TestACommandLinesFaultsAreSaidAsTheyWereTyped(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		`invalid argument "x" for "--days" flag: strconv.ParseInt: parsing "x": invalid syntax`:       `invalid argument "x" for "--days" flag: invalid syntax`,
		`invalid argument "a\"b" for "--days" flag: strconv.ParseInt: parsing "a\"b": invalid syntax`: `invalid argument "a\"b" for "--days" flag: invalid syntax`,
		`invalid argument "5" for "--timeout" flag: time: missing unit in duration "5"`:               `invalid argument "5" for "--timeout" flag: missing unit in duration "5"`,
		"Unknown flag: --Foo\nUsage:":                "unknown flag: --Foo",
		"unknown shorthand flag: 'Z' in -Z":          "unknown shorthand flag: 'Z' in -Z",
		`unknown command "FOO" for "sectag ca init"`: `unknown command "FOO" for "sectag ca init"`,
		"": "",
	} {
		if got := FlagText(errors.New(said)); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
