package screen

import (
	"example.org/sectag/flows"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/words"
)

// port lists where a modem could be.
func port(s Scene, r Room) []paint.Line {
	var out []paint.Line
	if s.Facts.Port != "" {
		out = append(out, paint.Pair("port", s.Facts.Port, paint.Bold), paint.Line{})
	}
	asked := s.Form != nil && s.Form.Action.Ask == flows.AskPort
	named := s.Facts.Port != "" || s.Facts.Terms.Port || asked && s.Form.Fields[0].Len() > 0
	switch {
	case len(s.Facts.Ports) > 0 || s.Machine.Stage(flows.PortScreen) != flows.Running:
	case !s.Machine.Rest():
		out = append(out, paint.L(paint.B("Looking for ports…")))
	case !named:
		out = append(out, paint.L(paint.B("No serial port was found on this computer."), paint.P(" Plug the board in and look again, or type another port.")))
	}
	if len(s.Facts.Ports) > 0 && !asked {
		out = append(out, paint.Text(words.Count(len(s.Facts.Ports), "port")+" found"))
		name := min(24, r.W/2)
		for _, p := range s.Facts.Ports {
			style := paint.Plain
			if p.Role == "at" && !p.Busy {
				style = paint.Bold
			}
			out = append(out, paint.Row(paint.Cell(name, paint.S(style, p.Name)), paint.P(" "+form.PortNote(p))))
			if p.Blocked != nil && p.Blocked.Hint != "" {
				out = append(out, paint.AsDetail(paint.Line{Spans: []paint.Span{paint.P("  → " + p.Blocked.Hint)}, Hang: 4})...)
			}
		}
	}
	return append(out, paint.AsDetail(
		paint.Line{},
		paint.Text("A port is a device such as /dev/ttyACM0 or COM3, a network address such as tcp://host:port, or a virtual modem such as sim:nrf9151."),
	)...)
}
