package paint

import "strconv"

// Pair is a name and a value in two columns; the value wraps under itself.
func Pair(name, value string, style Style) Line {
	const column = 13
	return Line{Spans: []Span{Cell(column, P(name)), S(style, value)}, Hang: column}
}

// Optional is a pair, or nothing when there is no value.
func Optional(name, value string) []Line {
	if value == "" {
		return nil
	}
	return []Line{Pair(name, value, Plain)}
}

// Window fits lines into w by h cells. What does not fit gives way: details first, then what is below the lower edge. That there is
// more is said, and who scrolls gets to see all of it.
func Window(lines []Line, w, h, scroll int) []Line {
	all := fit(lines, w, false)
	if len(all) <= h {
		return all
	}
	if h < 2 {
		return all[:h]
	}
	view := all
	if scroll == 0 {
		view = fit(lines, w, true)
	}
	from := min(scroll, len(all)-h+1)
	view = append([]Line(nil), view[from:min(from+h-1, len(view))]...)
	note := strconv.Itoa(from) + " lines above: page up"
	if below := len(all) - from - len(view); below > 0 {
		note = "more: page down"
	}
	return append(view, Row(S(Here, "… "+note)))
}

func fit(lines []Line, w int, short bool) []Line {
	var out []Line
	for _, l := range lines {
		if short && l.Detail {
			continue
		}
		out = append(out, l.Fit(w)...)
	}
	return out
}

// Flow sets items one after the other into at most so many lines. What has no room is behind the question mark, and that is said. The
// first piece of an item is its key: a click on the item stands for it.
func Flow(items [][]Span, w, most int) []Line {
	lines := []Line{Row()}
	for _, it := range items {
		if place(&lines, it, w, most) {
			continue
		}
		more := []Span{B("?"), P(" more")}
		for last := &lines[len(lines)-1]; !place(&lines, more, w, most) && len(last.Spans) > 0; {
			last.Spans = last.Spans[:len(last.Spans)-3] // the gap, the key, its text
		}
		break
	}
	return lines
}

// place sets an item behind the others, on a new line if there may be one.
func place(lines *[]Line, item []Span, w, most int) bool {
	l := &(*lines)[len(*lines)-1]
	gap := "  "
	if l.Width() > 0 && l.Width()+2+L(item...).Width() > w {
		if len(*lines) == most {
			return false
		}
		*lines = append(*lines, Row())
		l = &(*lines)[len(*lines)-1]
	}
	if l.Width() == 0 {
		gap = " "
	}
	for len(item) < 2 {
		item = append(item, P(""))
	}
	l.Spans = append(append(l.Spans, P(gap)), Row(item...).On(item[0].Text).Spans...)
	return true
}
