package rack

import (
	"fmt"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/search"
)

const most = 3 // lanes of a world

// The units of a world; the label of the last is scanned and its unit never comes.
var imeis = [3]cred.IMEI{352656100367872, 352656100367880, 352656100367898}

// stand is where a lane's bench stands.
type stand uint8

const (
	none stand = iota
	looking
	told
	working
	digits  // it asks for four digits
	blocked // there is no anchor
	shut
	refused
	passed
	warned
	failed // before or while it worked
	away
)

// cell is a port with the bench at it.
type cell struct {
	port  bool
	stand stand
	unit  uint8 // that the bench knows, from 1; 0 is none
	begun bool  // what failed had been confirmed
	queue [2]wish
	took  uint8 // of the queue, and not told yet
	news  bool  // something is to be told
	close bool  // the bench was told to end
	ended bool  // and has, or broke; that is to be told

	swapped bool // the unit that the bench knows is not there any more
	done    bool // it passed there, and nobody pulled it out or asked for it since
}

// wish is an event that a bench was told.
type wish uint8

const (
	nothing wish = iota
	confirm
	look
	again
	putAway
	cancel
	confirmed
	unlock
)

// world is a rack joined with what stands around it.
type world struct {
	scope    scope
	start    Start
	label    cred.IMEI
	keyed    bool
	selected uint8
	lanes    [most]Lane
	cells    [most]cell
	where    [3]uint8 // the lane that a unit stands in, from 1; 0 is none
	proven   [3]bool  // the unit has passed
	named    [3]bool  // the label was scanned, and nothing came of it yet
	sin      string
}

// scope is what one search varies.
type scope struct {
	start   Start
	lanes   int
	stays   bool // the ports stay, and the units go
	bench   bool // benches ask, warn, break, are cancelled; else they pass or fail
	asks    bool // units stand where they are; their benches ask, and pass
	key     bool // the authority is locked
	selects bool
}

type stepper func(Rack, Event) (Rack, []Effect, bool)

func (w world) rack() Rack {
	r := Rack{start: w.start, label: w.label, keyed: w.keyed, selected: w.selected}
	copy(r.lanes[:], w.lanes[:])
	return r
}

func (w world) with(r Rack) world {
	w.label, w.keyed, w.selected = r.label, r.keyed, r.selected
	copy(w.lanes[:], r.lanes[:])
	return w
}

// feed lets the rack take an event.
func (w world) feed(step stepper, e Event) (world, bool) {
	was := w.rack()
	r, do, ignored := step(was, e)
	if ignored {
		if r != was || len(do) > 0 {
			w.sin = "ignored"
		}
		return w, w.sin != ""
	}
	w.asked(e, r)
	w = w.with(r)
	for _, x := range do {
		w.perform(e, was, x)
	}
	return w, true
}

// asked remembers what a person said.
func (w *world) asked(e Event, next Rack) {
	switch e := e.(type) {
	case LabelScanned:
		for n, i := range imeis {
			if i == e.IMEI {
				w.named[n] = true
			} else if i == w.label && next.label != w.label {
				w.named[n] = false // replaced
			}
		}
	case LabelDropped:
		for n, i := range imeis {
			w.named[n] = w.named[n] && i != w.label
		}
	case NextWanted:
		w.cells[e.Lane].done = false
	case RetryWanted:
		w.cells[e.Lane].done = false
	}
}

// perform is what the supervisor does, and what it finds fault with.
func (w *world) perform(e Event, was Rack, x Effect) {
	switch x := x.(type) {
	case Open:
		if c := &w.cells[x.Lane]; c.stand != none {
			w.sin = "twice"
		} else {
			*c = cell{port: c.port, stand: looking, news: true}
		}
	case Close:
		c := &w.cells[x.Lane]
		if c.stand == none && !c.ended {
			w.sin = "nobody"
		}
		c.close = !c.ended
	case Unlock:
		if s, ok := e.(LaneSaw); ok && s.Saw.Refused {
			w.sin = "insists"
		}
		w.tell(x.Lane, unlock)
	case Tell:
		w.judge(e, was, x)
		w.tell(x.Lane, map[flows.Event]wish{
			flows.UnitWanted{}: look, flows.Retry{}: again, flows.NextUnit{}: putAway, flows.Cancel{}: cancel,
		}[x.Event])
	}
}

func (w *world) tell(n uint8, x wish) {
	c := &w.cells[n]
	if c.stand == none {
		if !c.ended {
			w.sin = "nobody"
		}
		return // it broke, and that is on its way
	}
	if x == nothing {
		x = confirm
		if c.stand == digits {
			x = confirmed
		}
	}
	at := 0
	if c.queue[0] != nothing {
		at = 1
	}
	if c.queue[at] != nothing {
		w.sin = "floods"
	}
	c.queue[at] = x
}

