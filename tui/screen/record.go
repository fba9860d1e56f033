package screen

import (
	"strconv"

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
		out = append(append(append(out, failureText(s)...), holdings(s)...), unrevoked(s)...)
	} else {
		out = append(out, paint.Line{})
		if s.Machine.Hand() != flows.Keep {
			out = append(out, byHand(s)...)
		} else {
			out = append(out, paint.Text(summary(s)))
		}
		out = append(out, afterwards(s)...)
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
	switch o := s.Machine.Outcome(); {
	case o == flows.FailedOutcome:
		if r.Small {
			h = 0 // the reason needs the room
		}
		return append(append(top, paint.Big("FAIL", paint.Bad, r.W, h)...), paint.AsDetail(paint.Line{})...)
	case o == flows.Warned, clearKey(s):
		word := "WARN"
		if s.Machine.Aim() == flows.ForRetirement {
			word = "RETIRED" // what is wrong with the authority does not bring the unit back
		}
		top = append(top, paint.Big(word, paint.Odd, r.W, h)...)
	default:
		if r.Small && (s.Machine.Hand() == flows.DeleteSlot || s.Machine.Aim() != flows.ForProfile) {
			h = 0 // what the unit can no longer do needs the room
		}
		top = append(top, paint.Big(passWord(s.Machine), paint.Good, r.W, h)...)
	}
	return append(append(top, written(s, r, h)...), paint.AsDetail(paint.Line{})...)
}

// passWord is the verdict on work that came to its end. What was done by hand to one slot proves nothing about the unit.
func passWord(m Machine) string {
	switch {
	case m.Aim() == flows.ForRetirement:
		return "RETIRED"
	case m.Hand() == flows.WriteSlot:
		return "WRITTEN"
	case m.Hand() == flows.DeleteSlot:
		return "DELETED"
	}
	return "PASS"
}

// written says that the unit was written and never met a server.
func written(s Scene, r Room, h int) []paint.Line {
	if s.Facts.Connect != nil || s.Facts.Terms.Endpoint || s.Machine.Hand() != flows.Keep || s.Machine.Aim() == flows.ForRetirement {
		return nil
	}
	if r.Small {
		return paint.Big("WRITTEN", paint.Plain, r.W, 0)
	}
	return append([]paint.Line{{}}, paint.Big("WRITTEN", paint.Plain, r.W, h)...)
}

// summary is what the verdict rests on, in a sentence.
func summary(s Scene) string {
	if s.Machine.Aim() == flows.ForRetirement {
		return gone(s)
	}
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
		if text += " · " + c.Version + " " + words.Suite(c.Suite); c.Twin { // the unit's own key is in its modem and was not shown
			text = "written, not connected by the modem · " + text
		}
	case s.Facts.Terms.Endpoint:
		text += " · not connected this time"
	default:
		text += " · no server: the connection was not tested"
	}
	return text
}

// byHand is what was done to one slot, and what the unit can no longer do.
func byHand(s Scene) []paint.Line {
	var out []paint.Line
	for _, p := range s.Facts.Plan {
		tag, text := strconv.FormatUint(uint64(p.Slot.SecTag), 10), ": written and read back"
		if p.Op == flows.DeleteSlot {
			text = ": deleted, and gone when read back"
			if p.Has == flows.Empty {
				text = ": was empty already"
			}
		}
		out = append(out, paint.Text(words.SlotName(uint32(p.Slot.SecTag), p.Slot.Kind)+text))
		if p.Op == flows.DeleteSlot && !p.Stray {
			out = append(out, lack(tag, p.Slot.Kind)...)
		}
	}
	return append(out, paint.Text("Work by hand on one slot: nothing else of the unit was looked at."))
}

// lack is what a unit cannot do without the slot.
func lack(tag string, k cred.Kind) []paint.Line {
	switch k {
	case cred.ClientCert, cred.ClientKey, cred.PSK, cred.PSKID:
		return []paint.Line{paint.L(paint.S(paint.Odd|paint.Bold, "The unit has no identity under sec_tag "+tag+" any more:"),
			paint.P(" it cannot log in anywhere with it."))}
	case cred.RootCA:
		return []paint.Line{paint.L(paint.S(paint.Odd|paint.Bold, "The unit trusts no server under sec_tag "+tag+" any more."))}
	}
	return nil
}

// clearKey tells whether the unit has the warning that its authority's key lies in clear: work by hand on one slot has none.
func clearKey(s Scene) bool { return s.Facts.Authority.Clear() && s.Machine.Hand() == flows.Keep }

// warnings are the findings that made a pass a warning: an authority's key in clear, and those of the connection. What was found out
// about the server before stands on the endpoint screen.
func warnings(s Scene) (out []paint.Line) {
	if clearKey(s) {
		out = append(out, paint.L(paint.S(paint.Odd|paint.Bold, "The authority's key lies in clear:"), paint.P(" whoever copies the file can make units (ca.clear-key).")))
	}
	if s.Facts.Connect == nil || len(s.Facts.Connect.Findings) == 0 {
		return out
	}
	return append(append(out, paint.Line{}), findings(s, words.Unique(s.Facts.Connect.Findings))...)
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
