package machine

import (
	"fmt"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/search"
)

// judge adds what can be seen in a world by itself.
func (w world) judge(step credStep) sin {
	s := w.sin
	check := func(bad bool, x sin) {
		if bad {
			s |= x
		}
	}
	if !w.alive || w.judged || s != 0 {
		return s
	}
	m := w.m
	p := w.plan()
	if m.Stage() == flows.Done {
		for i, l := range p.Slots[:p.N] {
			c, was := w.cells[w.cellOf(uint8(i))], w.listed[w.cellOf(uint8(i))]
			check((l.Op == flows.WriteSlot || l.Op == flows.MakeSlot) && c != fresh, sinFalse)
			check(l.Op == flows.DeleteSlot && c != absent, sinFalse)
			check(l.Op == flows.Keep && (c != was || c != current && w.aim != flows.ForRetirement), sinFalse)
		}
		check(w.serves && !w.named, sinUnnamed)
		check(w.aim == flows.ForRetirement && w.told != unitA, sinBlind) // and its certificates are revoked now
		check(w.line == open && w.mode != w.found, sinMode)
	}
	if m.plan.N > 0 && !w.blurred {
		for i := range p.Slots[:p.N] {
			c, was := w.cells[w.cellOf(uint8(i))], w.listed[w.cellOf(uint8(i))]
			check(m.slots[i] == flows.SlotPlanned && c != was, sinUntrue)
			if w.effect == nil {
				check(m.slots[i] == flows.SlotMatches && c != fresh, sinUntrue)
				check(m.slots[i] == flows.SlotGone && c != absent, sinUntrue)
				check(m.slots[i] == flows.SlotDiffers && p.Slots[i].Op != flows.DeleteSlot && c == fresh, sinUntrue)
				check(m.slots[i] == flows.SlotDiffers && p.Slots[i].Op == flows.DeleteSlot && c == absent, sinUntrue)
			}
		}
	}
	_, _, ignored := step(m, flows.TermsSet{Terms: flows.Terms{Anchor: w.anchor, Service: w.serves}})
	check(!ignored, sinIgnored) // it says nothing new
	check(m.phase == credPlanned && !m.stop && w.anchor && !w.anchored, sinOutdated)
	for _, e := range late {
		_, _, ignored := step(m, e)
		check(!ignored, sinStale)
	}
	if m.Rest() {
		over := m.phase == credFailed || m.phase == credNone
		check(over && !w.excused && w.line == open && w.mode != w.found, sinMode)
		check(w.effect != nil, sinTwo)
		asks := m.Stage() == flows.Running || m.Stage() == flows.Failing
		enabled := false
		for _, a := range m.Actions() {
			enabled = enabled || a.Disabled == ""
		}
		blocked := m.phase == credPlanned && m.Block() != NotBlocked
		check(asks && !enabled && !blocked, sinSilent)
	}
	for _, a := range m.Actions() {
		if a.Event != nil && a.Ask == flows.AskNothing {
			_, _, ignored := step(m, a.Event)
			check(ignored != (a.Disabled != ""), sinLie)
		}
	}
	return s
}

// searchCred walks the whole space from some starts and tells which invariants break, with a shortest way to each.
func searchCred(step credStep, starts []world, limit int) (map[sin]string, *search.Graph[world], error) {
	broken := map[sin]string{}
	g, err := search.Search(starts, moves(step), nil, limit)
	if err != nil {
		return nil, nil, err
	}
	for i, w := range g.States {
		s := w.judge(step)
		for b := range sins {
			if x := sin(1 << b); s&x != 0 && broken[x] == "" {
				broken[x] = g.Way(i) + fmt.Sprintf("\n%+v", w)
			}
		}
	}
	if i, stuck := g.Stuck(func(w world) bool { return !w.alive || w.m.Rest() || w.sin != 0 }); stuck {
		broken[sinStuck] = g.Way(i)
	}
	if i, stuck := g.Stuck(func(w world) bool { return w.m.Stage() == flows.Done || w.sin != 0 || !w.firmware }); stuck {
		broken[sinHopeless] = g.Way(i)
	}
	return broken, g, nil
}

// stores are all stores of three slots.
func stores() [][3]cell {
	var all [][3]cell
	for _, a := range []cell{absent, current, ours, foreign} {
		for _, b := range []cell{absent, current, ours, foreign} {
			for _, c := range []cell{absent, current, ours, foreign} {
				all = append(all, [3]cell{a, b, c})
			}
		}
	}
	return all
}

