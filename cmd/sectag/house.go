package main

import (
	"context"

	"example.org/sectag/bench/ask"
	"example.org/sectag/cmd/sectag/job"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/door"
	tuistart "example.org/sectag/tui/start"
	"example.org/sectag/tui/way"
)

// house is what the ways in share while a person goes from one to the other: the terminal, the profile and the ledger.
type house struct {
	*app
	on    *terminal
	job   *job.Job
	found bool   // there is a profile file
	port  string // named on the command line, or ""
	note  string // what the way that was left last came to, for the door
	title string // instead of the product's name; "" is that
}

// live goes the ways that the person chooses, the named one first, until one is left for good.
func (h *house) live(ctx context.Context, first door.Way, named bool) error {
	to := first
	for {
		if !named {
			var ok bool
			if to, ok = h.choose(); !ok {
				return nil
			}
		}
		named = false
		left, err := h.open(ctx, to)
		if err != nil || left == way.Quit || ctx.Err() != nil {
			return err
		}
	}
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

func (h *house) door() door.Door { return door.New(h.found, h.job.Store != nil) }

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
	return h.walk(ctx, h.on, h.job.Config(h.port), t, h.setting())
}

// setting is how the ways look. Where a title stands instead of the product's name there is no room for the station's.
func (h *house) setting() setting {
	if h.title != "" {
		return setting{title: h.title, door: true}
	}
	return setting{title: h.job.Settled.Product, station: h.job.Settled.Station, door: true}
}

// terms are what the profile settles.
func (h *house) terms() flows.Terms {
	p := h.job.Settled
	return flows.Terms{
		Authority: p.Signs(), PSK: p.Shares(), Port: h.port != "", Anchor: ask.HasAnchor(p), Endpoint: p.Endpoint.Host != "", Ledger: h.job.Store != nil, Profile: h.found,
	}
}
