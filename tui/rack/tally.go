package rack

import (
	"fmt"
	"strings"
	"time"

	"example.org/sectag/flows"
	"example.org/sectag/flows/rack"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/words"
)

// tally is what the shift came to: numbers, takt, and the last units.
func (s *Station) tally(r room) []paint.Line {
	t := s.shot.Tally
	if t.Units == 0 {
		return []paint.Line{paint.Row(paint.P(" no unit yet"))}
	}
	spans := []paint.Span{paint.P(" "), paint.B(words.Count(t.Units, "unit")), paint.P(fmt.Sprintf("  %d pass", t.Passed))}
	if t.Warned > 0 {
		spans = append(spans, paint.P(fmt.Sprintf("  %d warn", t.Warned)))
	}
	if t.Failed > 0 {
		spans = append(spans, paint.S(paint.Bad, fmt.Sprintf("  %d fail", t.Failed)))
	}
	spans = append(spans, paint.P(fmt.Sprintf("  %.1f %%", t.Yield()*100)))
	if m := t.Median(); m > 0 {
		spans = append(spans, paint.P("   takt "+seconds(m)+" "+spark(t.Takt[:])))
	}
	last := []paint.Span{paint.P(" last")}
	used := paint.Row(last...).Width()
	for _, v := range t.Last {
		if v.IMEI == 0 {
			break
		}
		item := one(v)
		if used += item.Width(); used > r.w {
			break
		}
		last = append(last, item.Spans...)
	}
	return []paint.Line{paint.Row(spans...), paint.Row(last...)}
}

// one is a unit among the last: the end of its IMEI, what became of it, how long it took.
func one(v rack.Verdict) paint.Line {
	word, style := verdict(v.Outcome)
	text := "  …" + v.IMEI.String()[9:] + " "
	tail := " " + seconds(v.Took)
	switch {
	case v.Code != "":
		tail = " " + v.Code
	case v.Kept:
		tail = " kept"
	}
	return paint.Row(paint.P(text), paint.S(style, word), paint.P(tail))
}

// verdict is an outcome's word, and how it looks.
func verdict(o flows.Outcome) (string, paint.Style) {
	switch o {
	case flows.Passed:
		return "PASS", paint.Good | paint.Bold
	case flows.Warned:
		return "WARN", paint.Odd | paint.Bold
	case flows.FailedOutcome:
		return "FAIL", paint.Bad | paint.Bold
	}
	return "–", paint.Plain
}

// spark draws durations as heights, the oldest first: the longest is full.
func spark(ds []time.Duration) string {
	heights := []rune("▁▂▃▄▅▆▇█")
	var most time.Duration
	for _, d := range ds {
		most = max(most, d)
	}
	var b strings.Builder
	for i := len(ds) - 1; i >= 0; i-- {
		if ds[i] > 0 {
			b.WriteRune(heights[int(ds[i]*time.Duration(len(heights)-1)/most)])
		}
	}
	return b.String()
}