// judge holds what a lane is told against the rules.
func (w *world) judge(e Event, was Rack, x Tell) {
	c := &w.cells[x.Lane]
	switch t := x.Event.(type) {
	case flows.Confirmed:
		if d, ok := e.(DigitsGiven); !ok || uint64(d.Last4) != uint64(t.IMEI)%10_000 || c.stand == digits && imeis[c.unit-1] != t.IMEI {
			w.sin = "guessed"
		}
	case flows.UnitConfirmed:
		u := 0
		for n, i := range imeis {
			if i == t.IMEI {
				u = n
			}
		}
		s, press := e.(StartWanted)
		press = press && s.Lanes>>x.Lane&1 == 1 && w.start != Labelled
		other := was.label != 0 && was.label != t.IMEI && was.only() == int(x.Lane)
		switch {
		case c.stand == told && imeis[c.unit-1] != t.IMEI:
			w.sin = "another"
		case c.done:
			w.sin = "again"
		case w.named[u]:
			w.named[u] = false
		case press:
		case w.start != Auto || other:
			w.sin = "unasked"
		}
	}
}

// posted is what the lane has to tell.
func (c cell) posted() Saw {
	s := Saw{}
	if c.unit > 0 {
		s.IMEI = imeis[c.unit-1]
	}
	switch c.stand {
	case looking:
		s.IMEI = 0
	case told:
		s.Stage = SawTold
	case working:
		s.Stage = SawWorking
	case digits:
		s.Stage, s.Ask = SawAsking, AskDigits
	case blocked:
		s.Stage, s.Ask = SawAsking, AskAnchor
	case shut, refused:
		s.Stage, s.Ask, s.Refused = SawAsking, AskPassphrase, c.stand == refused
	case passed, warned, failed:
		s.Stage, s.Outcome = SawOver, flows.Passed+flows.Outcome(c.stand-passed)
	case away:
		s.Stage = SawAway
	}
	return s
}

// moves are all that can happen to a world.
func moves(step stepper, actions func(Rack) []Action) func(world, func(search.Edge[world])) {
	return func(w world, yield func(search.Edge[world])) {
		if w.sin != "" || w.prompt(step, yield) {
			return
		}
		put := func(label string, e Event, exit bool) {
			if n, ok := w.feed(step, e); ok {
				yield(search.Edge[world]{Label: label, To: n, Exit: exit})
			}
		}
		for n := range w.scope.lanes {
			w.benches(n, func(label string, c cell) {
				next := w
				next.cells[n] = c
				if c.done && c.unit > 0 {
					next.proven[c.unit-1] = true
				}
				yield(search.Edge[world]{Label: fmt.Sprintf("lane %d %s", n, label), To: next, Exit: label == "breaks"})
			})
			w.letters(step, n, yield)
			w.hands(step, n, yield)
			for _, e := range w.wishes(uint8(n)) {
				put(fmt.Sprintf("%T of lane %d", e, n), e, true)
			}
		}
		for u, i := range imeis {
			if w.scope.lanes == 1 || w.scope.lanes == 2 && u < 2 {
				put("label "+i.String(), LabelScanned{i}, true)
			}
		}
		for _, a := range actions(w.rack()) {
			if a.Event == nil || a.Disabled != "" {
				continue
			}
			if _, turns := a.Event.(LaneSelected); turns && !w.scope.selects {
				continue
			}
			put(a.Name, a.Event, true)
		}
		if w.scope.key {
			put("passphrase", PassphraseKept{}, true)
			put("forgotten", PassphraseForgotten{}, true)
		}
	}
}

// prompt has several lanes take and tell at once what they are to: what is late is searched with one lane, and the spaces stay small.
// True: there was something.
func (w world) prompt(step stepper, yield func(search.Edge[world])) (was bool) {
	for n := range w.scope.lanes {
		if w.scope.lanes == 1 {
			return false
		}
		c := w.cells[n]
		if c.news || c.ended {
			w.letters(step, n, yield)
			return true
		}
		if x := c.queue[0]; x != nothing && c.stand != looking && c.stand != none && !c.close {
			c.takes(x, func(label string, c cell) {
				next := w
				next.cells[n] = c
				yield(search.Edge[world]{Label: fmt.Sprintf("lane %d %s", n, label), To: next})
			})
			return true
		}
	}
	return false
}

// wishes are what a person may say at any moment, also when what was shown is out of date.
func (w world) wishes(n uint8) []Event {
	if w.scope.asks {
		return []Event{CancelWanted{n}, DigitsGiven{n, uint16(imeis[0] % 10_000)}, DigitsGiven{n, uint16(imeis[1] % 10_000)}, DigitsGiven{n, uint16(imeis[2] % 10_000)}}
	}
	es := []Event{StartWanted{1 << n}, NextWanted{n}}
	if n == 0 {
		es = append(es, RetryWanted{n})
	}
	if w.scope.bench {
		es = append(es, CancelWanted{n}, DigitsGiven{n, uint16(imeis[0] % 10_000)}, DigitsGiven{n, uint16(imeis[1] % 10_000)})
	}
	return es
}

// letters brings the rack what a lane has to tell.
func (w world) letters(step stepper, n int, yield func(search.Edge[world])) {
	c := &w.cells[n]
	var e Event
	switch {
	case c.news:
		e = LaneSaw{uint8(n), c.took, c.posted()}
		c.news, c.took = false, 0
	case c.ended:
		e = BenchEnded{uint8(n)}
		*c = cell{port: c.port}
	default:
		return
	}
	next, ok := w.feed(step, e)
	if !ok {
		next = w
	}
	yield(search.Edge[world]{Label: fmt.Sprintf("%T of lane %d", e, n), To: next})
}

