package rack

import (
	"fmt"
	"strconv"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/rack"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/words"
)

// lane is one lane that fills the window.
func (s *Station) lane(n int, r room) []paint.Line {
	l, x := s.shot.Rack.Lane(n), s.sight(n)
	switch l.Phase {
	case rack.Passed, rack.Warned, rack.Failed, rack.Resting, rack.Broken:
		return s.over(n, r)
	case rack.Working:
		return append(s.who(n), work(x, r)...)
	case rack.Asking:
		return append(s.who(n), s.asking(n)...)
	case rack.Waiting:
		out := append([]paint.Line{{Detail: true}}, paint.Big("UNIT", paint.Here, r.w-2, max(r.h/3, 5))...)
		return append(append(indent(out), paint.Line{}), append(s.who(n), waits(s.shot.Rack, n))...)
	}
	return append(s.who(n), paint.Line{}, paint.L(paint.B(" Asking who is there…"), paint.P(" "+s.waited(n))))
}

// waited is how long the unit has been there.
func (s *Station) waited(n int) string {
	since := s.sight(n).Since
	if since.IsZero() || s.now.Before(since) {
		return ""
	}
	return seconds(s.now.Sub(since))
}

// waits is what a lane waits for.
func waits(r rack.Rack, n int) paint.Line {
	return paint.Line{Spans: []paint.Span{paint.S(paint.Here|paint.Bold, " → "), paint.P(r.Waits(n))}, Hang: 3}
}

// who is the unit, the port, and what is known of it.
func (s *Station) who(n int) []paint.Line {
	l, x := s.shot.Rack.Lane(n), s.sight(n)
	first := []paint.Span{paint.P(" ")}
	if l.IMEI != 0 {
		first = append(first, paint.B(l.IMEI.String()), paint.P("  "))
	}
	for _, t := range []string{x.Facts.Unit.Model, x.Facts.Unit.Firmware} {
		if t != "" {
			first = append(first, paint.P(t+"  "))
		}
	}
	return []paint.Line{{Spans: append(first, paint.P(x.Port)), Hang: 1}}
}

// over is the verdict, what it rests on, and what comes next.
func (s *Station) over(n int, r room) []paint.Line {
	l, x := s.shot.Rack.Lane(n), s.sight(n)
	word, style := map[rack.Phase]string{rack.Passed: "PASS", rack.Warned: "WARN", rack.Failed: "FAIL", rack.Broken: "FAIL", rack.Resting: "LEFT"}[l.Phase], paint.Plain
	switch l.Phase {
	case rack.Passed:
		style = paint.Good
	case rack.Warned:
		style = paint.Odd
	case rack.Failed, rack.Broken:
		style = paint.Bad
	}
	h := max(r.h/2, 5)
	if l.Phase == rack.Failed || l.Phase == rack.Broken {
		h = max(r.h/3, 5)
	}
	if r.small {
		h = 0 // the reason, or what comes next, needs the room
	}
	out := indent(append([]paint.Line{{Detail: true}}, paint.Big(word, style, r.w-2, h)...))
	out = append(out, paint.Line{Detail: true})
	out = append(out, s.who(n)...)
	if f := s.failure(n); f != nil && (l.Phase == rack.Failed || l.Phase == rack.Broken) {
		out = append(append(out, fault(f)...), holdings(x)...)
	} else if l.Phase == rack.Resting {
		out = append(out, paint.Text(" left alone: nothing was changed"))
	} else {
		out = append(out, paint.Line{Spans: []paint.Span{paint.P(" " + summary(x))}, Hang: 1})
	}
	if x.Facts.Record != "" {
		out = append(out, paint.L(paint.P(" record "), paint.B(x.Facts.Record)))
	}
	if w := s.shot.Rack.Waits(n); w != "" {
		out = append(out, paint.Line{Detail: true}, waits(s.shot.Rack, n))
	}
	return out
}

// summary is what a pass rests on, in a sentence.
func summary(x rack.Sight) string {
	done, kept := 0, 0
	for _, p := range x.Facts.Plan {
		switch {
		case p.Op == flows.Keep:
			kept++
		case p.Stage == flows.SlotMatches || p.Stage == flows.SlotGone:
			done++
		}
	}
	if x.Kept {
		return "checked: everything was as it should be, nothing was changed"
	}
	text := words.Count(done, "slot") + " read back"
	if kept > 0 {
		text += ", " + words.Count(kept, "slot") + " kept"
	}
	switch c := x.Facts.Connect; {
	case c != nil && c.Twin:
		text += " · written, not connected by the modem: a twin met the server, " + c.Version
	case c != nil:
		text += " · " + c.Version + " " + words.Suite(c.Suite)
	case !x.Facts.Terms.Endpoint:
		text += " · no server: the connection was not tested"
	}
	return text
}

