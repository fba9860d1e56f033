package gang

import (
	"fmt"
	"sync"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

// claims are the units that the lanes have, by their IMEI. One that was had by a lane stays its until all are done: the ledger, where
// there is one, knows of it only when its record is written.
type claims struct {
	mu sync.Mutex
	by map[cred.IMEI]claim
}

type claim struct {
	lane int
	port string
	unit record.Unit
}

// of is for the desk of a lane.
func (c *claims) of(lane int, port string) func(record.Unit) error {
	return func(u record.Unit) error { return c.take(claim{lane, port, u}) }
}

// take refuses a unit that another lane has: the same one at two ports, or two that claim one IMEI.
func (c *claims) take(mine claim) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	his, taken := c.by[mine.unit.IMEI]
	if !taken || his.lane == mine.lane {
		if c.by == nil {
			c.by = map[cred.IMEI]claim{}
		}
		c.by[mine.unit.IMEI] = mine
		return nil
	}
	if !his.unit.Same(mine.unit) {
		return cred.Failed("ledger.bound", fmt.Sprintf("the unit at %s says that it is %s, and so does another at %s", mine.port, mine.unit.IMEI, his.port),
			"two units never share an identity: find out which label or module is wrong; nothing was changed in this one")
	}
	return cred.Failed("port.busy", fmt.Sprintf("the unit at %s is %s, which is worked on at %s", mine.port, mine.unit.IMEI, his.port),
		"name one port of each unit; nothing was changed through this one")
}
