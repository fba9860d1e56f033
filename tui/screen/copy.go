package screen

import (
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/tui/words"
)

// Copied is what matters on the screen as plain text, and what it is in a few words; both empty where there is nothing to copy. Nothing in
// it is secret: the transcript is masked, and a digest is what everybody may compare.
func Copied(s Scene) (what, text string) {
	if s.Over == Transcript || s.Over == Console {
		var b strings.Builder
		for _, l := range s.Trace {
			b.WriteString(map[bool]string{true: "> ", false: "< "}[l.Out] + l.Text + "\n")
		}
		return "the masked transcript", b.String()
	}
	at, f := s.Machine.Screen(), s.Facts
	if s.Machine.Stage(at) == flows.Failing || s.final() && s.Machine.Outcome() == flows.FailedOutcome {
		if x := s.fault(at, flows.UnitScreen, flows.CredentialsScreen, flows.ConnectionScreen); x != nil {
			return "the failure", x.Text + " (" + x.Code + ")\nhint: " + x.Hint + "\n"
		}
	}
	switch {
	case at == flows.AuthorityScreen && !f.Authority.SHA256.IsZero():
		return "the authority's sha256", f.Authority.SHA256.String() + "\n"
	case at == flows.EndpointScreen && f.Probe != nil && f.Probe.Anchor != nil:
		return "the anchor's sha256", f.Probe.Anchor.SHA256.String() + "\n"
	case at == flows.CredentialsScreen && len(f.Plan) > 0:
		return "the slots' sha256", slotsText(f.Plan)
	case at == flows.PortScreen && f.Port != "":
		return "the port", f.Port + "\n"
	case f.Unit.IMEI != 0 && at == flows.RecordScreen && f.Record != "":
		return "IMEI and record", f.Unit.IMEI.String() + " record " + f.Record + "\n"
	case f.Unit.IMEI != 0:
		return "the IMEI", f.Unit.IMEI.String() + "\n"
	}
	return "", ""
}

// slotsText is each planned slot with what it holds and what it shall hold, as far as that is known.
func slotsText(plan []flows.PlanFacts) string {
	var b strings.Builder
	for _, p := range plan {
		for _, x := range []struct {
			name string
			d    cred.Digest
		}{{"before", p.Old}, {"wanted", p.New}} {
			if !x.d.IsZero() {
				b.WriteString(words.SlotName(uint32(p.Slot.SecTag), p.Slot.Kind) + " " + x.name + " " + x.d.String() + "\n")
			}
		}
	}
	return b.String()
}
