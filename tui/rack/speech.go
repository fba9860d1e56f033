package rack

import (
	"strconv"

	"example.org/sectag/flows/rack"
	"example.org/sectag/tui/way"
	"example.org/sectag/tui/words"
)

// Speech is the station for those who see no window: each lane in a line, why it failed, and the shift's numbers.
func (s *Station) Speech() way.Speech {
	out := way.Speech{Lines: []string{"station"}, Works: !s.rest(), Types: true}
	if f := s.shot.Ports; f != nil {
		out.Lines = append(out.Lines, f.Text, f.Hint)
	}
	there := s.there()
	if len(there) == 0 {
		out.Lines = append(out.Lines, "plug a unit in"+scanToo(s.shot.Rack))
	}
	for _, n := range there {
		out.Lines = append(out.Lines, s.spoken(n)...)
	}
	if t := s.shot.Tally; t.Units > 0 {
		out.Lines = append(out.Lines, words.Count(t.Units, "unit")+", "+strconv.Itoa(t.Passed)+" pass, "+strconv.Itoa(t.Warned)+" warn, "+strconv.Itoa(t.Failed)+" fail")
	}
	if n := s.hand.note; n != "" {
		out.Lines = append(out.Lines, n)
	}
	if f := s.hand.form; f != nil {
		out.Lines = append(out.Lines, f.Title)
		out.Keys = []string{"esc later"}
		out.Asks, out.Secret = f.Fields[f.At].Label, f.Fields[f.At].Secret
		return out
	}
	for _, a := range s.shot.Rack.Actions() {
		if a.Disabled == "" {
			out.Keys = append(out.Keys, words.Key(a.Key)+" "+label(a))
		}
	}
	if s.visited() != "" {
		out.Keys = append(out.Keys, "v service view")
	}
	if s.Door {
		out.Keys = append(out.Keys, "h home")
	}
	out.Keys = append(out.Keys, "q quit")
	return out
}

// spoken is one lane. What it is at within its work is not said: it would be said again with every byte.
func (s *Station) spoken(n int) []string {
	l := s.shot.Rack.Lane(n)
	name := "lane " + strconv.Itoa(n+1) + ", " + short(s.sight(n).Port)
	if l.IMEI != 0 {
		name += ", " + l.IMEI.String()
	}
	text, _ := s.far(n)
	if l.Phase == rack.Working {
		text = "at work"
	}
	out := []string{name + ": " + text}
	if f := s.failure(n); f != nil && (l.Phase == rack.Failed || l.Phase == rack.Broken) {
		out = append(out, f.Hint)
	}
	if l.Over() {
		out = append(out, "lane "+strconv.Itoa(n+1)+": "+s.shot.Rack.Waits(n))
	}
	return out
}
