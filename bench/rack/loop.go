package rack

import (
	"context"
	"fmt"
	"sync"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/flows/rack"
)

// Run watches the ports and works at them until ctx is done: every lane comes to a journaled rest then. Ending work gives up hope of that.
// The error is why a lane's journal could not be ended; nil: all came to rest.
func (r *Rack) Run(ctx, work context.Context) error {
	l := &loop{Rack: r, work: work, m: rack.New(r.Start), watch: newWatch(r)}
	r.ring.Life = work
	watching, stop := context.WithCancel(ctx)
	var seen sync.WaitGroup
	seen.Go(func() { r.look(watching) })
	r.setIdle(time.AfterFunc(r.Lock, func() { r.in.put(letter{event: rack.PassphraseForgotten{}}) }))
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-r.in.ready:
			l.drain()
		}
	}
	l.over = true
	stop()
	seen.Wait()
	r.setIdle(nil)
	for n := range l.lanes {
		l.step(rack.PortGone{Lane: uint8(n)})
	}
	for l.open > 0 {
		<-r.in.ready
		l.drain()
	}
	r.forget()
	return l.err
}

// loop owns the machine, in one goroutine.
type loop struct {
	*Rack
	work  context.Context
	m     rack.Rack
	watch *watch
	lanes [rack.MaxLanes]*lane
	open  int  // benches that have not ended
	over  bool // no port is begun at any more
	err   error
}

// drain takes all that was put by now.
func (l *loop) drain() {
	for _, x := range l.in.take() {
		if x.sight != nil && !l.over {
			l.saw(*x.sight)
		}
		if x.news != nil {
			l.hear(x.event, *x.news)
		}
		if x.event != nil {
			l.step(x.event)
		}
	}
}

// step lets the machine take an event and does what it asks for.
func (l *loop) step(e rack.Event) {
	if _, forgotten := e.(rack.PassphraseForgotten); forgotten {
		l.forget()
	}
	next, do, ignored := l.m.Step(e)
	l.m = next
	for _, x := range do {
		l.perform(x)
	}
	if !ignored {
		l.show(l.told)
	}
}

// told says in a shot what the machine says, and names what only it found out.
func (l *loop) told(s *rack.Shot) {
	s.Rack, s.Tally = l.m, l.Count.Tally()
	for n := range s.Lanes {
		if m := l.m.Lane(n); m.Wrong {
			s.Lanes[n].Failure = wrong(s.Lanes[n].Port, m.IMEI, l.m.Waiting())
		}
	}
}

// wrong is the fault of a lane whose unit is not the one whose label was scanned; label is 0 when that was dropped since.
func wrong(port string, imei, label cred.IMEI) *cred.Fault {
	of := "another"
	if label != 0 {
		of = label.String()
	}
	return cred.Failed("store.wrong-unit", fmt.Sprintf("the unit at %s is %s, and the label that was scanned is of %s", port, imei, of),
		"put in the unit of the label, or scan the label of this one; nothing was changed in it")
}

func (l *loop) perform(x rack.Effect) {
	switch x := x.(type) {
	case rack.Open:
		l.begin(x.Lane)
	case rack.Close:
		l.lanes[x.Lane].end()
	case rack.Tell:
		l.lanes[x.Lane].tell(x.Event)
	case rack.Unlock:
		l.lanes[x.Lane].unlock(l.passphrase())
	}
}

// begin sets a bench up at the lane's board.
func (l *loop) begin(n uint8) {
	ln := newLane(l.Rack, n, l.watch.boards[n])
	l.lanes[n] = ln
	l.open++
	now := l.now(ln.board.name())
	l.show(func(s *rack.Shot) {
		for len(s.Lanes) <= int(n) {
			s.Lanes = append(s.Lanes, rack.Sight{})
		}
		s.Lanes[n] = rack.Sight{Port: ln.board.name(), Since: now}
	})
	go ln.run(l.work)
}

// now is the time by the clock of a lane's bench.
func (r *Rack) now(port string) time.Time { return r.Bench(port).Now() }

// hear takes what a lane has to say beside its event.
func (l *loop) hear(e rack.Event, n news) {
	if n.verdict != nil {
		l.Count.Add(*n.verdict)
	}
	ended, over := e.(rack.BenchEnded)
	if over {
		l.open--
		if n.err != nil {
			l.err = n.err
		}
		l.claims.Release(int(ended.Lane))
	}
	if len(n.more) > 0 {
		l.watch.part(n.lane, n.more)
	}
	l.show(func(s *rack.Shot) {
		shown := &s.Lanes[n.lane]
		switch {
		case over && n.err == nil:
			*shown = rack.Sight{Port: shown.Port}
		case over:
			shown.Failure = cred.AsFault(n.err)
		default:
			n.fill(shown)
		}
		l.told(s)
	})
	l.Touch()
}

// saw takes a new look at the ports: boards that are gone first, so that their lanes come to rest.
func (l *loop) saw(s sight) {
	l.show(func(shot *rack.Shot) { shot.Ports = s.fault })
	if s.fault != nil {
		return
	}
	for n := range l.lanes {
		if l.m.Lane(n).There() && !l.watch.boards[n].in(s) {
			l.step(rack.PortGone{Lane: uint8(n)})
		}
		if l.m.Lane(n).Phase == rack.Absent {
			l.watch.boards[n] = board{}
		}
	}
	for _, b := range l.watch.group(s) {
		if n, ok := l.free(); ok {
			l.watch.boards[n] = b
			l.step(rack.PortCame{Lane: n, Stays: b.stays})
		}
	}
	for n := range l.lanes {
		if ln := l.lanes[n]; ln != nil && l.m.Lane(n).There() {
			ln.again()
		}
	}
}

// free is the first lane without a board.
func (l *loop) free() (uint8, bool) {
	for n := range l.lanes {
		if l.m.Lane(n).Phase == rack.Absent {
			return uint8(n), true
		}
	}
	return 0, false
}
