package docs

import (
	"regexp"
	"strings"
	"testing"
)

// TestEveryRowOfThePageIsFound: whoever writes a row in another form would have a code that the screens cannot explain.
func TestEveryRowOfThePageIsFound(t *testing.T) {
	rows := regexp.MustCompile("(?m)^\\| `([a-z0-9-]+\\.[a-zN0-9.-]+)` \\|").FindAllStringSubmatch(codes, -1)
	if len(rows) < 200 {
		t.Fatalf("only %d rows were found", len(rows))
	}
	for _, r := range rows {
		e, ok := Explain(r[1])
		if !ok || e.Cause == "" || e.Do == "" || strings.ContainsAny(e.Cause+e.Do, "`\x00") || strings.Contains(e.Cause+e.Do, "](") {
			t.Errorf("%s: %+v", r[1], e)
		}
	}
}

func TestANumberWithoutARowHasItsKinds(t *testing.T) {
	own, _ := Explain("dtls.48")
	kind, ok := Explain("dtls.99")
	if !ok || own == kind || kind.Cause != "another alert" {
		t.Errorf("%+v, %+v", own, kind)
	}
	for _, code := range []string{"", "nobody.says", "dtls", "N"} {
		if e, ok := Explain(code); ok {
			t.Errorf("%q: %+v", code, e)
		}
	}
}
