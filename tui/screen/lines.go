package screen

import (
	"example.org/sectag/cred"
	"example.org/sectag/tui/paint"
)

// pair is a name and a value in two columns; the value wraps under itself.
func pair(name, value string, style paint.Style) paint.Line {
	const column = 13
	return paint.Line{Spans: []paint.Span{paint.Cell(column, paint.P(name)), paint.S(style, value)}, Hang: column}
}

// optional is a pair, or nothing when there is no value.
func optional(name, value string) []paint.Line {
	if value == "" {
		return nil
	}
	return []paint.Line{pair(name, value, paint.Plain)}
}

// findings are what was seen and is worth saying: the worst first, each with what to do.
func findings(fs []cred.Finding) []paint.Line {
	var out []paint.Line
	for _, sev := range []cred.Severity{cred.Error, cred.Warning, cred.Info} {
		for _, f := range fs {
			if f.Severity != sev {
				continue
			}
			style := map[cred.Severity]paint.Style{cred.Error: paint.Bad | paint.Bold, cred.Warning: paint.Odd | paint.Bold}[sev]
			out = append(out, paint.Line{Spans: []paint.Span{paint.S(style, string(sev)), paint.P("  " + f.Text + "  "), paint.P(f.Code)}, Hang: 2})
			if f.Hint != "" {
				out = append(out, paint.Line{Spans: []paint.Span{paint.P("  → " + f.Hint)}, Hang: 4})
			}
		}
	}
	return out
}
