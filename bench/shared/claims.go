package shared

import (
	"fmt"
	"maps"
	"sync"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

// Claims are the units that lanes have, by their IMEI. One that was had by a lane stays its until it is released: the ledger, where
// there is one, knows of it only when its record is written. The zero value is ready; it may be used by several at a time.
type Claims struct {
	mu sync.Mutex
	by map[cred.IMEI]claim
}

type claim struct {
	lane int
	port string
	unit record.Unit
}

// Of is for the desk of a lane (desk.Config.Claim). Its failures are ledger.bound and port.busy.
func (c *Claims) Of(lane int, port string) func(record.Unit) error {
	return func(u record.Unit) error { return c.take(claim{lane, port, u}) }
}

// Release lets go of what a lane has: its unit was put away.
func (c *Claims) Release(lane int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.by, func(_ cred.IMEI, by claim) bool { return by.lane == lane })
}

// take refuses a unit that another lane has: the same one at two ports, or two that claim one IMEI.
func (c *Claims) take(mine claim) error {
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
