package screen

import (
	"fmt"
	"strconv"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/words"
)

// credentials shows the plan before the deed, the deed, and what each slot then holds.
func credentials(s Scene, r Room) []paint.Line {
	out := append(who(s), story(s, r)...)
	if len(s.Facts.Plan) == 0 && len(s.Facts.Slots) == 0 {
		text := "The slots were not read yet."
		if !s.Machine.Rest() {
			text = "Reading the slots…"
		}
		return append(out, paint.L(paint.B(text)))
	}
	if s.Facts.Past != nil && s.Machine.Aim() == flows.ForProfile && !flows.Begun(s.Facts.Plan) {
		return append(out, looked(s, r)...)
	}
	if needsAnchor(s) {
		out = append(out, paint.L(paint.S(paint.Odd|paint.Bold, "No trust anchor is configured:"),
			paint.P(" the endpoint screen fetches the server's root.")), paint.Line{})
	}
	rows := others(s, r)
	if len(s.Facts.Plan) == 0 {
		text := "Nothing is planned yet."
		if s.Machine.Aim() == flows.ForRetirement {
			text = "Nothing of ours is in this unit: there is nothing to retire."
		}
		out = append(out, paint.L(paint.B(text)), paint.Line{})
	}
	out = append(out, slotHead(r))
	for i, p := range s.Facts.Plan {
		out = append(out, planLine(s, i, p, r))
	}
	out = append(out, rows...)
	if why := s.Facts.Prepared.Why; why != "" { // the profile leaves open who makes the key
		out = append(out, paint.AsDetail(paint.Text("This computer makes the key: "+why+"."))...)
	}
	if flows.Begun(s.Facts.Plan) {
		return append(out, lineTime(s)...)
	}
	return append(append(out, losses(s)...), older(s)...)
}

// needsAnchor tells that the plan waits for the endpoint screen.
func needsAnchor(s Scene) bool {
	return len(s.Facts.Plan) > 0 && !s.Facts.Terms.Anchor && !s.Facts.Terms.PSK && s.Machine.Aim() != flows.ForRetirement && s.Facts.AnchorFile == "" && s.Machine.Stage(flows.EndpointScreen) != flows.Done
}

// Columns of the slot table, in cells: tag, type, digest; the last takes the rest.
func columns(r Room) (tag, kind, digest int) {
	if r.W < 56 {
		return 10, 12, 0
	}
	return 10, 15, 15
}

func slotHead(r Room) paint.Line {
	tag, kind, digest := columns(r)
	l := paint.Row(paint.Cell(-tag, paint.P("sec_tag")), paint.P(" "), paint.Cell(kind, paint.P("type")))
	if digest > 0 {
		l.Spans = append(l.Spans, paint.Cell(digest, paint.P("in the modem")))
	}
	l.Spans = append(l.Spans, paint.P("plan"))
	l.Detail = r.Small
	return l
}

func slotLine(r Room, tag uint32, kind cred.Kind, d cred.Digest, what paint.Span) paint.Line {
	tagW, kindW, digestW := columns(r)
	l := paint.Row(paint.Cell(-tagW, paint.P(strconv.FormatUint(uint64(tag), 10))), paint.P(" "), paint.Cell(kindW, paint.P(words.Kind(kind))))
	if digestW > 0 {
		text := d.Short()
		if text == "" {
			text = "–"
		}
		l.Spans = append(l.Spans, paint.Cell(digestW, paint.P(text)))
	}
	l.Spans = append(l.Spans, what)
	return l
}

// planLine is one planned slot: what will be done, or how far it got.
func planLine(s Scene, i int, p flows.PlanFacts, r Room) paint.Line {
	text, style := progressWords(s, p, r)
	if text == "" {
		text, style = planWords(s, i, p, r)
	}
	d := p.Old
	switch p.Stage {
	case flows.SlotDeleted, flows.SlotWriting, flows.SlotWritten, flows.SlotMaking, flows.SlotMade, flows.SlotUnknown:
		d = cred.Digest{} // nobody knows until it is read back
	case flows.SlotMatches, flows.SlotGone, flows.SlotDiffers:
		d = p.Now
	}
	return slotLine(r, uint32(p.Slot.SecTag), p.Slot.Kind, d, paint.S(style, text))
}

// planWords is what the plan will do with a slot.
func planWords(s Scene, i int, p flows.PlanFacts, r Room) (string, paint.Style) {
	reason := ""
	if p.Reason != "" {
		reason = ": " + p.Reason
	}
	switch {
	case p.Op == flows.Keep && p.Has == flows.Empty && s.Facts.Past != nil:
		return "is empty already", paint.Plain
	case p.Op == flows.Keep:
		return "keep" + reason, paint.Plain
	case p.Op == flows.DeleteSlot && p.Has == flows.Foreign:
		return "delete!" + reason, paint.Bad | paint.Bold
	case p.Op == flows.DeleteSlot:
		return "delete" + reason, paint.Bold
	case p.Op == flows.MakeSlot && p.Has == flows.Foreign:
		return "replace! in the modem" + reason, paint.Bad | paint.Bold
	case p.Op == flows.MakeSlot:
		return "make in the modem" + reason, paint.Bold
	case p.Has == flows.Foreign:
		return "replace!" + made(s, p) + reason, paint.Bad | paint.Bold
	case p.Has == flows.Empty:
		tag, kind, digest := columns(r)
		text := "write" + made(s, p) + size(s, i)
		if paint.Width(text) > r.W-tag-kind-digest-1 {
			text = "write" + made(s, p)
		}
		return text + reason, paint.Bold
	}
	return "renew" + made(s, p) + reason, paint.Bold
}