// late are answers to an effect that nobody waits for any more; they can come at any moment.
var late = []flows.Event{
	flows.Failed{ID: credID(1)},
	flows.Lost{ID: credID(1)},
	flows.Planned{ID: credID(1), Plan: flows.Plan{N: 1}},
	flows.Prepared{ID: credID(1)},
	flows.Identified{ID: credID(1), Session: 1, IMEI: unitA, Identity: cred.Digest{9}, Firmware: true},
	flows.Offline{ID: credID(1)},
	flows.Deleted{ID: credID(1)},
	flows.Written{ID: credID(1)},
	flows.KeyMade{ID: credID(1)},
	flows.KeyByHost{ID: credID(1)},
	flows.Certified{ID: credID(1), Want: cred.Digest{1}},
	flows.ReadBack{ID: credID(1)},
	flows.Restored{ID: credID(1)},
}

// variant is a world to start in: which unit, which person, which terms.
type variant func(*world)

var variants = map[string]variant{
	"as usual":               func(*world) {},
	"only looked at":         func(w *world) { w.sure = false },
	"old firmware":           func(w *world) { w.firmware = false },
	"found offline":          func(w *world) { w.mode, w.found = 4, 4 },
	"left offline":           func(w *world) { w.mode = 4 },
	"no anchor yet":          func(w *world) { w.anchor, w.moody = false, flows.EndpointScreen },
	"the authority is moody": func(w *world) { w.moody = flows.CredentialsScreen },
	"delete by hand":         func(w *world) { w.hand = flows.Hand{Op: flows.DeleteSlot, Slot: slotOf(1)} },
	"made in the modem":      func(w *world) { w.make = true },
	"made by a moody one":    func(w *world) { w.make, w.moody = true, flows.CredentialsScreen },
	"in service":             func(w *world) { w.serves, w.sure = true, false },
	"renewed":                func(w *world) { w.serves, w.wish, w.sturdy, w.sure = true, flows.ForRenewal, true, false },
	"retired":                func(w *world) { w.serves, w.sure, w.wish = true, false, flows.ForRetirement },
	"retired by a moody one": func(w *world) {
		w.serves, w.sure, w.wish, w.moody, w.sturdy = true, false, flows.ForRetirement, flows.CredentialsScreen, true
	},
	"write by hand": func(w *world) { w.hand = flows.Hand{Op: flows.WriteSlot, Slot: slotOf(1)} },
}

// start is a world in which the unit was identified just now. brief forgets what is over, so that more stores can be searched.
func start(cells [3]cell, brief bool, v variant) world {
	w := world{cells: cells, mode: 1, found: 1, firmware: true, anchor: true, signer: true, sure: true, brief: brief}
	v(&w)
	return w.begin(w.sure)
}

func TestCredentialsFromEveryStore(t *testing.T) {
	t.Parallel()
	all := stores()
	if raced {
		all = [][3]cell{oneSlot, lost}
	}
	for _, in := range []string{"as usual", "made in the modem"} {
		t.Run(in, func(t *testing.T) {
			t.Parallel()
			var starts []world
			for _, s := range all {
				starts = append(starts, start(s, true, variants[in]))
			}
			flawless(t, starts)
		})
	}
}

func TestCredentialsInEveryWorld(t *testing.T) {
	for name, v := range variants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var w world
			v(&w)
			raced := raced || w.serves // what is over is forgotten, as in a search of many stores
			starts := []world{start(oneSlot, raced, v)}
			if !raced || !w.serves {
				starts = append(starts, start([3]cell{current, current, current}, raced, v))
			}
			if !raced || w.wish == flows.ForRetirement {
				starts = append(starts, start(lost, raced, v))
			}
			if starts[0].make { // something must be missing for a key to be made
				starts = append(starts, start(twoSlots, raced, v), start([3]cell{}, raced, v))
			}
			flawless(t, starts)
		})
	}
}

func flawless(t *testing.T, starts []world) {
	t.Helper()
	broken, g, err := searchCred(rightCredStep, starts, 500_000)
	if err != nil {
		t.Fatal(err)
	}
	for s, way := range broken {
		t.Errorf("%s: %s", s, way)
	}
	t.Logf("%d states, %d steps", len(g.States), g.Edges)
	for _, e := range everyEvent(t) {
		for i, w := range g.States {
			if !total(w.m, e) {
				t.Fatalf("%T is ignored and leaves a mark, after: %s", e, g.Way(i))
			}
		}
	}
}

func (s sin) String() string {
	out := ""
	for b := range sins {
		if s&(1<<b) != 0 {
			out += sinNames[b] + " "
		}
	}
	return out
}
