package screen

import (
	"strings"

	"example.org/sectag/flows"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/words"
)

// unit shows who is at the port.
func unit(s Scene, r Room) []paint.Line {
	u := s.Facts.Unit
	if u.IMEI == 0 {
		return nextUnit(s, r)
	}
	out := []paint.Line{paint.L(paint.S(paint.Reverse|paint.Bold, "  "+u.IMEI.String()+"  "))}
	if !u.IMEIValid {
		out = append(out, paint.L(paint.S(paint.Odd|paint.Bold, "The check digit is wrong."), paint.P(" Some units have such an IMEI; compare it with the label.")))
	}
	out = append(out, paint.Line{})
	out = append(out, paint.Optional("model", u.Model)...)
	out = append(out, paint.Pair("firmware", words.Told(u.Firmware), paint.Plain))
	out = append(out, paint.Optional("hardware", u.Hardware)...)
	out = append(out, paint.Optional("host", words.Host(u.Host))...)
	out = append(out, paint.AsDetail(paint.Pair("modem is", words.Functional(u.FunctionalMode), paint.Plain))...)
	out = append(out, paint.AsDetail(paint.Optional("uuid", u.UUID)...)...)
	seen := "no ledger"
	switch {
	case u.Record != "":
		seen = "record " + u.Record
	case s.Facts.Terms.Ledger:
		seen = "not seen before"
	}
	out = append(out, paint.Pair("known", seen, paint.Plain))
	if s.Facts.Interrupted != 0 {
		out = append(out, paint.L(paint.S(paint.Odd|paint.Bold, "A run on "+s.Facts.Interrupted.String()+" was interrupted:"),
			paint.P(" its slots are read again before anything is done.")))
	}
	return out
}

// nextUnit invites the next one.
func nextUnit(s Scene, r Room) []paint.Line {
	var out []paint.Line
	switch {
	case !s.Machine.Rest():
		out = append(out, paint.L(paint.B("Asking the modem who it is…")))
	case s.Machine.Stage(flows.UnitScreen) == flows.Failing:
		return nil
	case r.Small:
		out = append(out, paint.Big("NEXT UNIT", paint.Here, r.W, 0)...)
	default:
		out = append(out, paint.Line{})
		out = append(out, paint.Big("NEXT", paint.Here, r.W-8, min(r.H/2-1, 5))...)
		out = append(out, paint.Line{})
		out = append(out, paint.Big("UNIT", paint.Here, r.W-8, min(r.H/2-1, 5))...)
		out = append(out, paint.Line{})
	}
	out = append(out, plugIn(s)...)
	if s.Facts.Interrupted != 0 {
		out = append(out, paint.L(paint.S(paint.Odd|paint.Bold, "A run on "+s.Facts.Interrupted.String()+" was interrupted:"),
			paint.P(" put that unit back to finish it.")))
	}
	return out
}

// plugIn says where the board goes and what to press then.
func plugIn(s Scene) []paint.Line {
	text := "Plug the board in"
	if s.Facts.Port != "" {
		text += " at " + s.Facts.Port
	}
	for _, a := range s.Machine.Actions() {
		if a.Event == (flows.UnitWanted{}) && a.Disabled == "" {
			return []paint.Line{paint.L(paint.P(text+", then press "), paint.B(words.Key(a.Key)), paint.P("."))}
		}
	}
	if s.Facts.Port == "" || s.Machine.Stage(flows.UnitScreen) != flows.Idle {
		return nil
	}
	return []paint.Line{paint.Text(text + ".")}
}

// who is the unit in one line, for the screens that come after it.
func who(s Scene) []paint.Line {
	u := s.Facts.Unit
	if u.IMEI == 0 {
		return nil
	}
	rest := strings.Join(strings.Fields(u.Model+" "+u.Firmware+" "+words.Host(u.Host)), " ")
	out := []paint.Line{paint.Row(paint.B(u.IMEI.String()), paint.P("  "+rest))}
	if u.Record != "" {
		out = append(out, paint.AsDetail(paint.Text("known: record "+u.Record))...)
	}
	return append(out, paint.AsDetail(paint.Line{})...)
}