func made(s Scene, p flows.PlanFacts) string {
	if p.Slot.Kind == cred.ClientKey && s.Facts.Prepared.KeyOrigin != "" {
		return ", " + s.Facts.Prepared.KeyOrigin + " key"
	}
	return ""
}

func size(s Scene, i int) string {
	if i < len(s.Facts.Prepared.Sizes) && s.Facts.Prepared.Sizes[i] > 0 {
		return fmt.Sprintf(", %d B", s.Facts.Prepared.Sizes[i])
	}
	return ""
}

// progressWords is how far the work on a slot got; empty when it has not begun.
func progressWords(s Scene, p flows.PlanFacts, r Room) (string, paint.Style) {
	switch p.Stage {
	case flows.SlotDeleting:
		return "deleting", paint.Here | paint.Bold
	case flows.SlotDeleted:
		return "deleted", paint.Plain
	case flows.SlotWriting:
		if s.Progress.Total > 0 {
			return fmt.Sprintf("%s %d/%d B", words.Bar(s.Progress.Sent, s.Progress.Total, min(r.W/7, 24)), s.Progress.Sent, s.Progress.Total), paint.Here | paint.Bold
		}
		return "writing", paint.Here | paint.Bold
	case flows.SlotMaking:
		return "the modem makes a key", paint.Here | paint.Bold
	case flows.SlotWritten, flows.SlotMade:
		return "reading back", paint.Here | paint.Bold
	case flows.SlotMatches:
		if p.Op == flows.MakeSlot {
			return "● made in the modem", paint.Good | paint.Bold
		}
		return "● reads back", paint.Good | paint.Bold
	case flows.SlotGone:
		return "● gone", paint.Good | paint.Bold
	case flows.SlotDiffers:
		return "✗ " + words.Differs(p.Old, p.Now), paint.Bad | paint.Bold
	case flows.SlotUnknown:
		return "✗ not known", paint.Bad | paint.Bold
	}
	return "", paint.Plain
}

// others are the slots that the plan does not touch. The modem's own are counted, not shown.
func others(s Scene, r Room) []paint.Line {
	var out []paint.Line
	own := 0
	for _, x := range s.Facts.Slots {
		switch {
		case x.Reserved || cred.SecTag(x.SecTag).Reserved():
			own++
		case !Planned(s.Facts.Plan, x):
			text := "left alone"
			if x.Known != nil && *x.Known {
				text = "ours, left alone"
			}
			out = append(out, slotLine(r, x.SecTag, x.Type, x.SHA256, paint.P(text)))
		}
	}
	if own > 0 {
		out = append(out, paint.AsDetail(paint.Text("and "+words.Count(own, "slot")+" of the modem's own, never touched"))...)
	}
	return out
}

// Planned tells whether the plan works on a slot that the modem lists.
func Planned(plan []flows.PlanFacts, x flows.SlotFacts) bool {
	for _, p := range plan {
		if uint32(p.Slot.SecTag) == x.SecTag && p.Slot.Kind == x.Type {
			return true
		}
	}
	return false
}

// losses says what cannot be brought back, before it is done.
func losses(s Scene) []paint.Line {
	var out []paint.Line
	for _, p := range s.Facts.Plan {
		secret := s.Facts.Terms.Service && p.Slot.Kind.Secret() && !p.Old.IsZero() // ours or not: it is in no other place
		if p.Has != flows.Foreign && !secret || p.Op == flows.Keep {
			continue
		}
		what := "the " + words.Kind(p.Slot.Kind) + " in " + strconv.FormatUint(uint64(p.Slot.SecTag), 10)
		if p.Slot.Kind.Secret() {
			what += ": nobody can read it out of the modem first"
		}
		out = append(out, paint.Line{Spans: []paint.Span{paint.P("  " + what)}, Hang: 4})
	}
	if out = append(out, endings(s)...); len(out) == 0 {
		return nil
	}
	head := []paint.Line{{}, paint.L(paint.S(paint.Bad|paint.Bold, "What cannot be brought back:"))}
	return append(head, out...)
}

// lineTime is what the line has carried so far.
func lineTime(s Scene) []paint.Line {
	p := s.Progress
	if p.BytesOut == 0 && p.BytesIn == 0 {
		return nil
	}
	text := fmt.Sprintf("line %s   %s B out   %s B in", words.Milliseconds(p.Line.Milliseconds()), words.Thousands(p.BytesOut), words.Thousands(p.BytesIn))
	return paint.AsDetail(paint.Line{}, paint.Text(text))
}
