package paint

import (
	"strings"
)

// Span is a piece of text in one style.
type Span struct {
	Text  string
	Style Style
	Spot  string // what a click on it stands for: a key's name, or what its way knows; "" for nothing
}

// S is a span.
func S(style Style, text string) Span { return Span{Text: text, Style: style} }

// P is a plain span.
func P(text string) Span { return Span{Text: text} }

// B is a bold span.
func B(text string) Span { return Span{Text: text, Style: Bold} }

// Line is one line before it is fitted into a window.
type Line struct {
	Spans  []Span
	Detail bool // may be left out where there is little room
	Cut    bool // is cut at the right edge instead of wrapped: a row of a table
	Hang   int  // cells by which wrapped lines are indented
}

// L makes a line.
func L(spans ...Span) Line { return Line{Spans: spans} }

// Text makes a plain line.
func Text(s string) Line { return L(P(s)) }

// Row makes a line that is cut and not wrapped.
func Row(spans ...Span) Line { return Line{Spans: spans, Cut: true} }

// AsDetail marks lines that may be left out where there is little room.
func AsDetail(ls ...Line) []Line {
	for i := range ls {
		ls[i].Detail = true
	}
	return ls
}

// Width is how many cells the line takes.
func (l Line) Width() int {
	n := 0
	for _, s := range l.Spans {
		n += Width(s.Text)
	}
	return n
}

// On makes all of the line stand for something, where a click is meant.
func (l Line) On(spot string) Line {
	for i := range l.Spans {
		l.Spans[i].Spot = spot
	}
	return l
}

// At is what a click on a cell of the lines stands for; "" where there is nothing.
func At(lines []Line, x, y int) string {
	if y < 0 || y >= len(lines) || x < 0 {
		return ""
	}
	for _, s := range lines[y].Spans {
		if x -= Width(s.Text); x < 0 {
			return s.Spot
		}
	}
	return ""
}

// Clip cuts a line to w cells and shows by "…" that it was longer.
func (l Line) Clip(w int) Line {
	if l.Width() <= w {
		return l
	}
	out := Line{Detail: l.Detail, Cut: l.Cut, Hang: l.Hang}
	room := w - 1
	for _, s := range l.Spans {
		head, whole := take(s.Text, room)
		out.Spans = append(out.Spans, Span{Text: head, Style: s.Style, Spot: s.Spot})
		room -= Width(head)
		if !whole {
			break
		}
	}
	if w > 0 {
		out.Spans = append(out.Spans, P("…"))
	}
	return out
}

// take is the beginning of s that fits into w cells, and whether that is all of it.
func take(s string, w int) (head string, whole bool) {
	used := 0
	for i, r := range s {
		if used += width(r); used > w {
			return s[:i], false
		}
	}
	return s, true
}

// Fit makes lines of at most w cells out of one: wrapped between words, or cut. A word that is longer than a line is wrapped
// after its separators where it has any.
func (l Line) Fit(w int) []Line {
	if w < 1 {
		return nil
	}
	if l.Cut || l.Width() <= w {
		return []Line{l.Clip(w)}
	}
	f := fitter{w: w, hang: min(l.Hang, w/2), detail: l.Detail}
	for _, s := range l.Spans {
		for _, word := range words(s.Text) {
			if Width(word) > w-f.hang {
				for _, part := range parts(word) {
					f.add(part, s.Style)
				}
				continue
			}
			f.add(word, s.Style)
		}
	}
	return append(f.out, f.line())
}

// fitter fills lines word by word.
type fitter struct {
	w, hang int
	detail  bool
	used    int
	spans   []Span
	out     []Line
}

func (f *fitter) line() Line { return Line{Spans: f.spans, Detail: f.detail} }

func (f *fitter) turn() {
	f.out = append(f.out, f.line())
	f.spans, f.used = []Span{P(strings.Repeat(" ", f.hang))}, f.hang
}

func (f *fitter) add(word string, st Style) {
	if f.used+Width(strings.TrimRight(word, " ")) > f.w && f.used > f.hang {
		f.turn()
		word = strings.TrimLeft(word, " ")
	}
	for word != "" {
		head, whole := take(word, f.w-f.used)
		if head == "" && f.used <= f.hang {
			return // not even one character fits
		}
		f.spans = append(f.spans, Span{Text: head, Style: st})
		f.used += Width(head)
		word = word[len(head):]
		if !whole {
			if strings.TrimLeft(word, " ") == "" {
				return
			}
			f.turn()
		}
	}
}

// words cuts a text after each run of spaces.
func words(s string) []string {
	var out []string
	for s != "" {
		i := strings.IndexByte(s, ' ')
		if i < 0 {
			return append(out, s)
		}
		for i < len(s) && s[i] == ' ' {
			i++
		}
		out, s = append(out, s[:i]), s[i:]
	}
	return out
}

// parts cuts a word that no line holds after each separator: a path, a list, a distinguished name.
func parts(word string) []string {
	var out []string
	for word != "" {
		i := strings.IndexAny(word, `/\,;`)
		if i < 0 {
			break
		}
		out, word = append(out, word[:i+1]), word[i+1:]
	}
	if word != "" {
		out = append(out, word)
	}
	return out
}

// Cell is a span of exactly w cells: cut, or filled with spaces. A negative w puts the text to the right.
func Cell(w int, s Span) Span {
	right := w < 0
	if right {
		w = -w
	}
	text := s.Text
	if Width(text) > w {
		head, _ := take(text, w-1)
		text = head + "…"
	}
	pad := strings.Repeat(" ", max(w-Width(text), 0))
	if right {
		return Span{Text: pad + text, Style: s.Style, Spot: s.Spot}
	}
	return Span{Text: text + pad, Style: s.Style, Spot: s.Spot}
}

// Frame writes lines as one string, cut to w cells and h lines, without spaces at the ends of lines. It is what the terminal
// gets.
func (p Palette) Frame(lines []Line, w, h int) string {
	if len(lines) > h {
		lines = lines[:max(h, 0)]
	}
	rows := make([]string, len(lines))
	for i, l := range lines {
		var b strings.Builder
		for _, s := range trim(l.Clip(w).Spans) {
			p.write(&b, s)
		}
		rows[i] = b.String()
	}
	return strings.Join(rows, "\n")
}

// trim drops the spaces at the end of a line, unless they are seen in reverse.
func trim(spans []Span) []Span {
	for len(spans) > 0 {
		last := spans[len(spans)-1]
		if last.Style&Reverse != 0 {
			return spans
		}
		last.Text = strings.TrimRight(last.Text, " ")
		spans = append(spans[:len(spans)-1:len(spans)-1], last)
		if last.Text != "" {
			return spans
		}
		spans = spans[:len(spans)-1]
	}
	return spans
}
