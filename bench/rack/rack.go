// Package rack is the station loop's supervisor: it watches the ports, runs a bench in the lane of each for as long as the port is there,
// and tells the machine (flows/rack) what they see. The machine decides what each lane is told; everything a lane does to its unit is
// done and journaled by its own bench.
//
// Read rack.go (what goes in and out), loop.go (one goroutine that owns the machine), lane.go (one bench), watch.go and sight.go (which
// boards are there). What the lanes share is in bench/shared and bench.Estate. Nothing here prints.
package rack

import (
	"context"
	"sync"
	"time"

	"example.org/sectag/bench"
	"example.org/sectag/bench/profile"
	"example.org/sectag/bench/shared"
	"example.org/sectag/device/port"
	"example.org/sectag/flows"
	"example.org/sectag/flows/rack"
)

// Lister tells which ports there are; port.Lister is one.
type Lister interface {
	Ports(context.Context) ([]port.Info, error)
}

// Config is what a rack is set up with.
type Config struct {
	Bench  func(port string) bench.Config // of a lane; what lanes share is put in here
	Terms  flows.Terms                    // what is settled; that a port is named and that this is a station is put in here
	Start  rack.Start
	Ports  []string        // names, or patterns as of a shell; empty: every port that may be asked without being named
	Lister Lister          // nil: this computer's
	Every  time.Duration   // how often it is asked; 0 is 300 ms
	Lock   time.Duration   // the passphrase is cleared after so long without a person or a unit; 0 is profile.DefaultLock
	Around bench.Announcer // nil: nobody stands at the effects
	Count  *rack.Counter   // what the shift came to so far, which goes on; nil: it begins. It is the rack's while Run is at work
}

// Rack is a station at work. New makes one.
type Rack struct {
	Config
	in      *box
	changed chan struct{}
	ring    shared.Ring
	claims  shared.Claims
	estate  bench.Estate

	mu   sync.Mutex
	shot rack.Shot
	pass []byte
	idle *time.Timer
	at   map[kind]int // which port spoke last of the boards of a kind
}

// New sets a rack up. It touches nothing until Run.
func New(c Config) *Rack {
	if c.Lister == nil {
		c.Lister = port.Lister{}
	}
	if c.Every == 0 {
		c.Every = 300 * time.Millisecond
	}
	if c.Lock == 0 {
		c.Lock = profile.DefaultLock
	}
	if c.Count == nil {
		c.Count = new(rack.Counter)
	}
	c.Terms.Port, c.Terms.Station = true, true
	return &Rack{Config: c, in: newBox(), changed: make(chan struct{}, 1), shot: rack.Shot{Rack: rack.New(c.Start), Tally: c.Count.Tally()}}
}

// Put adds what a person wants. It never blocks.
func (r *Rack) Put(e rack.Event) {
	r.Touch()
	r.in.put(letter{event: e})
}

// Unlock keeps a passphrase for every lane that will want one; the slice is cleared. It never blocks.
func (r *Rack) Unlock(pass []byte) {
	r.mu.Lock()
	clear(r.pass)
	r.pass = append([]byte(nil), pass...)
	r.mu.Unlock()
	clear(pass)
	r.Put(rack.PassphraseKept{})
}

// Touch tells that somebody is there: the passphrase is kept for another while.
func (r *Rack) Touch() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.idle != nil {
		r.idle.Reset(r.Lock)
	}
}

// Changed tells that Shot may be another by now. What happens in between is told once.
func (r *Rack) Changed() <-chan struct{} { return r.changed }

// Shot is how the rack stands now. Nobody waits for its reader.
func (r *Rack) Shot() rack.Shot {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.shot
	s.Lanes = append([]rack.Sight(nil), s.Lanes...)
	return s
}

// show changes what is shown, and says so.
func (r *Rack) show(change func(*rack.Shot)) {
	r.mu.Lock()
	change(&r.shot)
	r.mu.Unlock()
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// forget clears the passphrase and locks the authority. Lanes that are at work have what they need of it.
func (r *Rack) forget() {
	r.mu.Lock()
	clear(r.pass)
	r.pass = nil
	r.mu.Unlock()
	r.ring.Close()
}

// passphrase is a copy of what is kept; nil when nothing is.
func (r *Rack) passphrase() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]byte(nil), r.pass...)
}

// setIdle begins or ends the watch over a passphrase that nobody uses.
func (r *Rack) setIdle(t *time.Timer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.idle != nil {
		r.idle.Stop()
	}
	r.idle = t
}

// spoken is which port spoke last of a board of this kind.
func (r *Rack) spoken(k kind) (at int, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, known = r.at[k]
	return at, known
}

// spoke remembers which port that was, where it was one alone.
func (r *Rack) spoke(k kind, at int, alone bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if delete(r.at, k); !alone {
		return
	}
	if r.at == nil {
		r.at = map[kind]int{}
	}
	r.at[k] = at
}
