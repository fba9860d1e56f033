package record

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"example.org/sectag/cred"
)

// written are records of all schemas, small and full.
func written(t testing.TB) [][]byte {
	t.Helper()
	var all [][]byte
	for _, name := range []string{"full-1.json", "full-2.json"} {
		body, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, bytes.TrimSpace(body))
	}
	wide := full(t)
	wide.Cert.Subject, wide.Note = "CN=Müller & Söhne <1>\\\"x\"", "listed "+sum("x").String()+" – „anders“"
	wide.Cert.PEM += wide.Cert.PEM
	wide.Connect.PingMS, wide.Slots[0].SHA256 = ptr(int64(0)), sum("other")
	for _, r := range []Record{
		full(t), wide,
		{Kind: Test, Time: "2024-02-29T23:59:59Z", Verdict: cred.Pass, IMEI: 352656100367872},
		{Kind: Correction, Time: "2026-11-22T10:00:00Z", Verdict: cred.Pass, IMEI: 352656100367872, Corrects: "1", Note: "the batch is 47"},
		{Kind: Check, Checks: "3", Time: "2026-11-22T10:00:00Z", Verdict: cred.Warn, Unit: Identity{UUID: "25c95751-efa4-40d4-8b4a-1dcaab81fac9"}},
	} {
		body, _, err := Encode(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, body)
	}
	return all
}

// What Encode writes is read in one pass, or the careful way, with the same outcome.
func TestOnePassReadsWhatIsWritten(t *testing.T) {
	for _, body := range written(t) {
		got, ok := swift(string(body), schema(string(body)))
		if !ok {
			t.Errorf("this is not read in one pass: %s", body)
		}
		want, err := careful(body, schema(string(body)))
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%v: %s", err, d)
		}
	}
}

// agree sees that one pass takes nothing that the careful way does not take, nor otherwise.
func agree(t interface{ Fatalf(string, ...any) }, body []byte) (taken bool) {
	version := schema(string(body))
	if version == 0 {
		return false
	}
	got, ok := swift(string(body), version)
	if !ok {
		return false
	}
	want, err := careful(body, version)
	if err != nil || !reflect.DeepEqual(want, got) {
		t.Fatalf("one pass takes what the careful way does not (%v), or otherwise: %s\n%s", err, cmp.Diff(want, got), body)
	}
	return true
}

// odd is what is put in the place of a byte; each byte gets three of them.
var odd = []string{"", "0", "a", "A", "\"", "\\", ",", " ", "{", "[", "-", "\n", "\x7f", "é", "\xff", "\u2028", `\n`, `\u0041`, "null,"}

// Each byte of each record is dropped, doubled, and something else put in its place: most of it is refused, and what is taken is taken by both.
func TestOnePassIsAsStrict(t *testing.T) {
	for _, body := range written(t) {
		taken := 0
		for at := range body {
			for _, with := range []string{string(body[at]) + string(body[at]), odd[at%len(odd)], odd[(at+7)%len(odd)], odd[(at+13)%len(odd)]} {
				changed := append(append(bytes.Clone(body[:at]), with...), body[at+1:]...)
				if agree(t, changed) {
					taken++
				}
			}
		}
		if taken == 0 {
			t.Errorf("nothing that was changed is taken: the test looks at little: %s", body)
		}
	}
}

// Texts of any kind in every field of a record are written, or not, and read by both in the same way.
func TestOnePassReadsAnyText(t *testing.T) {
	paths := texts(reflect.TypeFor[Record](), nil)
	base := full(t)
	awkward := []string{
		"", "a", "0", "00", "-", "é", "…", "\u2028", "\x7f", "\ufffd", "\x00", "AT%", "-----", "2026-02-29T00:00:00Z", "2024-02-29T24:00:00Z", "0000-01-01T00:00:00Z",
		"imei:352656100367872#7", "uuid:25c95751-efa4-40d4-8b4a-1dcaab81fac9", `"quoted" \ and`, strings.Repeat("a", 21), strings.Repeat("Ab1", 9), strings.Repeat("x ", 200), base.Cert.PEM,
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.SampledFrom(awkward), rapid.String(), rapid.StringMatching(`[0-9a-f:.#-]{0,70}`)).Draw(t, "text")
		path := rapid.SampledFrom(paths).Draw(t, "field")
		r := clone(base)
		set(reflect.ValueOf(&r).Elem(), path, text)
		r.Version = Version
		var out bytes.Buffer // as it is, right or not
		if err := write(&out, &r); err != nil {
			t.Fatal(err)
		}
		agree(t, out.Bytes())
		if own, _, err := Encode(r); err == nil {
			if back, err := Decode(own); err != nil || !bytes.Equal(mustJSON(back), own) {
				t.Fatalf("%v: %s", err, own)
			}
		}
	})
}

func mustJSON(r Record) []byte {
	var out bytes.Buffer
	if err := write(&out, &r); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// A test of a grammar that is fast says yes to nothing that the grammar refuses or would write otherwise.
func TestFastGrammarsAreGrammars(t *testing.T) {
	kinds := []string{"id", "serial", "hex", "uuid", "word", "unit", "own", "name", "text", "time", "pem", "a|b|not tested"}
	rapid.Check(t, func(t *rapid.T) {
		is := rapid.SampledFrom(kinds).Draw(t, "grammar")
		s := rapid.OneOf(
			rapid.StringMatching(`[0-9]{4}-(0|1)[0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]Z`), rapid.StringMatching(`[0-9a-f]{0,66}`),
			rapid.StringMatching(`(key|uuid|imei):[0-9a-f-]{15,64}(#[0-9]{0,2})?`), rapid.StringMatching(`[ -~]{0,40}`), rapid.String(),
			rapid.StringMatching(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), rapid.SampledFrom([]string{"a", "b", "not tested", "a|b", "-----"}),
		).Draw(t, "text")
		if s == "" || !seenOf(is)(s) {
			return
		}
		if as, err := grammar(is, s); err != nil || as != s {
			t.Fatalf("%q is taken for %s, and is %q, %v", s, is, as, err)
		}
	})
}

// A text has something to shorten where the patterns find it.
func TestShortened(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`([0-9A-Fa-f]{20,26}|[A-Za-z]{20,24}|[A-Za-z0-9+/]{20,24}={0,3}|[ -~]{0,3}|é){0,4}`).Draw(t, "text")
		want := hexRun.MatchString(s)
		for _, run := range base64Run.FindAllString(s, -1) {
			want = want || mixed(run)
		}
		if got := shortened(s); got != want {
			t.Fatalf("%q: %v", s, got)
		}
	})
}

func FuzzOnePass(f *testing.F) {
	for _, body := range written(f) {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if !agree(t, in) {
			return
		}
		if !json.Valid(in) {
			t.Fatalf("this is no JSON: %s", in)
		}
	})
}
