// Package house is the program on a terminal: it opens the ways in, one after the other, on one terminal, with one profile and one ledger.
//
// Read house.go (which way comes next), then walk.go, rack.go and setup.go (each puts a bench and its screens side by side), and
// terminal.go (windows, or lines).
package house

import (
	"context"

	"example.org/sectag/bench/ask"
	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/job"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/door"
	machine "example.org/sectag/flows/rack"
	tuistart "example.org/sectag/tui/start"
	"example.org/sectag/tui/way"
)

// Options are what a house begins with.
type Options struct {
	Found bool   // there is a profile file
	Port  string // named on the command line, or ""
	Title string // instead of the product's name; "" is that
}

// house is what the ways in share while a person goes from one to the other: the terminal, the profile and the ledger.
type house struct {
	*console.Console
	Look
	Options
	on    *Terminal
	job   *job.Job
	note  string // what the way that was left last came to, for the door
	visit string // the port of a unit of the station that somebody wants to look into
	shift machine.Counter
}

// Live goes the ways that the person chooses, the named one first, until one is left for good. The benches outlive their screens: each
// comes to a rest and is closed after them, and the job with the last.
func (t *Terminal) Live(ctx context.Context, j *job.Job, o Options, first door.Way, named bool) error {
	h := &house{Console: t.Console, Look: t.Look, Options: o, on: t, job: j}
	defer func() { h.job.Close() }() // set-up may have put another one in its place
	return h.live(ctx, first, named)
}

func (h *house) live(ctx context.Context, first door.Way, named bool) error {
	to := first
	for {
		if !named {
			var ok bool
			if to, ok = h.choose(); !ok {
				return nil
			}
		}
		left, err := h.open(ctx, to)
		if err != nil || left == way.Quit || ctx.Err() != nil {
			return err
		}
		to, named = h.road(to)
	}
}

// road is the way that comes without the door being asked: from the station to the unit that somebody wants to look into, and back.
func (h *house) road(from door.Way) (to door.Way, known bool) {
	switch {
	case h.visit == "":
		return 0, false
	case from == door.Station:
		return door.Service, true
	}
	h.visit = ""
	return door.Station, true
}

// choose shows the door; false when the person left instead.
func (h *house) choose() (door.Way, bool) {
	chosen := make(chan door.Way, 1)
	s := h.setting()
	h.on.Open(tuistart.New(h.door(), tuistart.Options{
		Title: s.title, Station: s.station, Note: h.note, Palette: h.palette(), Opened: func(w door.Way) { chosen <- w },
	}))
	h.note = ""
	if h.on.Over() == way.Quit {
		return 0, false
	}
	return <-chosen, true
}

func (h *house) door() door.Door { return door.New(h.Found, h.job.Store != nil) }

// open goes one way. One that is closed is told as a fault.
func (h *house) open(ctx context.Context, w door.Way) (way.Act, error) {
	if why := h.door().Closed(w); why != "" {
		return way.Quit, cred.Failed("config.value", "the way in "+w.String()+" is closed: "+why, "sectag without --way offers those that are open")
	}
	switch w {
	case door.Station:
		return h.rack(ctx)
	case door.SetUp, door.Edit:
		return h.setUp(ctx, w == door.Edit)
	case door.Lab, door.Service: // the same seven screens: without a profile they ask for everything, and offer to save it
	}
	t := h.terms()
	t.Service, t.Lab = w == door.Service, w == door.Lab
	return h.walk(ctx, t)
}

// setting is whose station and product it is. Where a title stands instead of the product's name there is no room for the station's.
func (h *house) setting() setting {
	if h.Title != "" {
		return setting{title: h.Title}
	}
	return setting{title: h.job.Settled.Product, station: h.job.Settled.Station}
}

// back is where h leads from the seven screens.
func (h *house) back() string {
	if h.visit != "" {
		return "the station"
	}
	return "the start screen"
}

// at is the port that is worked at, where it is known before anybody chooses one.
func (h *house) at() string {
	if h.visit != "" {
		return h.visit
	}
	return h.Port
}

// terms are what the profile settles.
func (h *house) terms() flows.Terms {
	p := h.job.Settled
	return flows.Terms{
		Authority: p.Signs(), PSK: p.Shares(), Port: h.at() != "", Anchor: ask.HasAnchor(p), Endpoint: p.Endpoint.Host != "", Ledger: h.job.Store != nil, Profile: h.Found,
	}
}
