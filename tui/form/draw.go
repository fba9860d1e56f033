package form

import "example.org/sectag/tui/paint"

// Draw draws the form in w cells, on a screen of h lines: its title, its fields with their choices, and what is wrong with the answer.
func (f *Form) Draw(w, h int, small bool) []paint.Line {
	if f == nil {
		return nil
	}
	out := paint.L(paint.B(f.Title)).Fit(w)
	if !small {
		for _, l := range f.Lines {
			out = append(out, paint.Text(l).Fit(w)...)
		}
	}
	labels := 0
	for _, x := range f.Fields {
		labels = max(labels, paint.Width(x.Label))
	}
	tight := small && len(f.Fields)+len(out)+1 > h/2
	for i := range f.Fields {
		if tight && i != f.At {
			continue
		}
		out = append(out, inputLine(&f.Fields[i], i == f.At, min(labels, w/3), w))
	}
	out = append(out, choices(f.Fields[f.At], small)...)
	if f.Wrong != "" {
		out = append(out, paint.L(paint.S(paint.Bad|paint.Bold, "✗ "+f.Wrong)).Fit(w)...)
	}
	return out
}

// inputLine draws one field; the cursor is a cell in reverse.
func inputLine(f *Field, here bool, labels, w int) paint.Line {
	sign := "  "
	if here {
		sign = "▸ "
	}
	l := paint.Row(paint.P(sign), paint.Cell(labels, paint.P(f.Label)), paint.P("  "))
	text, at := f.Shown(max(w-labels-5, 1))
	if !here {
		l.Spans = append(l.Spans, paint.P(text))
		return l
	}
	runes := []rune(text + " ")
	l.Spans = append(l.Spans, paint.B(string(runes[:at])), paint.S(paint.Reverse, string(runes[at])), paint.B(string(runes[at+1:])))
	return l
}

// choices shows what up and down go through, a few lines round the chosen one.
func choices(f Field, small bool) []paint.Line {
	most := 5
	if small {
		most = 2
	}
	if f.Back {
		return hints(f.matching(), most)
	}
	from := max(0, min(f.Chosen-1-most/2, len(f.Choices)-most))
	var out []paint.Line
	for i := from; i < min(from+most, len(f.Choices)); i++ {
		c := f.Choices[i]
		sign, style := "    ", paint.Plain
		if i == f.Chosen-1 {
			sign, style = "  ▸ ", paint.Bold
		}
		out = append(out, paint.Row(paint.S(style, sign+c.Text), paint.P("  "+c.Note)))
	}
	return out
}

// hints shows what tab would complete, with what each does.
func hints(all []Choice, most int) []paint.Line {
	var out []paint.Line
	for _, c := range all[:min(most, len(all))] {
		out = append(out, paint.Row(paint.S(paint.Bold, "    "+c.Text), paint.P("  "+c.Note)))
	}
	return out
}
