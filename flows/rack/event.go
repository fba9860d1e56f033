package rack

import (
	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

// Event is something that happened at the rack. Events are comparable structs. They are not journaled: each lane's bench journals itself.
type Event interface{ event() }

// The world's events. Lane is the lane's number, from 0.
type (
	// PortCame: there is a port for this lane.
	PortCame struct {
		Lane  uint8
		Stays bool // the port does not go when its unit is taken out: a needle bed, an adapter, a name that is not a USB board's
	}
	// PortGone: the port is not there any more.
	PortGone struct{ Lane uint8 }
	// LaneSaw is how the lane's bench stands now.
	LaneSaw struct {
		Lane uint8
		Took uint8 // of the events that were told to it, how many it took since the last LaneSaw
		Saw  Saw
	}
	// BenchEnded: the lane's bench is at rest and closed. Where its port is still there it broke: the journal, the ledger.
	BenchEnded struct{ Lane uint8 }
	// PassphraseKept: somebody gave a passphrase, and the bench keeps it for every lane that will want one.
	PassphraseKept struct{}
	// PassphraseForgotten: nobody worked for a while, and the bench cleared it.
	PassphraseForgotten struct{}
)

// A person's events.
type (
	// LabelScanned is the IMEI of a label that was scanned or typed (Label reads it).
	LabelScanned struct{ IMEI cred.IMEI }
	// LabelDropped forgets the label that waits for its unit.
	LabelDropped struct{}
	// StartWanted begins the units that wait in these lanes: bit n is lane n, as they were shown.
	StartWanted struct{ Lanes uint32 }
	// NextWanted asks who stands in the lane now; the unit that was there is put away.
	NextWanted struct{ Lane uint8 }
	// RetryWanted does what failed in the lane again.
	RetryWanted struct{ Lane uint8 }
	// LaneSelected turns to a lane; NoLane is all of them.
	LaneSelected struct{ Lane uint8 }
	// DigitsGiven answers a lane that asks for the last four digits of its unit's IMEI.
	DigitsGiven struct {
		Lane  uint8
		Last4 uint16 // 0 to 9999
	}
	// CancelWanted stops the work in a lane after the effect in flight, or leaves a unit alone that waits.
	CancelWanted struct{ Lane uint8 }
)

// Effect is something that the machine asks of the lanes' supervisor. Effects are comparable structs.
type Effect interface{ effect() }

// The effects.
type (
	// Open sets a bench up at the lane's port; it begins to identify by itself. → LaneSaw, again and again; BenchEnded
	Open struct{ Lane uint8 }
	// Close lets the lane's bench come to rest and ends it. → BenchEnded
	Close struct{ Lane uint8 }
	// Tell puts an event into the lane's bench. → counted in LaneSaw.Took
	Tell struct {
		Lane  uint8
		Event flows.Event
	}
	// Unlock gives the kept passphrase to the lane's bench. → counted in LaneSaw.Took
	Unlock struct{ Lane uint8 }
)

func (PortCame) event()            {}
func (PortGone) event()            {}
func (LaneSaw) event()             {}
func (BenchEnded) event()          {}
func (PassphraseKept) event()      {}
func (PassphraseForgotten) event() {}
func (LabelScanned) event()        {}
func (LabelDropped) event()        {}
func (StartWanted) event()         {}
func (NextWanted) event()          {}
func (RetryWanted) event()         {}
func (LaneSelected) event()        {}
func (DigitsGiven) event()         {}
func (CancelWanted) event()        {}

func (Open) effect()   {}
func (Close) effect()  {}
func (Tell) effect()   {}
func (Unlock) effect() {}
