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
		text := "No server was looked at yet."
		if !s.Machine.Rest() && s.Machine.Stage(flows.EndpointScreen) == flows.Running {
			text = "Looking at the server…"
		}
		return append([]paint.Line{paint.L(paint.B(text))}, flight(s)...)
	}
	out := []paint.Line{{Spans: []paint.Span{paint.B(p.URL)}, Detail: r.Small}}
	out = append(out, anchor(s, r)...)
	out = append(out, findings(unsaid(s, p.Findings))...)
	out = append(out, chain(s, r, p.Chain, p.ChainBytes)...)
	return append(out, paint.AsDetail(suites(p)...)...)
}

// anchor is the root that the units would trust, and why it is believed. On first use the whole digest is shown.
func anchor(s Scene, r Room) []paint.Line {
	a := s.Facts.Probe.Anchor
	if a == nil {
		return nil
	}
	trust := map[string]string{
		"file": "as configured", "given": "its digest was given", "bundle": "a public root",
		"first-use": "seen for the first time: not proven",
	}[a.Trust]
	out := []paint.Line{
		paint.Row(paint.P("anchor "), paint.B(words.CommonName(a.Subject)), paint.P(fmt.Sprintf(", ends %s, %d B", words.Day(a.NotAfter), a.PEMBytes))),
	}
	why := paint.Row(paint.P("  "), paint.B(trust), paint.P(map[bool]string{true: "; kept in " + s.Facts.AnchorFile}[s.Facts.AnchorFile != ""]))
	if a.Trust != "first-use" || s.Facts.AnchorFile != "" {
		return append(append(out, why), paint.AsDetail(paint.Text("  sha256 "+a.SHA256.Short()), paint.Line{})...)
	}
	for _, g := range words.Grouped(a.SHA256) {
		out = append(out, paint.Row(paint.P("  "), paint.B(g)))
	}
	out = append(out, why)
	if r.Small {
		return append(out, paint.Text("Ask the server's owner, not this network."))
	}
	return append(out, paint.Line{}, paint.Text("This network could have answered in the server's place. Ask the server's owner for the sha256 of this "+
		"certificate, on paper or on the phone, and compare all of it: units will trust it for ten years."), paint.Line{})
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
			l.Spans = append(l.Spans, paint.Cell(10, paint.P(" "+c.Key)), paint.P(" "+lifetime(s.Now, c.NotAfter, last, min(width, 30))+" "))
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

// lifetime is how much of the time until last a certificate lives, as a bar that begins today.
func lifetime(now time.Time, notAfter string, last time.Time, w int) string {
	end, err := time.Parse(time.RFC3339, notAfter)
	if now.IsZero() || err != nil || !last.After(now) {
		return strings.Repeat(" ", w)
	}
	return words.Bar(int(end.Sub(now).Hours()), int(last.Sub(now).Hours()), w)
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
	out = append(out, optional("asks for a certificate  ", auth)...)
	return append(out, paint.Text("name matches: "+words.YesNo(p.HostMatch)+"   Connection ID: "+words.YesNo(p.CID)))
}

// flight is how far a handshake got.
func flight(s Scene) []paint.Line {
	if s.Progress.Flight == "" {
		return nil
	}
	return []paint.Line{paint.Row(paint.S(paint.Here|paint.Bold, "▸ "+s.Progress.Flight))}
}
