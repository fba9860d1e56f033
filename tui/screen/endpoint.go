package screen

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/words"
)

// endpoint shows the server as the modem sees it, and the anchor that a unit would be given for ten years.
func endpoint(s Scene, r Room) []paint.Line {
	p := s.Facts.Probe
	if p == nil {
		return append(unprobed(s), flight(s)...)
	}
	out := []paint.Line{{Spans: []paint.Span{paint.B(p.URL)}, Detail: r.Small}}
	out = append(out, anchor(s, r)...)
	out = append(out, findings(s, unsaid(s, p.Findings))...)
	out = append(out, chain(s, r, p.Chain, p.ChainBytes)...)
	return append(out, paint.AsDetail(suites(p)...)...)
}

// unprobed says why nothing is known of a server, and what the units trust all the same.
func unprobed(s Scene) []paint.Line {
	stage := s.Machine.Stage(flows.EndpointScreen)
	switch {
	case !s.Machine.Rest() && stage == flows.Running:
		return []paint.Line{paint.L(paint.B("Looking at the server…"))}
	case s.Facts.AnchorFile != "":
		return []paint.Line{paint.L(paint.S(paint.Good|paint.Bold, "trust anchor: "), paint.P("the root in "), paint.B(s.Facts.AnchorFile))}
	case s.Facts.Terms.Anchor:
		text := "trust anchor configured"
		for _, p := range s.Facts.Plan {
			if p.Slot.Kind == cred.RootCA && !p.New.IsZero() {
				text += ": sha256 " + p.New.Short()
				break
			}
		}
		return []paint.Line{paint.L(paint.B(text), paint.P(", not looked at in this run"))}
	case stage == flows.Done:
		return []paint.Line{paint.L(paint.B("No server:"), paint.P(" the units are written without one."))}
	}
	return []paint.Line{paint.L(paint.B("No server was looked at yet."))}
}

// anchor is the root that the units would trust, and why it is believed.
func anchor(s Scene, r Room) []paint.Line {
	a := s.Facts.Probe.Anchor
	settled := s.Facts.AnchorFile != "" && s.Machine.Stage(flows.EndpointScreen) == flows.Done
	if settled && !s.Compared && (a == nil || a.Trust != "file") {
		return []paint.Line{
			{Spans: []paint.Span{paint.S(paint.Good|paint.Bold, "trust anchor: "), paint.P("the root in "), paint.B(s.Facts.AnchorFile)}, Hang: 2},
			paint.Text("What follows was seen before it was loaded."),
			{Detail: true},
		}
	}
	if a == nil {
		return nil
	}
	head := paint.Row(paint.P("anchor "), paint.B(words.CommonName(a.Subject)), paint.P(fmt.Sprintf(", ends %s, %d B", words.Day(a.NotAfter), a.PEMBytes)))
	if a.Trust == "first-use" && !settled {
		return append([]paint.Line{head}, firstUse(a, r)...)
	}
	trust := map[string]string{
		"file": "as configured", "given": "its digest was given", "bundle": "a public root", "first-use": "compared with the server's owner",
	}[a.Trust]
	why := paint.Line{Spans: []paint.Span{paint.P("  "), paint.S(paint.Good|paint.Bold, trust)}, Hang: 2}
	if settled {
		why.Spans = append(why.Spans, paint.P(", stored in "+s.Facts.AnchorFile))
	}
	return append([]paint.Line{head, why}, paint.AsDetail(paint.Text("  sha256 "+a.SHA256.Short()), paint.Line{})...)
}

// firstUse is what a person compares: the whole digest of the file and that of the certificate in it, since owners have either.
func firstUse(a *flows.AnchorFacts, r Room) []paint.Line {
	const ask = "Ask the server's owner for either, on paper or on the phone: this network could have answered in the server's place, and " +
		"units will trust the root for ten years."
	both := []struct {
		name, way string
		d         cred.Digest
	}{{"file", "sha256: of the root's file, by sha256sum FILE", a.SHA256}, {"cert", "fingerprint: openssl x509 -fingerprint -sha256 -in FILE", a.DER}}
	var out []paint.Line
	if !r.Small {
		out = append(out, paint.L(paint.S(paint.Odd|paint.Bold, "seen for the first time: not proven")))
	}
	for _, x := range both {
		indent := "  "
		if !r.Small && !x.d.IsZero() {
			out = append(out, paint.Row(paint.P(x.way)))
		}
		for i, g := range words.Grouped(x.d) {
			if r.Small { // both must be seen whole
				indent = map[bool]string{true: x.name + " ", false: "     "}[i == 0]
			}
			out = append(out, paint.Row(paint.P(indent), paint.B(g)))
		}
	}
	if r.Small {
		return append(out, paint.Text("Ask the owner, not this network."), paint.Text("file: sha256sum; cert: its fingerprint"))
	}
	gap := paint.AsDetail(paint.Line{})
	return append(append(append(out, gap...), paint.Text(ask)), gap...)
}

