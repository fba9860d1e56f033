package rack

import (
	"fmt"
	"strconv"
	"strings"

	"example.org/sectag/flows"
	"example.org/sectag/flows/rack"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/words"
)

// gang is a table, a lane a row.
func (s *Station) gang(there []int, r room) []paint.Line {
	portW := 6
	for _, n := range there {
		portW = max(portW, min(paint.Width(short(s.sight(n).Port)), 14))
	}
	imeiW := 17
	if r.small {
		imeiW = 8
	}
	head := paint.Row(paint.Cell(-4, paint.P("lane")), paint.P("  "), paint.Cell(portW+2, paint.P("port")), paint.Cell(imeiW, paint.P("unit")), paint.P("stage"))
	head.Detail = r.small
	out := []paint.Line{head}
	for _, n := range there {
		out = append(out, s.row(n, portW, imeiW, r))
	}
	return append(out, s.reasons(there)...)
}

// reasons are why lanes failed and what to do about it, below the table.
func (s *Station) reasons(there []int) []paint.Line {
	var out []paint.Line
	for _, n := range there {
		f := s.failure(n)
		if p := s.shot.Rack.Lane(n).Phase; f == nil || p != rack.Failed && p != rack.Broken {
			continue
		}
		out = append(out, paint.Line{Detail: true}, paint.L(paint.B(" lane "+strconv.Itoa(n+1))))
		out = append(out, fault(f)...)
	}
	return out
}

// short is a port's name without the folder that all have.
func short(port string) string { return strings.TrimPrefix(port, "/dev/") }

// row is one lane: its number, port, unit, how far it is, and how long it took.
func (s *Station) row(n, portW, imeiW int, r room) paint.Line {
	l, x := s.shot.Rack.Lane(n), s.sight(n)
	imei := "–"
	if l.IMEI != 0 {
		if imei = l.IMEI.String(); imeiW < 15 {
			imei = "…" + imei[9:]
		}
	}
	text, style := s.far(n)
	took := s.waited(n)
	if l.Over() {
		took = s.took(l)
	}
	line := paint.Row(paint.Cell(-4, paint.B(strconv.Itoa(n+1))), paint.P("  "), paint.Cell(portW+2, paint.P(short(x.Port))), paint.Cell(imeiW, paint.P(imei)))
	rest := max(r.w-line.Width()-9, 8)
	line.Spans = append(line.Spans, paint.Cell(rest, paint.S(style, text)), paint.Cell(-8, paint.P(took)))
	return line.On(laneSpot + strconv.Itoa(n))
}

// took is how long the lane's last verdict took, as the tally remembers it.
func (s *Station) took(l rack.Lane) string {
	for _, v := range s.shot.Tally.Last {
		if v.IMEI == l.IMEI && v.IMEI != 0 {
			return seconds(v.Took)
		}
	}
	return ""
}

// far is how far a lane is, in a few words.
func (s *Station) far(n int) (string, paint.Style) {
	l, x := s.shot.Rack.Lane(n), s.sight(n)
	switch l.Phase {
	case rack.Looking:
		return "who is there?", paint.Plain
	case rack.Waiting:
		return s.shot.Rack.Waits(n), paint.Here | paint.Bold
	case rack.Asking:
		return "? " + s.shot.Rack.Waits(n), paint.Odd | paint.Bold
	case rack.Passed:
		if x.Kept {
			return "PASS  checked, nothing changed", paint.Good | paint.Bold
		}
		return "PASS", paint.Good | paint.Bold
	case rack.Warned:
		return "WARN", paint.Odd | paint.Bold
	case rack.Failed, rack.Broken:
		text := "FAIL"
		if f := s.failure(n); f != nil {
			text += "  " + f.Code + "  " + f.Text
		}
		return text, paint.Bad | paint.Bold
	case rack.Resting:
		return "left alone", paint.Plain
	}
	return doing(x), paint.Here
}

// doing is what a lane works at.
func doing(x rack.Sight) string {
	for _, p := range x.Facts.Plan {
		name := words.Kind(p.Slot.Kind)
		switch p.Stage {
		case flows.SlotDeleting:
			return "delete " + name
		case flows.SlotWriting:
			if t := x.Progress.Total; t > 0 {
				return fmt.Sprintf("write %s  %s %d/%d", name, words.Bar(x.Progress.Sent, t, 8), x.Progress.Sent, t)
			}
			return "write " + name
		case flows.SlotMaking:
			return "the modem makes its key"
		case flows.SlotWritten, flows.SlotMade:
			return "read back " + name
		}
	}
	switch p := x.Progress; {
	case p.Flight != "":
		return "handshake  " + words.Flight(p.Flight)
	case p.Waiting != "":
		return p.Waiting
	}
	return "at work"
}
