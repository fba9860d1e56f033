package walk

import (
	"time"

	"example.org/sectag/flows"
	"example.org/sectag/tui/screen"
)

// sight is what the bench has shown last, and the window.
type sight struct {
	machine  screen.Machine
	facts    flows.Facts
	failures screen.Failures
	compared bool // the anchor that was probed was compared, or needed no comparing, and is to be stored
	progress flows.Progress
	trace    []flows.TraceLine
	now      time.Time
	since    time.Time
	w, h     int
}

// maxTrace is how many lines of the transcript are kept.
const maxTrace = 1000

// merge takes in progress. Another effect's replaces the last; of the same effect only what is said anew.
func (s *sight) merge(p flows.Progress) {
	old := s.progress
	if p.BytesOut == 0 && p.BytesIn == 0 {
		p.BytesOut, p.BytesIn, p.Line = old.BytesOut, old.BytesIn, old.Line
	}
	if p.ID == old.ID {
		if p.Waiting == "" && p.ID != 0 {
			p.Waiting, p.Until = old.Waiting, old.Until
		}
		if p.Total == 0 {
			p.Sent, p.Total = old.Sent, old.Total
		}
		if p.Flight == "" {
			p.Flight = old.Flight
		}
	}
	s.progress = p
}

// hear remembers of an event what the facts do not tell.
func (s *sight) hear(m shotMsg) {
	s.remember(m)
	if m.ignored {
		return
	}
	switch m.event.(type) {
	case flows.AnchorCompared:
		s.compared = true
	case flows.ProbeWanted, flows.Probed, flows.AnchorChosen:
		s.compared = false
	}
}

// log keeps a line of the transcript, with the newest before it.
func (s *sight) log(l flows.TraceLine) {
	s.trace = append(s.trace, l)
	if n := len(s.trace) - maxTrace; n > 0 {
		s.trace = s.trace[n:] // append leaves it behind when it grows
	}
}
