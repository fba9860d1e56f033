package screen

import (
	"strconv"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/words"
)

// failure is what a failing screen begins with: that it failed, why, what to do, and what each slot holds.
func failure(s Scene) []paint.Line {
	at := s.Machine.Screen()
	fault := s.fault(at)
	if fault == nil {
		return []paint.Line{paint.L(paint.S(paint.Bad|paint.Bold|paint.Reverse, " FAIL ")), {}}
	}
	out := append([]paint.Line{}, failureHead(s, fault, true)...)
	if at == flows.CredentialsScreen || at == flows.ConnectionScreen {
		out = append(out, holdings(s)...)
	}
	return append(out, paint.Line{})
}

// failureText is the same without the word, for the verdict that has it large.
func failureText(s Scene) []paint.Line {
	fault := s.fault(flows.UnitScreen, flows.CredentialsScreen, flows.ConnectionScreen, flows.RecordScreen)
	if fault == nil {
		return nil
	}
	return failureHead(s, fault, s.Machine.Outcome() == flows.NoOutcome)
}

// fault is why the first of these screens that fails does.
func (s Scene) fault(of ...flows.Screen) *cred.Fault {
	for _, at := range of {
		if int(at) < len(s.Failures) && s.Failures[at] != nil {
			return s.Failures[at]
		}
	}
	return s.Facts.Failure
}

func failureHead(s Scene, f *cred.Fault, word bool) []paint.Line {
	var head []paint.Span
	if word {
		head = append(head, paint.S(paint.Bad|paint.Bold|paint.Reverse, " FAIL "), paint.P("  "))
	}
	head = append(head, paint.B(f.Text), paint.P("  "), paint.S(paint.Bad, f.Code))
	out := []paint.Line{{Spans: head}}
	if f.Hint != "" {
		out = append(out, paint.Line{Spans: []paint.Span{paint.S(paint.Bold, "→ "), paint.P(f.Hint + s.onScreen(f.Code, f.Hint))}, Hang: 2})
	}
	return out
}

// holdings says what each planned slot holds now.
func holdings(s Scene) []paint.Line {
	if len(s.Facts.Plan) == 0 {
		return nil
	}
	if !flows.Begun(s.Facts.Plan) {
		return []paint.Line{paint.Text("Nothing was changed: every slot is as it was.")}
	}
	out := paint.AsDetail(paint.Line{})
	for _, p := range s.Facts.Plan {
		text, style := holds(p)
		if p.KeyAlone(s.Facts.Plan) {
			text, style = "without a certificate: a new key", paint.Bad
		}
		name := strconv.FormatUint(uint64(p.Slot.SecTag), 10) + " " + words.Kind(p.Slot.Kind)
		out = append(out, paint.Row(paint.Cell(22, paint.P(name)), paint.S(style, text)))
	}
	return out
}

// holds is what a slot holds now, as far as anybody knows.
func holds(p flows.PlanFacts) (string, paint.Style) {
	switch p.Stage {
	case flows.SlotMatches:
		return "the new one, read back", paint.Good
	case flows.SlotGone:
		return "nothing, as planned", paint.Good
	case flows.SlotDeleted:
		return "nothing: deleted, not written yet", paint.Bad
	case flows.SlotDiffers:
		return words.Instead(p.Old, p.Now), paint.Bad
	case flows.SlotDeleting, flows.SlotWriting, flows.SlotWritten, flows.SlotMaking, flows.SlotMade, flows.SlotUnknown:
		return "not known until it is read", paint.Odd
	}
	switch {
	case p.Old.IsZero():
		return "nothing, as before", paint.Plain
	case p.Op == flows.Keep:
		return "what it shall hold, kept", paint.Good
	}
	return "the old one, as before", paint.Plain
}
