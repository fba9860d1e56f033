package screen

import (
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/tale"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/words"
)

// shortStory is how many records stand above the slots; the others come below.
const shortStory = 3

// story is what the ledger tells of the unit, above its slots.
func story(s Scene, r Room) []paint.Line {
	p := s.Facts.Past
	if p == nil {
		return nil
	}
	if len(p.Records) == 0 {
		return []paint.Line{paint.L(paint.S(paint.Odd|paint.Bold, "The ledger has no record of this unit.")), {Detail: true}}
	}
	n := shortStory
	if r.Small {
		n = 1
	}
	var out []paint.Line
	for _, x := range p.Records[:min(n, len(p.Records))] {
		out = append(out, recordOf(x))
	}
	for _, c := range p.Certificates {
		switch {
		case c.Revoked != "":
			out = append(out, paint.AsDetail(hung("certificate "+shortSerial(c.Serial), ": revoked, "+c.Revoked, paint.Plain))...)
		case p.Records[0].Kind == "retirement":
			out = append(out, hung("certificate "+shortSerial(c.Serial), ": the unit is retired and this is NOT REVOKED", paint.Odd|paint.Bold))
		}
	}
	return append(out, paint.Line{Detail: true})
}

// older are the records for which there was no room above.
func older(s Scene) []paint.Line {
	p := s.Facts.Past
	if p == nil || len(p.Records) <= shortStory {
		return nil
	}
	out := []paint.Line{{Detail: true}, {Spans: []paint.Span{paint.B("Before that:")}, Detail: true}}
	for _, x := range p.Records[shortStory:] {
		out = append(out, paint.AsDetail(recordOf(x))...)
	}
	return out
}

func recordOf(x tale.Record) paint.Line {
	text := " " + words.Day(x.Time) + " " + x.Kind + " " + x.Verdict
	if x.Product != "" {
		text += ", " + x.Product
	}
	if x.Station != "" {
		text += ", station " + x.Station
	}
	return hung("record "+x.Record, text, paint.Plain)
}

func hung(head, text string, style paint.Style) paint.Line {
	return paint.Line{Spans: []paint.Span{paint.B(head), paint.S(style, text)}, Hang: 2}
}

// shortSerial is a certificate's serial as far as it is needed to tell two apart.
func shortSerial(s string) string {
	if len(s) > 16 {
		return s[:8] + "…" + s[len(s)-4:]
	}
	return s
}

// looked are the slots of a unit in service as they are, before anything is planned for it.
func looked(s Scene, r Room) []paint.Line {
	head := slotHead(r)
	head.Spans[len(head.Spans)-1] = paint.P("what it is")
	out, own := []paint.Line{head}, 0
	for _, x := range s.Facts.Slots {
		past := s.Facts.Past.Of(cred.Slot{SecTag: cred.SecTag(x.SecTag), Kind: x.Type})
		if past == nil {
			own++
			continue
		}
		text, more, style := pastWords(*past)
		out = append(out, slotLine(r, x.SecTag, x.Type, x.SHA256, paint.S(style, text)))
		if more != "" {
			out = append(out, paint.Line{Spans: []paint.Span{paint.P("           " + more)}, Hang: 11, Detail: r.Small})
		}
	}
	if len(out) == 1 {
		out = append(out, paint.L(paint.B("No slot holds anything.")))
	}
	if own > 0 {
		out = append(out, paint.AsDetail(paint.Text("and "+words.Count(own, "slot")+" of the modem's own, never touched"))...)
	}
	out = append(out, byProfile(s)...)
	return append(out, older(s)...)
}

// pastWords is what the ledger tells of what a slot holds: in a few words, and the rest of it.
func pastWords(p tale.Slot) (text, more string, style paint.Style) {
	text, style = p.State, paint.Plain
	if p.State == "revoked" || p.State == "expired" || p.State == "ends soon" || p.State == "not ours" {
		style = paint.Odd | paint.Bold
	}
	if p.Record == "" {
		return text, "", style
	}
	text += ", rec " + p.Record
	more = words.Day(p.Time)
	if p.NotAfter != "" {
		more += " until " + words.Day(p.NotAfter)
	}
	if p.Origin != "" {
		more += ", made by " + map[string]string{"modem": "the modem", "host": "a host"}[p.Origin]
	}
	return text, more, style
}

// byProfile tells whether the unit is as the profile wants it.
func byProfile(s Scene) []paint.Line {
	if why := s.Facts.Past.Trouble; why != "" {
		return []paint.Line{hung("It cannot be held against the profile: ", why, paint.Odd)}
	}
	n := 0
	for _, p := range s.Facts.Plan {
		if p.Op != flows.Keep {
			n++
		}
	}
	switch {
	case len(s.Facts.Plan) == 0:
		return nil
	case n == 0:
		return []paint.Line{paint.Text("The unit holds what the profile asks for; g records that.")}
	}
	return []paint.Line{paint.Text("By the profile " + words.Count(n, "slot") + " would be changed; g does only that.")}
}

// endings says which certificates will be believed no more, before the deed.
func endings(s Scene) []paint.Line {
	if s.Machine.Aim() == flows.ForProfile || s.Facts.Past == nil {
		return nil
	}
	var out []paint.Line
	for _, c := range s.Facts.Past.Certificates {
		switch {
		case c.Revoked != "":
		case c.Ours:
			out = append(out, hung("  certificate "+shortSerial(c.Serial), " of record "+c.Record+" will be revoked", paint.Plain))
		default:
			out = append(out, hung("  certificate "+shortSerial(c.Serial), " of record "+c.Record+" stays believed: another authority signed it, or none is named here", paint.Odd))
		}
	}
	return out
}

// afterwards is what became of the certificates, and what a person has to do so that servers learn it.
func afterwards(s Scene) []paint.Line {
	if s.Machine.Aim() == flows.ForProfile {
		return nil
	}
	var out []paint.Line
	for _, c := range s.Facts.Revoked {
		out = append(out, hung("certificate "+shortSerial(c.Serial), " revoked: record "+c.Record, paint.Plain))
	}
	if len(out) > 0 {
		a := s.Facts.Authority
		out = append(out, paint.Text("No server knows it yet. The list that they read is made by"),
			paint.Line{Spans: []paint.Span{paint.B("sectag ca crl --cert " + orName(a.Cert, "CERT") + " --key " + orName(a.Key, "KEY") + " --out list.crl")}, Hang: 2})
	}
	if s.Machine.Aim() == flows.ForRetirement {
		out = append(out, paint.Text("A server that reads no list must be told: delete the unit there."))
	}
	return out
}

// unrevoked says after a failure that the certificates are believed still. Where the record could not be written nobody knows.
func unrevoked(s Scene) []paint.Line {
	if s.Machine.Aim() == flows.ForProfile || len(s.Facts.Past.Revocable()) == 0 || s.Machine.Stage(flows.RecordScreen) != flows.Done {
		return nil
	}
	return []paint.Line{paint.L(paint.S(paint.Odd|paint.Bold, "No certificate was revoked."))}
}

func orName(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// gone is what a retired unit's verdict rests on.
func gone(s Scene) string {
	n := 0
	for _, p := range s.Facts.Plan {
		if p.Stage == flows.SlotGone {
			n++
		}
	}
	if n == 0 {
		return "nothing of it was there any more"
	}
	return words.Count(n, "slot") + " deleted, and empty when read back"
}
