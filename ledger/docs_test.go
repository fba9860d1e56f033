package ledger

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.org/sectag/ledger/record"
)

// TestDocsNameEveryFieldAndCode holds docs/ledger.md against the record's types and this room's source.
func TestDocsNameEveryFieldAndCode(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "ledger.md"))
	must(t, err)
	said := map[string]bool{}
	for _, m := range regexp.MustCompile("`([^`]+?)(\\[\\])?`").FindAllStringSubmatch(string(text), -1) {
		said[m[1]] = true
	}
	for _, name := range jsonNames(reflect.TypeFor[record.Record]()) {
		if !said[name] {
			t.Errorf("docs/ledger.md does not tell of the field %s", name)
		}
	}
	codes := sourceCodes(t)
	if len(codes) < 6 {
		t.Fatalf("only the codes %v were found: the test looks at nothing", codes)
	}
	for _, code := range codes {
		if !strings.Contains(string(text), "| `"+code+"` |") {
			t.Errorf("docs/ledger.md does not list the code %s", code)
		}
	}
}

func jsonNames(t reflect.Type) []string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	var out []string
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name != "" && name != "-" {
			out = append(append(out, name), jsonNames(t.Field(i).Type)...)
		}
	}
	return out
}

func sourceCodes(t *testing.T) []string {
	t.Helper()
	code := regexp.MustCompile(`"((?:ledger|config)\.[a-z-]+)"`)
	own := regexp.MustCompile(`= "ledger\.`) // the names of the journal's own lines
	var out []string
	must(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, line := range strings.Split(string(b), "\n") {
			if own.MatchString(line) {
				continue
			}
			for _, m := range code.FindAllStringSubmatch(line, -1) {
				if !slices.Contains(out, m[1]) {
					out = append(out, m[1])
				}
			}
		}
		return nil
	}))
	return out
}
