package rack

import (
	"context"
	"slices"
	"sync"
	"time"

	"example.org/sectag/bench"
	"example.org/sectag/bench/gang"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/port"
	"example.org/sectag/flows"
	"example.org/sectag/flows/rack"
)

// patience is how long after its port came a unit may take to answer: it boots, and other programs look at a new port first.
const patience = 15 * time.Second

// early are the failures that go by themselves on a port that has just come.
var early = map[string]bool{"port.busy": true, "port.denied": true, "port.missing": true, "port.lost": true, "line.no-answer": true, "line.not-at": true}

// lane is one bench at one board's port, from the port's coming to its going.
type lane struct {
	r     *Rack
	n     uint8
	board board
	ctx   context.Context // ends when the bench is to come to rest
	end   context.CancelFunc

	mu      sync.Mutex
	b       *bench.Bench // nil until it is known which port of the board speaks
	came    time.Time
	since   time.Time // the unit came, or was asked for
	waiting []wish    // that the bench did not take yet
	met     bool      // a unit has told who it is
	later   bool      // it could not be asked yet, and is to be at the next look at the ports
	over    bool      // the verdict was told
}

// wish is an event that the bench was told. Those that are the lane's own the machine does not know of.
type wish struct {
	event flows.Event
	own   bool
}

// news is what a lane says beside the machine's event.
type news struct {
	lane    uint8
	port    string
	facts   flows.Facts
	since   time.Time
	kept    bool
	verdict *rack.Verdict
	err     error    // of a bench that ended
	more    []string // other units' ports at the same device
}

func (n news) fill(l *rack.Sight) {
	if n.port != "" {
		l.Port = n.port
	}
	l.Facts, l.Since, l.Kept, l.Failure = n.facts, n.since, n.kept, n.facts.Failure
}

func newLane(r *Rack, n uint8, b board) *lane {
	l := &lane{r: r, n: n, board: b}
	l.ctx, l.end = context.WithCancel(context.Background())
	return l
}

// run finds the port of the board and works there until the lane is ended.
func (l *lane) run(work context.Context) {
	defer l.end()
	l.came = l.r.now(l.board.name())
	l.since = l.came
	name := l.find()
	if l.ctx.Err() != nil {
		l.post(rack.BenchEnded{Lane: l.n}, news{})
		return
	}
	c := l.r.Bench(name)
	c.Once = true // the port is given back as soon as the unit's slots are done
	c.Unlock, c.Claim = l.r.ring.Unlock, l.r.claims.Of(int(l.n), name)
	c.Dialer.Memory = nil // a name means that port and no other
	c.Progress = l.progress(c.Progress)
	b := l.r.estate.New(c)
	l.mu.Lock()
	l.b = b
	for _, w := range l.waiting {
		b.Put(w.event)
	}
	l.mu.Unlock()
	err := b.Run(l.ctx, work, l.r.Terms, l.r.Around, func(s bench.Shot) { l.see(b, name, s) })
	l.post(rack.BenchEnded{Lane: l.n}, news{err: err})
}

// find asks the ports of a board which of them has the unit, where there are several. Silence takes its time, so the one is asked first on
// which such a board spoke before. Where none speaks the likeliest is worked at, so that its silence is told.
func (l *lane) find() string {
	ports := l.board.ports
	if len(ports) == 1 {
		return ports[0].Name
	}
	at, known := l.r.spoken(l.board.kind())
	if known && at < len(ports) {
		if found := l.ask(ports[at : at+1]); len(found) == 1 {
			return found[0]
		}
	}
	found := l.ask(ports)
	if len(found) == 0 {
		return l.board.likely()
	}
	l.r.spoke(l.board.kind(), slices.IndexFunc(ports, func(p port.Info) bool { return p.Name == found[0] }), len(found) == 1)
	if len(found) > 1 {
		l.post(nil, news{more: found[1:], port: found[0], since: l.since})
	}
	return found[0]
}

