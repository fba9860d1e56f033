package screen

import (
	"example.org/sectag/flows"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/table"
	"example.org/sectag/tui/words"
)

// connection shows the handshake that proves the unit.
func connection(s Scene, r Room) []paint.Line {
	out := who(s)
	c := s.Facts.Connect
	if c == nil {
		text := "The unit's " + words.Credential(s.Facts.Terms.PSK) + " not met the server yet."
		if !s.Machine.Rest() && s.Machine.Stage(flows.ConnectionScreen) == flows.Running {
			text = words.Connecting(s.Facts.Terms.PSK)
		}
		return append(append(out, paint.L(paint.B(text))), flight(s)...)
	}
	if s.Machine.Stage(flows.ConnectionScreen) != flows.Failing {
		out = append(out, handshake(c)...)
	}
	out = append(out, findings(s, unsaid(s, c.Findings))...)
	steps := table.Timeline(c, r.W, s.Machine.Stage(flows.ConnectionScreen) == flows.Failing)
	if r.Small {
		steps = paint.AsDetail(steps...)
	}
	out = append(out, steps...)
	return append(out, paint.AsDetail(chain(s, r, c.Peer, 0)...)...)
}

func handshake(c *flows.ConnectFacts) []paint.Line {
	from := map[string]string{"host": "from this computer", "modem": "through the modem"}[c.Path]
	var out []paint.Line
	out = append(out, paint.Optional("connected", from)...)
	if c.Twin {
		out = append(out, paint.Pair("shown", "a twin certificate, minutes long: the unit's key stays in its modem", paint.Plain))
	}
	if c.Version != "" {
		out = append(out, paint.Pair("with", c.Version+", "+words.Suite(c.Suite), paint.Plain))
	}
	out = append(out, paint.Optional(words.Shown(c.Suite, c.ClientAuth))...)
	if c.CID != nil {
		cid := "not offered"
		if c.CID.Negotiated {
			cid = "negotiated"
		} else if c.CID.Offered {
			cid = "offered, not taken"
		}
		out = append(out, paint.Pair("CID", cid, paint.Plain))
	}
	if c.HandshakeMS != nil {
		out = append(out, paint.Pair("handshake", words.Milliseconds(*c.HandshakeMS), paint.Plain))
	}
	if c.PingMS != nil {
		out = append(out, paint.Pair("CoAP ping", "answered in "+words.Milliseconds(*c.PingMS), paint.Plain))
	}
	if r := c.Register; r != nil && r.Updated && r.Deregistered {
		out = append(out, paint.Pair("LwM2M", "registered at "+r.Location+", updated and taken back", paint.Plain))
	}
	return out
}
