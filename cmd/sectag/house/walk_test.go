package house

import (
	"testing"

	"example.org/sectag/bench"
	"example.org/sectag/flows"
)

// TestAPortIsRememberedWhenAModemWasThere: what was only typed may be a mistake.
func TestAPortIsRememberedWhenAModemWasThere(t *testing.T) {
	t.Parallel()
	at := func(e flows.Event) (s bench.Shot) {
		s.Event, s.Facts.Port = e, "/dev/ttyACM0"
		return s
	}
	if got := modemAt(at(flows.Identified{})); got != "/dev/ttyACM0" {
		t.Errorf("a modem was at %q", got)
	}
	for _, e := range []flows.Event{flows.PortChosen{Name: "/dev/ttyACM0"}, flows.Lost{}, flows.Failed{}} {
		if got := modemAt(at(e)); got != "" {
			t.Errorf("after %T a modem was at %q", e, got)
		}
	}
}
