// Package gang works on several units at the same time: one lane a port, and in each lane a bench of its own, with its own loop, desk,
// session and run of the journal. A lane that fails, hangs or loses its port leaves the others alone.
//
// What the lanes share is in bench/shared: the authority, which is opened once and locked behind the last lane, and the units, of which
// each is one lane's only; beside them the ledger, which is safe to share by itself, and what runs that died left to do (bench.Estate).
// Read Run. Nothing here prints.
package gang

import (
	"context"
	"path/filepath"
	"sync"

	"example.org/sectag/bench"
	"example.org/sectag/bench/shared"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/station"
)

// Gang is what all lanes are told.
type Gang struct {
	Ports  []string
	Bench  func(port string) bench.Config // of a lane; what lanes share is put in here
	Terms  flows.Terms
	Orders station.Orders // of each lane; the units are named for all of them together
	Pass   []byte         // opens the authority, where Keyed; the caller clears it
	Keyed  bool
	Around bench.Announcer // nil: nobody stands at the effects

	See  func(lane int, s bench.Shot) // each event of a lane, from the lane's goroutine; nil: nobody looks
	Done func(lane int, u bench.Unit) // each lane at its end, one at a time; nil: nobody waits for one
}

// Run works on all units and gives their documents in the order of the ports. When ctx ends, every lane comes to a journaled rest.
func (g Gang) Run(ctx context.Context) []bench.Unit {
	r, c := &shared.Ring{Life: ctx}, &shared.Claims{}
	defer r.Close()
	estate := &bench.Estate{}
	units := make([]bench.Unit, len(g.Ports))
	lanes := make([]*lane, len(g.Ports))
	first := map[string]int{}
	for i, port := range g.Ports {
		lanes[i] = &lane{Gang: g, n: i}
		if n, twice := first[place(port)]; twice {
			lanes[i].twin = g.Ports[n]
			continue
		}
		first[place(port)] = i
		lanes[i].set(estate, r, c)
	}
	var all sync.WaitGroup
	var telling sync.Mutex
	for i, l := range lanes {
		all.Go(func() {
			units[i] = l.run(ctx)
			if g.Done != nil {
				telling.Lock()
				defer telling.Unlock()
				g.Done(i, units[i])
			}
		})
	}
	all.Wait()
	return units
}

// place is what two names of one port have in common.
func place(port string) string {
	if real, err := filepath.EvalSymlinks(port); err == nil {
		return real
	}
	return port
}

// lane is the work at one port.
type lane struct {
	Gang
	n     int
	bench *bench.Bench
	twin  string // another name of the same port, which has a lane already
}

// set sets the lane's bench up. It touches nothing.
func (l *lane) set(e *bench.Estate, r *shared.Ring, c *shared.Claims) {
	cfg := l.Bench(l.Ports[l.n])
	cfg.Unlock, cfg.Claim = r.Unlock, c.Of(l.n, cfg.Port)
	l.bench = e.New(cfg)
}

// run works on the lane's unit until it is done or cannot be. What became of it is told whatever happened.
func (l *lane) run(ctx context.Context) bench.Unit {
	port := l.Ports[l.n]
	if l.bench == nil {
		u := bench.New(l.Bench(port)).Document(twice(port, l.twin), l.Orders.Look)
		u.Slots = []bench.UnitSlot{} // what they hold is told by the lane that has the port
		return u
	}
	o := l.Orders
	if l.Keyed {
		o.Pass, o.Keyed = l.bench.Keep(append([]byte(nil), l.Pass...)), true
	}
	fault, err := l.bench.Drive(ctx, context.WithoutCancel(ctx), l.Terms, o, l.Around, func(s bench.Shot) {
		if l.See != nil {
			l.See(l.n, s)
		}
	})
	if err != nil {
		fault = cred.AsFault(err)
	}
	return l.bench.Document(fault, o.Look)
}

// twice is the fault of a port that was named before.
func twice(port, twin string) *cred.Fault {
	if port == twin {
		return cred.Failed("port.busy", "the port "+port+" is named twice", "name each port once; the first of them was worked at")
	}
	return cred.Failed("port.busy", "the port "+port+" is "+twin+" under another name", "name each port once; "+twin+" was worked at")
}
