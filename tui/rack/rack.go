// Package rack shows the station loop: one lane so that its verdict can be read from two metres, several as a table. It draws what the
// machine of flows/rack and the lanes say, and decides nothing.
//
// Read rack.go (what it is shown and told), hand.go (what a person, or a label scanner, types), then draw.go (how the window is
// shared), lane.go (one lane), gang.go (several), tally.go (the shift's numbers).
package rack

import (
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/rack"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/way"
)

// Bench is all that the station's screens may ask of its supervisor.
type Bench interface {
	// Put gives an event to the rack; it never blocks.
	Put(rack.Event)
	// Unlock takes a passphrase, clears the slice and keeps it for every lane that will want one.
	Unlock(pass []byte)
	// Touch is told of every key, not which: somebody is there.
	Touch()
	// Changed tells that Shot may be another by now.
	Changed() <-chan struct{}
	// Shot is how the station stands now.
	Shot() rack.Shot
}

// Options are what the station needs to know of its surroundings.
type Options struct {
	Title   string // the product's name
	Station string // the station's id
	Palette paint.Palette
	Now     func() time.Time  // nil: the system's clock
	Silent  bool              // no bell
	Door    bool              // there is a start screen to go back to
	Visit   func(port string) // the station is left for the service view of the unit at a port; nil: there is none
}

// Station is the station loop on a terminal.
type Station struct {
	Options
	bench Bench
	shot  rack.Shot
	seen  [rack.MaxLanes]rack.Phase // of the shot before: a verdict that is new is rung
	rings bool
	hand  hand
	now   time.Time
	w, h  int
}

// New makes the screens of a station.
func New(b Bench, o Options) *Station {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Station{Options: o, bench: b, w: 80, h: 24, now: o.Now(), shot: rack.Shot{Rack: rack.New(rack.Key)}}
}

// Wake tells that something has changed at the rack.
func (s *Station) Wake() <-chan struct{} { return s.bench.Changed() }

// Come takes in how the rack stands now.
func (s *Station) Come(now time.Time) way.Act {
	s.shot, s.now = s.bench.Shot(), now
	for n := range s.seen {
		p := s.shot.Rack.Lane(n).Phase
		s.rings = s.rings || p != s.seen[n] && audible(p)
		s.seen[n] = p
	}
	s.hand.news(s.shot)
	s.askByItself()
	if s.hand.leaving && s.rest() {
		return way.Quit
	}
	return way.Nothing
}

// audible tells of what a person who looks elsewhere must hear of.
func audible(p rack.Phase) bool {
	return p == rack.Passed || p == rack.Warned || p == rack.Failed || p == rack.Asking || p == rack.Broken
}

// Rings tells whether a verdict or a question has come since it was asked last.
func (s *Station) Rings() bool {
	rings := s.rings && !s.Silent
	s.rings = false
	return rings
}

// rest tells whether no lane works.
func (s *Station) rest() bool {
	for n := range rack.MaxLanes {
		if p := s.shot.Rack.Lane(n).Phase; p == rack.Working || p == rack.Looking {
			return false
		}
	}
	return true
}

// held is how long a letter waits for what may follow it: a scanner types faster than that, and nobody else does.
const held = 50 * time.Millisecond

// Next is soon while a letter is held, and a second while a lane works.
func (s *Station) Next() time.Duration {
	switch {
	case s.hand.held():
		return held
	case !s.rest():
		return time.Second
	}
	return 0
}

// Tick tells the time, and that nothing has followed a letter that is held.
func (s *Station) Tick(now time.Time) way.Act {
	s.now = now
	if !s.hand.held() {
		return way.Nothing
	}
	do := s.release()
	s.askByItself()
	return do
}

// Resize tells the window's size.
func (s *Station) Resize(w, h int) { s.w, s.h = w, h }

// Close overwrites what was typed.
func (s *Station) Close() { s.hand.close() }

// sight is what is shown of a lane.
func (s *Station) sight(n int) rack.Sight {
	if n < len(s.shot.Lanes) {
		return s.shot.Lanes[n]
	}
	return rack.Sight{}
}

// there are the lanes that have a port.
func (s *Station) there() (out []int) {
	for n := range rack.MaxLanes {
		if s.shot.Rack.Lane(n).There() {
			out = append(out, n)
		}
	}
	return out
}

// owner is the authority that signs in the lanes, and whether a lane waits for its passphrase.
func (s *Station) owner() (subject string, locked bool) {
	for _, n := range s.there() {
		l := s.shot.Rack.Lane(n)
		locked = locked || l.Phase == rack.Asking && l.Ask == rack.AskPassphrase
		if f := s.sight(n).Facts; f.Authority.Subject != "" {
			subject = f.Authority.Subject
		}
	}
	return subject, locked
}

// visited is the port of the lane that keys act on, where its unit failed and can be looked into by the service view; else "".
func (s *Station) visited() string {
	n := s.shot.Rack.Focus()
	if s.Visit == nil || n == rack.NoLane {
		return ""
	}
	if p := s.shot.Rack.Lane(n).Phase; p != rack.Failed && p != rack.Broken {
		return ""
	}
	return s.sight(n).Port
}

// failure is why a lane failed or stopped.
func (s *Station) failure(n int) *cred.Fault {
	x := s.sight(n)
	if x.Failure != nil {
		return x.Failure
	}
	return x.Facts.Failure
}

// passphrase is the question for the authority's passphrase.
func (s *Station) passphrase(a rack.Action) *form.Form {
	n := int(a.Lane)
	if n >= rack.MaxLanes {
		n = 0
	}
	return form.Open(flows.Action{Name: a.Name, Key: a.Key, Ask: a.Ask}, s.sight(n).Facts, form.Before{})
}
