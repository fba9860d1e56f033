package rack

import (
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

// Shot is how a station stands, for those who show it: the machine, and beside it what was seen in each lane.
type Shot struct {
	Rack  Rack
	Lanes []Sight // by the machine's numbers, up to the last that has a port
	Tally Tally
	Ports *cred.Fault // why the ports cannot be listed; nil: they can
}

// Sight is what is shown of one lane, beside the machine's word.
type Sight struct {
	Port     string
	Facts    flows.Facts
	Progress flows.Progress
	Since    time.Time   // when its unit came, or was asked for
	Kept     bool        // its unit passed because everything was as it should be already
	Failure  *cred.Fault // why it failed or stopped; nil: it did not
}
