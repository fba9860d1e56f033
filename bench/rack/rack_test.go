package rack_test

import (
	"testing"
	"time"

	"example.org/sectag/bench/rack"
	machine "example.org/sectag/flows/rack"
)

// TestPlugPassUnplugNext: what a technician does two hundred times a day, by the rule that plugging in is enough.
func TestPlugPassUnplugNext(t *testing.T) {
	run(t, machine.Auto, nil, func(s *station) {
		for n := range 3 {
			u := unit(t, n)
			s.plug("sim:a", u)
			m, l := s.phase("sim:a", machine.Passed)
			if m.IMEI != imeis(n + 1)[n] || l.Kept || l.Failure != nil || len(u.State().Slots) != 3 {
				t.Errorf("%+v, %+v", m, l)
			}
			s.pull("sim:a")
			s.until("the lane is free again", func(x rack.Shot) bool { return x.Rack.Lane(0).Phase == machine.Absent })
		}
		if tally := s.Shot().Tally; tally.Units != 3 || tally.Passed != 3 || tally.Median() <= 0 || tally.Median() > 10*time.Second || tally.Yield() != 1 {
			t.Errorf("%+v", tally)
		}
	})
}
