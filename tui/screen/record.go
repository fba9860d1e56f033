package screen

import (
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/words"
)

// record shows the verdict on the unit and where it is written down.
func record(s Scene, r Room) []paint.Line {
	if s.Machine.Outcome() == flows.NoOutcome {
		text := "Nothing to record yet."
		if !s.Machine.Rest() {
			text = "Writing the record…"
		}
		return append(who(s), paint.L(paint.B(text)))
	}
	out := verdict(s, r)
	for _, a := range s.Machine.Actions() {
		if a.Ask == flows.AskPath && s.Form == nil {
			out = append(out, paint.L(paint.P("What was settled by hand is in no profile yet: "), paint.B(words.Key(a.Key)), paint.P(" saves it.")))
		}
	}
	if s.Facts.Profile != "" {
		out = append(out, paint.Text("profile saved: "+s.Facts.Profile))
	}
	return out
}

// verdict is what a person two metres away must see, then what it rests on.
func verdict(s Scene, r Room) []paint.Line {
	out := bigVerdict(s, r)
	if s.Facts.Unit.IMEI != 0 {
		out = append(out, paint.L(paint.B(s.Facts.Unit.IMEI.String())))
	}
	if s.Machine.Outcome() == flows.FailedOutcome {
		out = append(out, failureText(s)...)
		out = append(out, holdings(s)...)
	} else {
		out = append(out, paint.Line{}, paint.Text(summary(s)))
		out = append(out, warnings(s)...)
	}
	return append(out, recordLine(s)...)
}

// bigVerdict is the word, as large as a third of the room lets it be.
func bigVerdict(s Scene, r Room) []paint.Line {
	h, top := max(r.H/3, 5), []paint.Line{{Detail: true}}
	if r.Small {
		h, top = min(r.H-1, 5), nil
	}
	switch s.Machine.Outcome() {
	case flows.FailedOutcome:
		if r.Small {
			h = 0 // the reason needs the room
		}
		return append(append(top, paint.Big("FAIL", paint.Bad, r.W, h)...), paint.AsDetail(paint.Line{})...)
	case flows.Warned:
		top = append(top, paint.Big("WARN", paint.Odd, r.W, h)...)
	default:
		top = append(top, paint.Big("PASS", paint.Good, r.W, h)...)
	}
	return append(append(top, written(s, r, h)...), paint.AsDetail(paint.Line{})...)
}

// written says that the unit was written and never met a server.
func written(s Scene, r Room, h int) []paint.Line {
	if s.Facts.Connect != nil || s.Facts.Terms.Endpoint {
		return nil
	}
	if r.Small {
		return paint.Big("WRITTEN", paint.Plain, r.W, 0)
	}
	return append([]paint.Line{{}}, paint.Big("WRITTEN", paint.Plain, r.W, h)...)
}

// summary is what the verdict rests on, in a sentence.
func summary(s Scene) string {
	n, kept := 0, 0
	for _, p := range s.Facts.Plan {
		switch {
		case p.Op == flows.Keep:
			kept++
		case p.Stage == flows.SlotMatches || p.Stage == flows.SlotGone:
			n++
		}
	}
	text := words.Count(n, "slot") + " read back"
	if n == 0 {
		text = "nothing had to be changed"
	}
	if kept > 0 {
		text += ", " + words.Count(kept, "slot") + " kept"
	}
	switch c := s.Facts.Connect; {
	case c != nil:
		text += " · " + c.Version + " " + words.Suite(c.Suite)
	case s.Facts.Terms.Endpoint:
		text += " · not connected this time"
	default:
		text += " · no server: the connection was not tested"
	}
	return text
}

// warnings are the findings that made a pass a warning.
func warnings(s Scene) []paint.Line {
	var fs []cred.Finding
	if s.Facts.Probe != nil {
		fs = append(fs, s.Facts.Probe.Findings...)
	}
	if s.Facts.Connect != nil {
		fs = append(fs, s.Facts.Connect.Findings...)
	}
	fs = unique(fs)
	if len(fs) == 0 {
		return nil
	}
	return append([]paint.Line{{}}, findings(fs)...)
}

func unique(fs []cred.Finding) []cred.Finding {
	seen := map[string]bool{}
	var out []cred.Finding
	for _, f := range fs {
		if k := f.Code + f.Text; !seen[k] {
			seen[k] = true
			out = append(out, f)
		}
	}
	return out
}

// recordLine says where it is written down.
func recordLine(s Scene) []paint.Line {
	switch {
	case s.Facts.Record != "":
		return []paint.Line{paint.L(paint.P("record "), paint.B(s.Facts.Record))}
	case !s.Facts.Terms.Ledger && s.Machine.Stage(flows.RecordScreen) == flows.Done:
		return []paint.Line{paint.L(paint.S(paint.Odd|paint.Bold, "no ledger:"), paint.P(" nothing was recorded"))}
	}
	return nil
}
