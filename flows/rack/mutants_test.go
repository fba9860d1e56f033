package rack

import (
	"strings"
	"sync"
	"testing"

	"example.org/sectag/flows"
)

// mutant is a rack with one fault in it, the search that finds it, and what is found.
type mutant struct {
	step  stepper
	scope string
	found string
}

// before changes a rack before it takes an event.
func before(change func(*Rack, Event)) stepper {
	return func(r Rack, e Event) (Rack, []Effect, bool) {
		n := r
		change(&n, e)
		next, do, ignored := n.Step(e)
		if ignored {
			return r, nil, true
		}
		return next, do, false
	}
}

// after changes what a step that was not ignored came to.
func after(change func(was Rack, r *Rack, e Event, do *[]Effect)) stepper {
	return func(r Rack, e Event) (Rack, []Effect, bool) {
		n, do, ignored := r.Step(e)
		if !ignored {
			change(r, &n, e, &do)
		}
		return n, do, ignored
	}
}

func without[T Effect](do []Effect) (left []Effect) {
	for _, x := range do {
		if _, is := x.(T); !is {
			left = append(left, x)
		}
	}
	return left
}

func mutants() map[string]mutant {
	return map[string]mutant{
		"begins by a key where a label is wanted": {func(r Rack, e Event) (Rack, []Effect, bool) {
			if _, press := e.(StartWanted); press {
				was := r.start
				r.start = Key
				n, do, ignored := r.Step(e)
				n.start = was
				return n, do, ignored
			}
			return r.Step(e)
		}, "one moody bed", "unasked"},
		"takes any label for a unit's": {before(func(r *Rack, e Event) {
			if s, ok := e.(LaneSaw); ok && s.Saw.Stage == SawTold && r.label != 0 {
				r.label = s.Saw.IMEI
			}
		}), "one moody bed", "unasked"},
		"begins the only unit whatever the label says": {before(func(r *Rack, e Event) {
			if s, ok := e.(LaneSaw); ok && s.Saw.Stage == SawTold && s.Saw.IMEI != r.label {
				r.label = 0
			}
		}), "one moody bed, auto", "unasked"},
		"begins by itself": {before(func(r *Rack, e Event) {
			if _, ok := e.(LaneSaw); ok {
				r.start = Auto
			}
		}), "one moody lane", "unasked"},
		"keeps a label that was used": {after(func(was Rack, r *Rack, e Event, _ *[]Effect) {
			if _, ok := e.(LaneSaw); ok {
				r.label = was.label
			}
		}), "one moody bed", "unasked"},
		"believes what is out of date": {before(func(r *Rack, e Event) {
			if s, ok := e.(LaneSaw); ok {
				r.lanes[s.Lane].untaken = 0
			}
		}), "one moody bed, auto", "miscounts"},
		"begins what has passed": {after(func(_ Rack, r *Rack, e Event, _ *[]Effect) {
			if _, ok := e.(LabelScanned); ok {
				r.lanes[0].was = Absent
			}
		}), "one moody bed, auto", "again"},
		"lets one question hold the others up": {func(r Rack, e Event) (Rack, []Effect, bool) {
			for n := range most {
				if s, ok := e.(LaneSaw); ok && int(s.Lane) != n && r.lanes[n].Phase == Asking {
					return r, nil, true
				}
			}
			return r.Step(e)
		}, "three that ask", ""},
		"does not close what is unplugged": {after(func(_ Rack, _ *Rack, _ Event, do *[]Effect) {
			*do = without[Close](*do)
		}), "one locked lane", "untrue"},
		"opens a port whose bench is not at rest yet": {after(func(_ Rack, r *Rack, e Event, _ *[]Effect) {
			if g, ok := e.(PortGone); ok {
				r.lanes[g.Lane] = Lane{}
			}
		}), "one locked lane", "twice"},
		"takes any four digits": {before(func(r *Rack, e Event) {
			if d, ok := e.(DigitsGiven); ok && r.lanes[0].Ask == AskDigits {
				r.lanes[0].IMEI = imeis[0]
				if uint64(d.Last4) != uint64(imeis[0])%10_000 {
					r.lanes[0].IMEI = imeis[1]
				}
			}
		}), "one moody bed", "guessed"},
		"gives a passphrase again that opened nothing": {func(r Rack, e Event) (Rack, []Effect, bool) {
			n, do, ignored := r.Step(e)
			if s, ok := e.(LaneSaw); ok && s.Saw.Refused && len(do) == 0 && !ignored {
				l := &n.lanes[s.Lane]
				do = append(do, l.unlock(s.Lane))
			}
			return n, do, ignored
		}, "one locked lane", "insists"},
		"says a pass that was none": {func(r Rack, e Event) (Rack, []Effect, bool) {
			if s, ok := e.(LaneSaw); ok && s.Saw.Stage == SawOver && s.Saw.Outcome == flows.FailedOutcome && s.Saw.IMEI != 0 {
				s.Saw.Outcome = flows.Passed
				e = s
			}
			return r.Step(e)
		}, "one moody lane", "praises"},
		"is changed by what it ignores": {func(r Rack, e Event) (Rack, []Effect, bool) {
			n, do, ignored := r.Step(e)
			if ignored {
				n.keyed = !n.keyed
			}
			return n, do, ignored
		}, "one moody lane", "ignored"},
		"tells a lane that has no bench": {func(r Rack, e Event) (Rack, []Effect, bool) {
			n, do, ignored := r.Step(e)
			if _, next := e.(NextWanted); next && ignored && r.lanes[0].Phase == Absent {
				return r, []Effect{Tell{0, flows.UnitWanted{}}}, false
			}
			return n, do, ignored
		}, "one moody lane", "nobody"},
	}
}

// TestRackMutants: each fault is found by the search that is for it.
func TestRackMutants(t *testing.T) {
	t.Parallel()
	var wait sync.WaitGroup
	for name, m := range mutants() {
		if raced && !strings.HasPrefix(name, "begins") {
			continue
		}
		wait.Go(func() {
			g, err := searchRack(m.step, right, scopes[m.scope])
			found := ""
			if err != nil {
				found, _, _ = strings.Cut(err.Error(), ",")
			} else if _, stuck := g.Stuck(world.rests); stuck {
				found = "stuck"
			}
			if found == "" || strings.HasPrefix(found, "more") || m.found != "" && found != m.found {
				t.Errorf("the mutant that %s is found by %q, not by %q: %v", name, found, m.found, err)
			}
		})
	}
	wait.Wait()
}

// TestRackVoices: what is offered to people is held against the rack too.
func TestRackVoices(t *testing.T) {
	t.Parallel()
	more := func(a Action) voice {
		return voice{func(r Rack) []Action { return append(r.Actions(), a) }, Rack.Waits}
	}
	for want, v := range map[string]voice{
		"silent": {Rack.Actions, func(Rack, int) string { return "" }},
		"digit":  more(Action{Name: "first-lane", Key: '1', Event: LaneSelected{0}}),
		"lie":    more(Action{Name: "promise", Key: 'z', Event: BenchEnded{NoLane}}),
		"clash": {func(r Rack) []Action {
			as := r.Actions()
			if len(as) > 0 {
				as = append(as, as[0])
			}
			return as
		}, Rack.Waits},
	} {
		if _, err := searchRack(rightStep, v, scopes["one locked lane"]); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
