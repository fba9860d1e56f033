// Package table draws what was found out about a server as tables: its suites against the modem's, and a handshake step by step. Pure
// functions of the facts and the room.
package table

import (
	"strconv"
	"strings"

	"example.org/sectag/flows"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/words"
)

// Timeline shows a handshake from this computer step by step: when each was since the beginning, and how often it was repeated. What the
// modem does in its own handshake it does not say.
func Timeline(c *flows.ConnectFacts, w int, failing bool) []paint.Line {
	if len(c.Timeline) == 0 {
		return nil
	}
	width := max(min(w-14, 44), 12)
	last, bar := c.Timeline[len(c.Timeline)-1].MS, w-width-14
	out := []paint.Line{{}, paint.Row(paint.Cell(width, paint.B(" the handshake, step by step")), paint.P("   computer"))}
	for i := 0; i < len(c.Timeline); {
		x, n := c.Timeline[i], 1
		for i+n < len(c.Timeline) && c.Timeline[i+n].Step == x.Step {
			n++
		}
		i += n
		text := words.Flight(x.Step)
		if n > 1 {
			text += " ×" + strconv.Itoa(n)
		}
		at := words.Milliseconds(x.MS)
		l := paint.Row(paint.Cell(width, paint.P(" "+text)), paint.P(strings.Repeat(" ", max(11-paint.Width(at), 0))+at))
		if bar > 4 && last > 0 {
			l.Spans = append(l.Spans, paint.P("  "+words.Bar(int(x.MS), int(last), min(bar-1, 30))))
		}
		out = append(out, l)
	}
	if failing {
		out = append(out, paint.L(paint.S(paint.Bad|paint.Bold, "✗ "), paint.P(stopped(c.Timeline[len(c.Timeline)-1].Step))))
	}
	return out
}

// stopped says of the last step whose turn it was when the handshake came to its end.
func stopped(step string) string {
	switch {
	case strings.HasPrefix(step, "<- alert "):
		return "it stopped here: the server refused with the alert " + strings.TrimPrefix(step, "<- alert ")
	case strings.HasPrefix(step, "-> "):
		return "it stopped here: it was the server's turn, and nothing came that went on"
	}
	return "it stopped here: it was this computer's turn"
}