// unsaid are the findings that stand nowhere else on the screen: not in the failure above, nor in the anchor's lines.
func unsaid(s Scene, fs []cred.Finding) []cred.Finding {
	fail := s.Facts.Failure
	return slices.DeleteFunc(slices.Clone(fs), func(f cred.Finding) bool {
		return f.Code == "chain.anchor-unproven" && s.Machine.Screen() == flows.EndpointScreen || fail != nil && fail.Code == f.Code && fail.Text == f.Text
	})
}

// chain draws the certificates as a tree, from the server's own up to the root, with their lifetimes as bars.
func chain(s Scene, r Room, certs []flows.ChainFacts, bytes int) []paint.Line {
	if len(certs) == 0 {
		return nil
	}
	head := "chain as sent"
	if bytes > 0 {
		head += fmt.Sprintf(", %s B of 4 096", words.Thousands(int64(bytes)))
	}
	out := []paint.Line{paint.Text(head)}
	name, width := 27, r.W-27-10-12
	if r.W < 56 {
		name, width = r.W-11, 0
	}
	last := latest(certs)
	for i, c := range certs {
		branch := ""
		if i > 0 {
			branch = strings.Repeat("  ", i-1) + "└ "
		}
		l := paint.Row(paint.Cell(name, paint.P(" "+branch+words.CommonName(c.Subject))))
		if width > 4 {
			l.Spans = append(l.Spans, paint.Cell(10, paint.P(" "+c.Key)), paint.P(" "+words.Lifetime(s.Now, c.NotAfter, last, min(width, 30))+" "))
		}
		l.Spans = append(l.Spans, paint.P(words.Day(c.NotAfter)))
		out = append(out, l)
	}
	return out
}

// latest is when the last of the certificates ends.
func latest(certs []flows.ChainFacts) time.Time {
	var last time.Time
	for _, c := range certs {
		if t, err := time.Parse(time.RFC3339, c.NotAfter); err == nil && t.After(last) {
			last = t
		}
	}
	return last
}

// suites is a table of server against modem, and what else the server wants.
func suites(p *flows.ProbeFacts) []paint.Line {
	out := []paint.Line{{}}
	if len(p.Suites.Server) > 0 {
		out = append(out, paint.Row(paint.Cell(34, paint.P("suites of the server")), paint.P("modem has it")))
	}
	for _, name := range p.Suites.Server {
		has := "–"
		if slices.Contains(p.Suites.ModemUsable, name) {
			has = "●"
		}
		out = append(out, paint.Row(paint.Cell(34, paint.P(" "+words.Suite(name))), paint.P(has)))
	}
	auth := map[string]string{"required": "yes", "optional": "yes, but lets units in without", "none": "no: it lets anyone in"}[p.ClientAuth]
	if auth == "" {
		auth = words.YesNo(nil)
	}
	for _, x := range [][2]string{{"asks for a certificate", auth}, {"name matches", words.YesNo(p.HostMatch)}, {"Connection ID", words.YesNo(p.CID)}} {
		out = append(out, paint.Row(paint.Cell(34, paint.P(x[0])), paint.P(x[1])))
	}
	for _, x := range [][2]string{{"speaks", strings.Join(p.Traits.Versions, ", ")}, {"curves", strings.Join(p.Traits.Groups, ", ")}} {
		if x[1] != "" {
			out = append(out, paint.Row(paint.Cell(34, paint.P(x[0])), paint.P(x[1])))
		}
	}
	return out
}

// flight is how far a handshake got.
func flight(s Scene) []paint.Line {
	if s.Progress.Flight == "" {
		return nil
	}
	return []paint.Line{paint.Row(paint.S(paint.Here|paint.Bold, "▸ "+words.Flight(s.Progress.Flight)))}
}
