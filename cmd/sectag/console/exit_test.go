package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/spf13/cobra"

	"example.org/sectag/cmd/sectag/paper"
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

// TestASignalBeforeTheWorkIsNoDefect: whoever stops a job while the ledger is opened is told so, and not of a cancelled context.
func TestASignalBeforeTheWorkIsNoDefect(t *testing.T) {
	t.Parallel()
	for _, ended := range []bool{true, false} {
		var out, errw bytes.Buffer
		c := &Console{Out: &out, Err: &errw, JSON: true}
		c.Ended.Store(ended)
		run := c.VerbOf(func() paper.Document { return paper.NoUnitOf(false) }, func(context.Context, []string) (paper.Document, error) {
			return nil, fmt.Errorf("open the ledger: %w", context.Canceled)
		})
		cmd := &cobra.Command{}
		cmd.SetContext(t.Context())
		code, want, exit := c.Exit(run(cmd, nil)), "store.stopped", 130
		if !ended {
			want, exit = "internal", 1 // then nobody knows why
		}
		var doc struct{ Failure struct{ Code, Hint string } }
		if err := json.Unmarshal(out.Bytes(), &doc); err != nil || doc.Failure.Code != want || doc.Failure.Hint == "" || code != exit {
			t.Errorf("ended %v: exit %d, %v\n%s%s", ended, code, err, &out, &errw)
		}
	}
}
