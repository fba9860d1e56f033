package paint

import (
	"flag"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/lipgloss"
	"github.com/google/go-cmp/cmp"
)

var _ = flag.Bool("update", false, "every test package below tui takes the flag; nothing is written here")

func plain(ls []Line) []string {
	var out []string
	for _, l := range ls {
		var b strings.Builder
		for _, s := range l.Spans {
			b.WriteString(s.Text)
		}
		out = append(out, strings.TrimRight(b.String(), " "))
	}
	return out
}

func TestFitWrapsBetweenWords(t *testing.T) {
	for name, c := range map[string]struct {
		line Line
		w    int
		want []string
	}{
		"fits":             {Text("one two"), 7, []string{"one two"}},
		"wraps":            {Text("one two three"), 7, []string{"one two", "three"}},
		"hangs":            {Line{Spans: []Span{P("→ one two three")}, Hang: 2}, 9, []string{"→ one two", "  three"}},
		"breaks a digest":  {Text("0123456789"), 4, []string{"0123", "4567", "89"}},
		"a path":           {L(P("in "), B("/srv/keys/root.crt")), 12, []string{"in /srv/", "keys/", "root.crt"}},
		"a name":           {Text("CN=Acme,O=Acme,C=EU"), 12, []string{"CN=Acme,", "O=Acme,C=EU"}},
		"across spans":     {L(P("one "), B("two three")), 7, []string{"one two", "three"}},
		"cuts a row":       {Row(P("0123456789")), 4, []string{"012…"}},
		"no room":          {Text("x"), 0, nil},
		"wide characters":  {Text("漢字漢字"), 5, []string{"漢字", "漢字"}},
		"wider than one":   {Text("漢"), 1, []string{""}},
		"empty":            {Line{}, 10, []string{""}},
		"hang beyond half": {Line{Spans: []Span{P("ab cd")}, Hang: 90}, 4, []string{"ab", "  cd"}},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(c.want, plain(c.line.Fit(c.w))); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestCell(t *testing.T) {
	for _, c := range []struct {
		w    int
		text string
		want string
	}{{5, "ab", "ab   "}, {-5, "ab", "   ab"}, {3, "abcd", "ab…"}, {2, "ab", "ab"}} {
		if got := Cell(c.w, P(c.text)).Text; got != c.want {
			t.Errorf("Cell(%d, %q) = %q, want %q", c.w, c.text, got, c.want)
		}
	}
}

func TestOnlySixteenColours(t *testing.T) {
	allowed := regexp.MustCompile(`^(\x1b\[(0|1|7|31|32|33|36)(;(1|7|31|32|33|36))*m|[^\x1b])*$`)
	for s := range Style(64) {
		line := []Line{L(S(s, "x"))}
		if out := (Palette{}).Frame(line, 9, 1); !allowed.MatchString(out) {
			t.Errorf("style %d is painted as %q", s, out)
		}
		if out := (Palette{Mono: true}).Frame(line, 9, 1); strings.Contains(out, "3") {
			t.Errorf("without colours, style %d is painted as %q", s, out)
		}
		if out := (Palette{Bare: true}).Frame(line, 9, 1); out != "x" {
			t.Errorf("bare, style %d is painted as %q", s, out)
		}
	}
	if out := (Palette{Mono: true}).Frame([]Line{L(S(Bad|Bold|Reverse, "x"))}, 9, 1); out != "\x1b[1;7mx\x1b[0m" {
		t.Errorf("bold and reverse must stay without colours: %q", out)
	}
}

func TestASCII(t *testing.T) {
	all := "●▸○✗│─└┊…→·–█▌▕▏•’“”↑↓←é漢"
	out := Palette{ASCII: true, Bare: true}.Frame([]Line{Text(all)}, 80, 1)
	for _, r := range out {
		if r > '~' {
			t.Errorf("%q is not ASCII", r)
		}
	}
	if lipgloss.Width(out) != Width(all) {
		t.Errorf("%q takes %d cells, was laid out for %d", out, lipgloss.Width(out), Width(all))
	}
	if marks := (Palette{ASCII: true, Bare: true}).Frame([]Line{Text("●▸○✗")}, 9, 1); marks != "*>.x" {
		t.Errorf("the stepper's marks are %q", marks)
	}
}

func TestForeignTextIsNoCommand(t *testing.T) {
	out := Palette{}.Frame([]Line{Text("CN=\x1b]0;owned\x07\u202ebad\r\n\x9b31m")}, 80, 1)
	if out != "CN=?]0;owned??bad??\ufffd31m" {
		t.Errorf("control characters came through: %q", out)
	}
}

func TestBigIsAsLargeAsItCan(t *testing.T) {
	for _, c := range []struct {
		word       string
		w, h       int
		rows, cols int
	}{
		{"PASS", 38, 5, 5, 38},
		{"PASS", 37, 5, 5, 19},
		{"PASS", 200, 60, 15, 114},
		{"FAIL", 56, 10, 10, 56},
		{"PASS", 18, 5, 1, 11},
		{"PASS", 80, 4, 1, 11},
		{"Z", 80, 9, 1, 5},
		{"WRITTEN", 60, 5, 5, 58},
	} {
		got := Big(c.word, Good, c.w, c.h)
		cols := 0
		for _, l := range got {
			cols = max(cols, l.Width())
		}
		if len(got) != c.rows || cols != c.cols {
			t.Errorf("%s in %dx%d is %d rows of %d cells, want %d of %d", c.word, c.w, c.h, len(got), cols, c.rows, c.cols)
		}
	}
	for r, g := range letters {
		for _, row := range g {
			if len(row) != len(g[0]) {
				t.Errorf("the rows of %c differ in length", r)
			}
		}
	}
}

func TestDetailsGiveWayFirst(t *testing.T) {
	lines := []Line{Text("head"), {Spans: []Span{P("detail")}, Detail: true}, Text("end")}
	text := func(ls []Line) string {
		return strings.ReplaceAll(Palette{Bare: true}.Frame(ls, 40, 9), "\n", "|")
	}
	for _, c := range []struct {
		h, scroll int
		want      string
	}{
		{3, 0, "head|detail|end"}, {2, 0, "head|… more: page down"}, {2, 1, "detail|… more: page down"}, {2, 9, "end|… 2 lines above: page up"}, {1, 0, "head"},
	} {
		if got := text(Window(lines, 40, c.h, c.scroll)); got != c.want {
			t.Errorf("in %d lines from %d: %q, want %q", c.h, c.scroll, got, c.want)
		}
	}
}

func FuzzFrameStaysInItsWindow(f *testing.F) {
	f.Add("CN=Acme, O=\x1b[31m", "漢字 ❤️ e\u0301", 5, 3, true)
	f.Add("👩‍👩‍👧 family", "\u202e\xff\xfe", 2, 1, false)
	f.Add(strings.Repeat("word ", 50), "🇩🇪🇫🇷", 7, 60, false)
	f.Fuzz(func(t *testing.T, a, b string, w, h int, ascii bool) {
		w, h = w%300, h%100
		var lines []Line
		for _, l := range []Line{Text(a), L(P(a), B(b)), Row(P(b), S(Reverse, a)), {Spans: []Span{P(b)}, Hang: 4}} {
			lines = append(lines, l.Fit(w)...)
		}
		lines = append(lines, Text(a+b))
		out := Palette{Bare: true, ASCII: ascii}.Frame(lines, w, h)
		rows := strings.Split(out, "\n")
		if out != "" && len(rows) > h {
			t.Fatalf("%d rows in a window of %d", len(rows), h)
		}
		for _, r := range rows {
			if lipgloss.Width(r) > max(w, 0) {
				t.Fatalf("%q takes %d cells of %d", r, lipgloss.Width(r), w)
			}
			for _, c := range r {
				if !unicode.IsPrint(c) || ascii && c > '~' {
					t.Fatalf("%q is not for this terminal", c)
				}
			}
		}
	})
}