// hands plugs, unplugs and moves.
func (w world) hands(step stepper, n int, yield func(search.Edge[world])) {
	move := func(label string, u int, to uint8) {
		next := w
		if from := next.where[u]; from > 0 {
			c := &next.cells[from-1]
			if c.unit == uint8(u+1) {
				c.swapped, c.done = true, false
			}
			if !w.scope.stays {
				c.port = false
			}
		}
		if next.where[u] = to; to > 0 {
			next.cells[to-1].port = true
		}
		yield(search.Edge[world]{Label: label, To: next, Exit: true})
	}
	for u := range w.where {
		if w.scope.lanes == 1 && u > 1 || w.scope.lanes == 2 && u > n || w.scope.lanes == 3 {
			continue // with two lanes one unit of its own and one that wanders are enough, with three all stay where they are
		}
		switch at := w.where[u]; {
		case at == uint8(n+1):
			move(fmt.Sprintf("unit %d is pulled", u), u, 0)
		case at == 0 && w.unitAt(n) == 0 && (w.scope.stays || !w.cells[n].port):
			move(fmt.Sprintf("unit %d is put into lane %d", u, n), u, uint8(n+1))
		}
	}
	c := w.cells[n]
	switch there := w.lanes[n].There(); {
	case c.port && w.lanes[n].Phase == Absent:
		if next, ok := w.feed(step, PortCame{uint8(n), w.scope.stays}); ok {
			yield(search.Edge[world]{Label: fmt.Sprintf("port %d comes", n), To: next})
		}
	case !c.port && there:
		if next, ok := w.feed(step, PortGone{uint8(n)}); ok {
			yield(search.Edge[world]{Label: fmt.Sprintf("port %d goes", n), To: next})
		}
	}
}

// unitAt is the unit that stands in a lane, from 1.
func (w world) unitAt(n int) uint8 {
	for u, at := range w.where {
		if at == uint8(n+1) {
			return uint8(u + 1)
		}
	}
	return 0
}

// benches are what a lane's bench can do by itself.
func (w world) benches(n int, yield func(string, cell)) {
	c := w.cells[n]
	if c.stand == none || c.ended {
		return
	}
	to := func(label string, s stand) {
		next := c
		next.stand, next.news = s, true
		yield(label, next)
	}
	if c.close {
		next := c
		next.ended, next.stand = true, none
		yield("ends", next)
		return
	}
	if w.scope.bench && !c.news {
		next := c
		next.ended, next.stand = true, none
		yield("breaks", next)
	}
	switch c.stand {
	case looking:
		w.find(n, to, yield)
	case working:
		if c.swapped {
			to("fails", failed)
			return
		}
		for s, label := range map[stand]string{passed: "passes", warned: "warns", failed: "fails", digits: "asks", blocked: "is blocked"} {
			if w.scope.bench || s == passed || s == failed && n == 0 && !w.scope.asks || s == digits && w.scope.asks {
				next := c
				next.stand, next.news, next.done = s, true, s == passed || s == warned
				yield(label, next)
			}
		}
	}
	if x := c.queue[0]; x != nothing && c.stand != looking {
		c.takes(x, yield)
	}
}

// find is a bench that looks who is there.
func (w world) find(n int, to func(string, stand), yield func(string, cell)) {
	c := w.cells[n]
	if w.scope.key && c.unit == 0 && !c.begun {
		to("is locked", shut)
	}
	u := w.unitAt(n)
	for i, o := range w.cells {
		if i != n && o.stand != none && o.unit == u {
			u = 0 // another lane has it
		}
	}
	next := c
	next.news, next.unit, next.swapped, next.begun = true, u, false, false
	if next.stand = told; u == 0 {
		next.stand = failed
	}
	if u != c.unit {
		next.done = false
	}
	yield("is told", next)
}

// takes is a bench at rest or at work that takes what it was told.
func (c cell) takes(x wish, yield func(string, cell)) {
	c.queue[0], c.queue[1] = c.queue[1], nothing
	c.took++
	c.news = true
	rests := c.stand != working
	switch {
	case x == confirm && c.stand == told:
		c.stand, c.begun = working, true
	case x == look && rests && c.stand != shut && c.stand != refused:
		c.stand = looking
	case x == again && c.stand == failed && c.begun:
		c.stand = working
	case x == again && c.stand == failed:
		c.stand = looking
	case x == putAway && rests && c.unit != 0, x == cancel && (c.stand == digits || c.stand == blocked):
		c.stand = away
	case x == cancel && c.stand == working:
		c.stand = failed
	case x == confirmed && c.stand == digits:
		c.stand = working
	case x == unlock && (c.stand == shut || c.stand == refused):
		c.stand = refused
		yield("opens nothing", c)
		c.stand, c.begun = looking, true // locked no more
	}
	yield("takes it", c)
}
