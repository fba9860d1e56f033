package screen

import (
	"fmt"
	"strconv"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/tui/paint"
)

// day is the date of an RFC 3339 time.
func day(t string) string { return t[:min(len(t), len("2006-01-02"))] }

// grouped writes a digest in groups of eight, four groups a line, so that it can be compared by eye and read out aloud.
func grouped(d cred.Digest) []string {
	s := d.String()
	if s == "" {
		return nil
	}
	var out []string
	for _, half := range []string{s[:32], s[32:]} {
		out = append(out, strings.Join([]string{half[:8], half[8:16], half[16:24], half[24:]}, " "))
	}
	return out
}

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

// plural counts things.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

// milliseconds is a duration for people.
func milliseconds(ms int64) string {
	if ms < 1000 {
		return strconv.FormatInt(ms, 10) + " ms"
	}
	return fmt.Sprintf("%d.%d s", ms/1000, ms%1000/100)
}

// thousands writes a number with spaces between groups of three.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}

// yesNo is a fact that may not be known.
func yesNo(b *bool) string {
	switch {
	case b == nil:
		return "not known"
	case *b:
		return "yes"
	}
	return "no"
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

// bar is a part of a whole, drawn in w cells.
func bar(part, whole, w int) string {
	if whole <= 0 || w < 1 {
		return ""
	}
	half := min(max(part, 0), whole) * 2 * w / whole
	s := strings.Repeat("█", half/2)
	if half%2 == 1 {
		s += "▌"
	}
	return s + strings.Repeat(" ", w-(half+1)/2)
}

// hostName is a kind of AT host as people call it.
func hostName(h string) string {
	if n, ok := map[string]string{"at-host": "AT Host", "serial-modem": "Serial Modem", "slm": "SLM", "shell": "Zephyr shell"}[h]; ok {
		return n
	}
	return h
}
