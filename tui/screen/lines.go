package screen

import (
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/words"
)

// onScreen adds to a hint that names a command line's flag what does the same here; empty when there is nothing of that kind.
func (s Scene) onScreen(code, hint string) string {
	way, ok := words.OnScreen(code)
	if !ok || !strings.Contains(hint, "--") {
		return ""
	}
	if way.Action == "" {
		return "; here: " + way.Text
	}
	for _, a := range s.Machine.Actions() {
		if a.Name == way.Action && a.Disabled == "" {
			return "; here: " + words.Key(a.Key) + " " + way.Text
		}
	}
	return ""
}

// findings are what was seen and is worth saying: the worst first, each with what to do.
func findings(s Scene, fs []cred.Finding) []paint.Line {
	var out []paint.Line
	for _, sev := range []cred.Severity{cred.Error, cred.Warning, cred.Info} {
		for _, f := range fs {
			if f.Severity != sev {
				continue
			}
			style := map[cred.Severity]paint.Style{cred.Error: paint.Bad | paint.Bold, cred.Warning: paint.Odd | paint.Bold}[sev]
			out = append(out, paint.Line{Spans: []paint.Span{paint.S(style, string(sev)), paint.P("  " + f.Text + "  "), paint.P(f.Code)}, Hang: 2})
			if f.Hint != "" {
				out = append(out, paint.Line{Spans: []paint.Span{paint.P("  → " + f.Hint + s.onScreen(f.Code, f.Hint))}, Hang: 4})
			}
		}
	}
	return out
}
