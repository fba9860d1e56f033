package rack

import (
	"sync"
	"testing"

	"example.org/sectag/flows"
	"example.org/sectag/flows/search"
)

// scopes are the searches; together they vary everything.
var scopes = map[string]scope{
	"plugged in, auto":    {start: Auto, lanes: 2},
	"plugged in, key":     {start: Key, lanes: 2},
	"plugged in, label":   {start: Labelled, lanes: 2},
	"needle beds, auto":   {start: Auto, lanes: 2, stays: true},
	"needle beds, key":    {start: Key, lanes: 2, stays: true},
	"needle beds, label":  {start: Labelled, lanes: 2, stays: true},
	"three that ask":      {start: Auto, lanes: 3, asks: true},
	"one locked lane":     {start: Auto, lanes: 1, key: true, selects: true},
	"one moody lane":      {start: Key, lanes: 1, bench: true},
	"one moody bed":       {start: Labelled, lanes: 1, stays: true, bench: true},
	"one moody bed, auto": {start: Auto, lanes: 1, stays: true, bench: true},
}

// voice is what a rack says to people.
type voice struct {
	actions func(Rack) []Action
	waits   func(Rack, int) string
}

var right = voice{Rack.Actions, Rack.Waits}

func rightStep(r Rack, e Event) (Rack, []Effect, bool) { return r.Step(e) }

// rests tells whether nothing moves unless somebody moves it.
func (w world) rests() bool {
	for n := range w.scope.lanes {
		c, l := w.cells[n], w.lanes[n]
		if c.news || c.ended || c.close || c.queue[0] != nothing || c.stand == looking || c.stand == working || c.port != l.There() {
			return false
		}
	}
	return true
}

// bad names what can be seen to be wrong with a world.
func (w world) bad(v voice) string {
	if w.sin != "" {
		return w.sin
	}
	for n := range w.scope.lanes {
		if why := w.untrue(n); why != "" {
			return why
		}
	}
	return w.offers(v)
}

// untrue holds a lane against its bench.
func (w world) untrue(n int) string {
	c, l := w.cells[n], w.lanes[n]
	owed := c.took
	for _, x := range c.queue {
		if x != nothing {
			owed++
		}
	}
	switch {
	case l.There() && l.Phase != Broken && !c.ended && l.untaken != owed:
		return "miscounts"
	case (l.Phase == Passed || l.Phase == Warned) && c.unit > 0 && !c.swapped && imeis[c.unit-1] == l.IMEI && !w.proven[c.unit-1]:
		return "praises"
	case !w.rests():
		return ""
	case c.stand == told && l.Phase == Waiting && (w.label == l.IMEI || w.start == Auto):
		return "idles"
	case c.stand == told && l.IMEI != imeis[c.unit-1]:
		return "confuses"
	}
	want := map[stand]Phase{digits: Asking, blocked: Asking, shut: Asking, refused: Asking, passed: Passed, warned: Warned, failed: Failed, away: Resting}
	if p, ok := want[c.stand]; ok && l.Phase != p {
		return "untrue"
	}
	return ""
}

// offers holds what a person may do against what the rack takes.
func (w world) offers(v voice) string {
	r := w.rack()
	for n := range w.scope.lanes {
		r.selected = NoLane
		if l := r.lanes[n]; l.There() {
			r.selected = uint8(n)
		}
		keys := map[rune]bool{}
		for _, a := range v.actions(r) {
			if a.Key >= '0' && a.Key <= '9' {
				return "digit"
			}
			if a.Disabled == "" && keys[a.Key] {
				return "clash"
			}
			keys[a.Key] = keys[a.Key] || a.Disabled == ""
			if a.Ask != flows.AskNothing {
				continue
			}
			if _, _, ignored := r.Step(a.Event); ignored != (a.Disabled != "") {
				return "lie"
			}
		}
		if why := w.blocked(r, n); why != "" {
			return why
		}
		if p := r.lanes[n].Phase; p != Looking && p != Working && p != Leaving && v.waits(r, n) == "" {
			return "silent"
		}
	}
	return ""
}

// blocked tells whether a lane that has taken all it was told cannot be gone on with, whatever the others do.
func (w world) blocked(r Rack, n int) string {
	l := r.lanes[n]
	if l.untaken > 0 {
		return ""
	}
	var e Event
	switch {
	case l.Phase == Waiting && w.start != Labelled:
		e = StartWanted{1 << n}
	case l.Phase == Waiting:
		e = LabelScanned{l.IMEI}
	case l.Phase == Asking && l.Ask == AskDigits:
		e = DigitsGiven{uint8(n), uint16(uint64(l.IMEI) % 10_000)}
	case l.Phase == Asking && l.Ask == AskPassphrase:
		e = PassphraseKept{}
	case l.Phase == Failed, l.Phase == Broken:
		e = RetryWanted{uint8(n)}
	case l.Over():
		e = NextWanted{uint8(n)}
	default:
		return ""
	}
	if _, _, ignored := r.Step(e); ignored {
		return "blocked"
	}
	return ""
}

func searchRack(step stepper, v voice, sc scope) (*search.Graph[world], error) {
	w := world{scope: sc, start: sc.start, selected: NoLane}
	for n := range sc.lanes {
		w.cells[n].port = sc.stays || sc.asks
		if sc.asks {
			w.where[n] = uint8(n + 1)
		}
	}
	g, err := search.Search([]world{w}, moves(step, v.actions), func(w world) string { return w.bad(v) }, 300_000)
	return g, err
}

// TestRackSearch walks every state of the rack joined with its world.
func TestRackSearch(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup
	for name, sc := range scopes {
		if raced && sc.lanes > 1 {
			continue
		}
		all.Go(func() {
			g, err := searchRack(rightStep, right, sc)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			t.Logf("%s: %d states, %d steps", name, len(g.States), g.Edges)
			if i, stuck := g.Stuck(world.rests); stuck {
				t.Errorf("%s: nothing comes to rest after: %s", name, g.Way(i))
			}
		})
	}
	all.Wait()
}