// fault is what went wrong and what to do next.
func fault(f *cred.Fault) []paint.Line {
	out := []paint.Line{{Spans: []paint.Span{paint.S(paint.Bad|paint.Bold, " ✗ "+f.Text), paint.P("  " + f.Code)}, Hang: 3}}
	if f.Hint != "" {
		out = append(out, paint.Line{Spans: []paint.Span{paint.P(" → " + f.Hint)}, Hang: 3})
	}
	return out
}

// holdings says what the unit holds after a failure.
func holdings(x rack.Sight) []paint.Line {
	if !flows.Begun(x.Facts.Plan) {
		return []paint.Line{paint.Text(" Nothing was changed in the unit.")}
	}
	var out []paint.Line
	for _, p := range x.Facts.Plan {
		out = append(out, paint.Row(paint.P(" "), paint.Cell(24, paint.P(words.SlotName(uint32(p.Slot.SecTag), p.Slot.Kind))), paint.P(" holds: "+p.Holds())))
	}
	return paint.AsDetail(out...)
}

// work is how far the lane's unit is.
func work(x rack.Sight, r room) []paint.Line {
	var out []paint.Line
	for _, p := range x.Facts.Plan {
		text, style := stage(p, x, r)
		out = append(out, paint.Row(paint.P(" "), paint.Cell(-10, paint.P(strconv.FormatUint(uint64(p.Slot.SecTag), 10))), paint.P(" "), paint.Cell(16, paint.P(words.Kind(p.Slot.Kind))), paint.S(style, text)))
	}
	out = append(out, paint.Line{})
	switch p := x.Progress; {
	case p.Flight != "":
		out = append(out, paint.L(paint.S(paint.Here|paint.Bold, " server  "), paint.P(words.Flight(p.Flight))))
	case p.Waiting != "":
		out = append(out, paint.L(paint.S(paint.Here|paint.Bold, " waiting for "), paint.P(p.Waiting)))
	}
	if p := x.Progress; p.BytesOut > 0 {
		out = append(out, paint.AsDetail(paint.Text(fmt.Sprintf(" line %s   %s B out   %s B in", seconds(p.Line), words.Thousands(p.BytesOut), words.Thousands(p.BytesIn))))...)
	}
	return out
}

// stage is how far one slot is.
func stage(p flows.PlanFacts, x rack.Sight, r room) (string, paint.Style) {
	switch p.Stage {
	case flows.SlotPlanned:
		if p.Op == flows.Keep {
			return "keep", paint.Plain
		}
		return "○", paint.Plain
	case flows.SlotWriting:
		if x.Progress.Total > 0 {
			return fmt.Sprintf("%s %d/%d B", words.Bar(x.Progress.Sent, x.Progress.Total, max(min(r.w/5, 24), 4)), x.Progress.Sent, x.Progress.Total), paint.Here | paint.Bold
		}
		return "writing", paint.Here | paint.Bold
	case flows.SlotDeleting:
		return "deleting", paint.Here | paint.Bold
	case flows.SlotDeleted:
		return "deleted", paint.Plain
	case flows.SlotMaking:
		return "the modem makes a key", paint.Here | paint.Bold
	case flows.SlotWritten, flows.SlotMade:
		return "reading back", paint.Here | paint.Bold
	case flows.SlotMatches:
		return "● reads back", paint.Good | paint.Bold
	case flows.SlotGone:
		return "● gone", paint.Good | paint.Bold
	}
	return "✗ " + p.Holds(), paint.Bad | paint.Bold
}

// asking is a lane's question.
func (s *Station) asking(n int) []paint.Line {
	l, x := s.shot.Rack.Lane(n), s.sight(n)
	out := []paint.Line{{}}
	switch l.Ask {
	case rack.AskDigits:
		out = append(out, paint.L(paint.S(paint.Bad|paint.Bold, " This unit holds what is not ours. What cannot be brought back:")))
		for _, p := range x.Facts.Plan {
			if p.Has == flows.Foreign && p.Op != flows.Keep {
				out = append(out, paint.Text("   "+words.SlotName(uint32(p.Slot.SecTag), p.Slot.Kind)))
			}
		}
		return append(out, paint.Line{Spans: []paint.Span{
			paint.S(paint.Here|paint.Bold, " → "), paint.P("type the last four digits of " + l.IMEI.String() + " and enter to replace it, or x to leave the unit alone"),
		}, Hang: 3})
	case rack.AskPassphrase:
		return append(out, paint.L(paint.B(" The authority is locked."), paint.P(" Its passphrase opens it for every lane.")))
	}
	if f := s.failure(n); f != nil {
		out = append(out, fault(f)...)
	}
	return append(out, paint.Line{Spans: []paint.Span{paint.S(paint.Odd|paint.Bold, " This unit cannot be begun."), paint.P(" What it wants: " + s.shot.Rack.Waits(n) + ".")}, Hang: 1})
}
