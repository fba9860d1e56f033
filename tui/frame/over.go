package frame

import (
	"strconv"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/screen"
	"example.org/sectag/tui/words"
)

// over is the page that lies over the screen.
func (s window) over(r screen.Room) []paint.Line {
	switch s.Over {
	case screen.Transcript:
		return transcript(s, r)
	case screen.Explained:
		return paint.Window(screen.Explanation(s.Scene), r.W, r.H, s.Scroll)
	case screen.Console:
		return console(s, r)
	case screen.Digests:
		return paint.Window(digests(s), r.W, r.H, s.Scroll)
	case screen.Help:
		return paint.Window(help(s), r.W, r.H, s.Scroll)
	}
	return nil
}

// transcript shows the newest lines of what went over the line; content of credentials was masked before it came here. Scroll
// counts from the end.
func transcript(s window, r screen.Room) []paint.Line {
	if len(s.Trace) == 0 {
		return []paint.Line{paint.L(paint.B("Nothing has gone over the line yet."))}
	}
	var out []paint.Line
	for to := max(len(s.Trace)-s.Scroll, min(r.H, len(s.Trace))); to > 0 && len(out) < r.H; to-- {
		out = append(traceLine(s, s.Trace[to-1], r), out...)
	}
	return out[max(len(out)-r.H, 0):]
}

func traceLine(s window, t flows.TraceLine, r screen.Room) []paint.Line {
	sign, style := "< ", paint.Plain
	if t.Out {
		sign, style = "> ", paint.Bold
	}
	head := t.At.Format("15:04:05.000") + " "
	if r.Small {
		head = ""
	}
	l := paint.Line{Spans: []paint.Span{paint.P(head), paint.S(style, sign)}, Hang: len(head) + len(sign)}
	l.Spans = append(l.Spans, marked(t.Text, s.Query, style)...)
	if t.Unasked {
		l.Spans = append(l.Spans, paint.S(paint.Here, "  unasked"))
	}
	out := l.Fit(r.W)
	if t.Note != "" {
		note := paint.Line{Spans: []paint.Span{paint.P(strings.Repeat(" ", l.Hang)), paint.S(paint.Odd, "→ "+t.Note)}, Hang: l.Hang + 2}
		out = append(out, note.Fit(r.W)...)
	}
	return out
}

// digests lists every digest that is known, whole.
func digests(s window) []paint.Line {
	var out []paint.Line
	add := func(what string, d cred.Digest) {
		if d.IsZero() {
			return
		}
		out = append(out, paint.L(paint.B(what)))
		for _, g := range words.Grouped(d) {
			out = append(out, paint.Row(paint.P("  "+g)))
		}
	}
	f := s.Facts
	add("authority "+words.CommonName(f.Authority.Subject), f.Authority.SHA256)
	if f.Probe != nil && f.Probe.Anchor != nil {
		add("anchor "+words.CommonName(f.Probe.Anchor.Subject), f.Probe.Anchor.SHA256)
		add("anchor's fingerprint", f.Probe.Anchor.DER)
	}
	for _, p := range f.Plan {
		slot := words.SlotName(uint32(p.Slot.SecTag), p.Slot.Kind)
		add(slot+", before", p.Old)
		add(slot+", wanted", p.New)
		if p.Stage != flows.SlotPlanned {
			add(slot+", read back", p.Now)
		}
	}
	for _, x := range f.Slots {
		if !screen.Planned(f.Plan, x) && !x.Reserved {
			add(words.SlotName(x.SecTag, x.Type)+", left alone", x.SHA256)
		}
	}
	if c := f.Prepared.Certificate; c != nil {
		add("certificate "+c.Serial+" as DER", c.SHA256)
	}
	if f.Probe != nil {
		for i, c := range f.Probe.Chain {
			add("server's chain "+strconv.Itoa(i)+": "+words.CommonName(c.Subject), c.SHA256)
		}
	}
	if out == nil {
		out = []paint.Line{paint.L(paint.B("No digest is known yet."))}
	}
	return out
}

// help is the page of keys and signs: what this screen offers now, and what every screen has.
func help(s window) []paint.Line {
	out := []paint.Line{paint.L(paint.B("On this screen"))}
	for _, a := range s.Machine.Actions() {
		text := screen.Label(a)
		if a.Disabled != "" {
			text += ": not now, " + a.Disabled
		} else if a.Danger == flows.Destroys {
			text += ": something is lost for good, the unit must be named"
		}
		text += screen.Explain(a)
		out = append(out, key(words.Key(a.Key), text))
	}
	if s.Machine.Console() != nil {
		out = append(out, key(":", "console: an AT command of your own; esc leaves the prompt, then the page"),
			key("/ n N", "console: look for something in the transcript, older, newer"), key("w", "on the console's page: save the transcript, masked"))
	}
	if s.Door != "" {
		out = append(out, key("h", "home: "+s.Door))
	}
	out = append(out, paint.Line{}, paint.L(paint.B("Everywhere")),
		key("t", "what went over the line to the modem; keys and passphrases are masked"),
		key("d", "all digests in full"),
		key("e", "explain the codes on this screen: why, and what to do"),
		key("y", "copy what matters here through the terminal, which may refuse"),
		key("← →", "the screen before / after this one, to look"),
		key("? / esc", "this page / back"),
		key("page up/down", "scroll"),
		key("q / ctrl+c", "quit; work in flight is stopped first, and can be resumed"),
		key("tab, ↑↓", "in a question: next field, offers"),
		key("ctrl+u", "in a question: empty the field"),
		paint.Line{}, paint.L(paint.B("Signs")),
		key("● ▸ ○ – ✗", "done, here, to come, not needed, failed"),
		key("!", "this cannot be undone"))
	return out
}

func key(name, text string) paint.Line {
	return paint.Line{Spans: []paint.Span{paint.Cell(14, paint.B(name)), paint.P(text)}, Hang: 14}
}
