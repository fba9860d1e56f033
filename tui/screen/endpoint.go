package screen

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/table"
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
	return append(out, paint.AsDetail(table.Suites(p, r.W, r.H)...)...)
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
	if slices.ContainsFunc(certs, func(c flows.ChainFacts) bool { return fetched(s.Facts.Probe, c) }) {
		width -= 4
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
		if fetched(s.Facts.Probe, c) {
			l.Spans = append(l.Spans, paint.P(" AIA"))
		}
		out = append(out, l)
	}
	if p := s.Facts.Probe; p != nil && bytes > 0 && p.Life != "" {
		out = append(out, productsLife(s, p.Life, last, name+11, min(width, 30)))
	}
	return out
}

// fetched tells of a certificate that the server did not send: its address stood in the one before.
func fetched(p *flows.ProbeFacts, c flows.ChainFacts) bool {
	return p != nil && p.Anchor != nil && p.Anchor.Source == "aia" && p.Anchor.Subject == c.Subject
}

// productsLife marks below the bars when the product's life ends.
func productsLife(s Scene, until string, last time.Time, left, width int) paint.Line {
	text := "product's life " + words.Day(until)
	end, err := time.Parse(time.RFC3339, until)
	if width <= 4 || err != nil || s.Now.IsZero() || !last.After(s.Now) {
		return paint.Text(" " + text)
	}
	at := min(int(float64(width)*end.Sub(s.Now).Hours()/last.Sub(s.Now).Hours()), width)
	mark := strings.Repeat(" ", max(at, 0)) + "┊"
	if room := left + max(at, 0) - 1; room >= paint.Width(text)+1 { // to the left of the mark there is room
		return paint.Row(paint.P(strings.Repeat(" ", room-paint.Width(text)-1)+text+"  "), paint.S(paint.Bold, "┊"))
	}
	return paint.Row(paint.P(strings.Repeat(" ", left) + mark + " " + text))
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

// flight is how far a handshake got.
func flight(s Scene) []paint.Line {
	if s.Progress.Flight == "" {
		return nil
	}
	return []paint.Line{paint.Row(paint.S(paint.Here|paint.Bold, "▸ "+words.Flight(s.Progress.Flight)))}
}
