package screen

import (
	"slices"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/tui/paint"
)

// said is what has a code on the screen that is shown: why it fails first, then what was found, each code once.
func (s Scene) said() (out []cred.Finding) {
	add := func(code, text, hint string) {
		if !slices.ContainsFunc(out, func(f cred.Finding) bool { return f.Code == code }) {
			out = append(out, cred.Finding{Code: code, Text: text, Hint: hint})
		}
	}
	if c := s.Facts.Console.Failure; c != nil && s.Over == Console {
		add(c.Code, c.Text, c.Hint)
	}
	at := s.Machine.Screen()
	if f := s.fault(at, flows.UnitScreen, flows.CredentialsScreen, flows.ConnectionScreen); f != nil {
		add(f.Code, f.Text, f.Hint)
	}
	var fs []cred.Finding
	switch {
	case at == flows.EndpointScreen && s.Facts.Probe != nil:
		fs = s.Facts.Probe.Findings
	case at == flows.ConnectionScreen && s.Facts.Connect != nil, at == flows.RecordScreen && s.Facts.Connect != nil:
		fs = s.Facts.Connect.Findings
	}
	for _, f := range fs {
		add(f.Code, f.Text, f.Hint)
	}
	return out
}

// Explains tells whether something on the screen has a code that can be explained.
func Explains(s Scene) bool { return s.Explain != nil && len(s.said()) > 0 }

// Explanation is the page of the codes for what is on the screen.
func Explanation(s Scene) (out []paint.Line) {
	if s.Explain == nil {
		return nil
	}
	for _, f := range s.said() {
		cause, do, ok := s.Explain(f.Code)
		out = append(out, paint.L(paint.S(paint.Bad|paint.Bold, f.Code), paint.P("  "), paint.B(f.Text)))
		if !ok {
			out = append(out, paint.Text("The page of the codes does not have it."), paint.Line{})
			continue
		}
		out = append(out, paint.Line{Spans: []paint.Span{paint.B("why   "), paint.P(cause)}, Hang: 6}, paint.Line{Spans: []paint.Span{paint.B("do    "), paint.P(do)}, Hang: 6})
		if f.Hint != "" {
			out = append(out, paint.Line{Spans: []paint.Span{paint.B("here  "), paint.P(f.Hint + s.onScreen(f.Code, f.Hint))}, Hang: 6})
		}
		out = append(out, paint.Line{})
	}
	return out
}