// ask asks ports who is there, as for a gang.
func (l *lane) ask(ports []port.Info) []string {
	found, err := gang.Find(l.ctx, ports, func(ctx context.Context, name string) (device.Line, error) {
		d := l.r.Bench(name).Dialer
		d.Memory = nil
		return d.Open(ctx, name)
	})
	if err != nil {
		return nil
	}
	return found
}

// progress shows what moves.
func (l *lane) progress(also func(flows.Progress)) func(flows.Progress) {
	return func(p flows.Progress) {
		if also != nil {
			also(p)
		}
		l.r.show(func(s *rack.Shot) { s.Lanes[l.n].Progress = p })
	}
}

// tell puts an event of the machine's into the bench.
func (l *lane) tell(e flows.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, other := e.(flows.UnitWanted); other {
		l.r.claims.Release(int(l.n))
		l.since, l.over = l.r.now(l.board.name()), false
	}
	l.put(wish{event: e})
}

// unlock gives the bench a passphrase.
func (l *lane) unlock(pass []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.put(wish{event: flows.PassphraseGiven{Pass: l.b.Keep(pass)}})
}

func (l *lane) put(w wish) {
	l.waiting = append(l.waiting, w)
	if l.b != nil {
		l.b.Put(w.event)
	}
}

// again asks a unit once more that could not be asked before: it booted, or somebody else had its port.
func (l *lane) again() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.later {
		l.later = false
		l.put(wish{flows.Retry{}, true})
	}
}

// see tells the loop how the bench stands after each of its events.
func (l *lane) see(b *bench.Bench, name string, s bench.Shot) {
	if s.Err != nil {
		return // the bench ends, and says so then
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	took := uint8(0)
	if len(l.waiting) > 0 && l.waiting[0].event == s.Event {
		if !l.waiting[0].own {
			took = 1
		}
		l.waiting = l.waiting[1:]
	}
	saw := rack.Look(s.Machine)
	l.met = l.met || saw.IMEI != 0
	if l.early(saw, s.Facts) {
		l.later, saw = true, rack.Saw{Stage: rack.SawLooking}
		s.Facts.Failure = nil
	}
	n := news{port: name, facts: s.Facts, since: l.since, kept: saw.Stage == rack.SawOver && s.Machine.Credentials().Kept()}
	if saw.Stage != rack.SawOver {
		l.over = false
	} else if s.Machine.Stage(flows.RecordScreen) == flows.Done || s.Machine.Stage(flows.RecordScreen) == flows.Failing {
		saw.Outcome = l.outcome(b, saw, s.Facts)
		if !l.over {
			l.over = true
			n.verdict = l.verdict(saw, s.Facts, n.kept)
		}
	}
	l.post(rack.LaneSaw{Lane: l.n, Took: took, Saw: saw}, n)
}

// early tells whether a failure is one that a port has that has just come.
func (l *lane) early(s rack.Saw, f flows.Facts) bool {
	return !l.met && s.Stage == rack.SawOver && f.Failure != nil && early[f.Failure.Code] && l.r.now(l.board.name()).Sub(l.came) < patience && l.ctx.Err() == nil
}

// outcome is the machines', or a warning where what was found beside them makes one of a pass.
func (l *lane) outcome(b *bench.Bench, s rack.Saw, f flows.Facts) flows.Outcome {
	if s.Outcome == flows.Passed && b.Document(f.Failure, false).Verdict == cred.Warn {
		return flows.Warned
	}
	return s.Outcome
}

func (l *lane) verdict(s rack.Saw, f flows.Facts, kept bool) *rack.Verdict {
	now := l.r.now(l.board.name())
	v := &rack.Verdict{At: now, Lane: l.n, IMEI: s.IMEI, Outcome: s.Outcome, Took: now.Sub(l.since), Kept: kept}
	if f.Failure != nil && s.Outcome == flows.FailedOutcome {
		v.Code = f.Failure.Code
	}
	return v
}

func (l *lane) post(e rack.Event, n news) {
	n.lane = l.n
	l.r.in.put(letter{event: e, news: &n})
}
