package station

import (
	"strings"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

// lab is a bench and its story, fed with the same events.
type lab struct {
	t *testing.T
	b Bench
	s Story
}

// put lets something happen; it must not be ignored.
func (l *lab) put(e flows.Event) flows.Effect {
	l.t.Helper()
	do, ignored := l.try(e)
	if ignored {
		l.t.Fatalf("%T was ignored", e)
	}
	if len(do) == 0 {
		return nil
	}
	return do[0]
}

func (l *lab) try(e flows.Event) (do []flows.Effect, ignored bool) {
	l.b, do, ignored = l.b.Step(e)
	l.s = l.s.With(e)
	return do, ignored
}

// toTheUnit is a lab whose unit was identified and not confirmed.
func toTheUnit(t *testing.T, terms flows.Terms) *lab {
	terms.Port = true
	l := &lab{t: t, b: NewBench(flows.Terms{})}
	use := l.put(flows.TermsSet{Terms: terms})
	look := l.put(flows.PortChosen{ID: use.Of(), Name: "p"})
	l.put(flows.Identified{ID: look.Of(), Session: 1, IMEI: ourUnit, Firmware: true})
	return l
}

func TestACommandIsAskedAndAnsweredBesideTheScreens(t *testing.T) {
	l := toTheUnit(t, flows.Terms{Lab: true})
	screen := l.b.Screen()
	ask := l.put(flows.CommandTyped{Text: 7})
	if x, ok := ask.(flows.AskModem); !ok || x.Text != 7 || x.IMEI != 0 {
		t.Fatalf("asked for %#v", ask)
	}
	if l.b.Rest() {
		t.Error("the bench rests while a command is in flight")
	}
	for _, a := range l.b.Actions() {
		if a.Name == "confirm" && a.Disabled == "" || a.Name == "identify" && a.Disabled == "" {
			t.Errorf("%s is open while a command is in flight", a.Name)
		}
	}
	if _, ignored := l.try(flows.UnitWanted{}); !ignored {
		t.Error("two device effects at a time")
	}
	l.put(flows.ModemAnswered{ID: ask.Of(), Doc: `{"command":"AT+CPIN?","result":"CME 10","lines":[]}`})
	if c := l.s.Facts.Console; c.Last == nil || c.Last.Result != "CME 10" || c.Failure != nil || l.s.Facts.Failure != nil {
		t.Errorf("the facts say %+v", c)
	}
	if !l.b.Rest() || l.b.Screen() != screen || !l.b.Unit().Asking() {
		t.Error("the question for the unit is not open any more")
	}
}

func TestNobodyTypesCommandsOutsideTheLab(t *testing.T) {
	l := toTheUnit(t, flows.Terms{})
	for _, e := range []flows.Event{flows.CommandTyped{Text: 7}, flows.CommandConfirmed{Last4: 7872}, flows.TranscriptWanted{Path: "t"}} {
		if _, ignored := l.try(e); !ignored {
			t.Errorf("%T was taken", e)
		}
	}
	if as := l.b.Console(); as != nil {
		t.Errorf("offered are %v", as)
	}
}

// TestAChangingCommandPutsThePlanAway: what was read before is not what the unit holds after it, whatever the modem answered.
func TestAChangingCommandPutsThePlanAway(t *testing.T) {
	for name, answer := range map[string]func(flows.ID) flows.Event{
		"yes":    func(id flows.ID) flows.Event { return flows.ModemAnswered{ID: id, OK: true} },
		"no":     func(id flows.ID) flows.Event { return flows.ModemAnswered{ID: id} },
		"failed": func(id flows.ID) flows.Event { return flows.Failed{ID: id, Code: "line.garbled"} },
		"lost":   func(id flows.ID) flows.Event { return flows.Lost{ID: id, Code: "port.lost"} },
	} {
		l := toTheUnit(t, flows.Terms{Lab: true, Anchor: true})
		read := l.put(flows.UnitConfirmed{IMEI: ourUnit})
		plan := flows.Plan{N: 1}
		plan.Slots[0] = flows.SlotPlan{Slot: cred.Slot{SecTag: 42, Kind: cred.RootCA}, Op: flows.WriteSlot}
		l.put(flows.Planned{ID: read.Of(), Plan: plan})
		held := l.put(flows.CommandTyped{Text: 1})
		l.put(flows.CommandHeld{ID: held.Of(), Text: 2, Doc: `{"command":"AT%CMNG=3,42,0"}`})
		if l.s.Facts.Console.Held != "AT%CMNG=3,42,0" || len(l.s.Facts.Plan) != 1 {
			t.Fatalf("%s: held is %q, the plan has %d lines", name, l.s.Facts.Console.Held, len(l.s.Facts.Plan))
		}
		if _, ignored := l.try(flows.CommandConfirmed{Last4: 1}); !ignored {
			t.Fatalf("%s: wrong digits were taken", name)
		}
		send := l.put(flows.CommandConfirmed{Last4: 7872})
		if x, ok := send.(flows.AskModem); !ok || x.Text != 2 || x.IMEI != ourUnit {
			t.Fatalf("%s: asked for %#v", name, send)
		}
		if do := l.put(answer(send.Of())); do != nil {
			t.Errorf("%s: %T begins by itself", name, do)
		}
		if _, planned := l.b.Credentials().Planned(); planned || len(l.s.Facts.Plan) != 0 || l.s.Facts.Console.Held != "" {
			t.Errorf("%s: the plan from before the command waits still", name)
		}
		if _, ok := l.put(flows.PlanWanted{}).(flows.MakePlan); !ok {
			t.Errorf("%s: no plan can be made any more", name)
		}
	}
}

func TestNoCommandInTheMiddleOfTheWork(t *testing.T) {
	l := toTheUnit(t, flows.Terms{Lab: true, Anchor: true})
	read := l.put(flows.UnitConfirmed{IMEI: ourUnit})
	plan := flows.Plan{N: 1}
	plan.Slots[0] = flows.SlotPlan{Slot: cred.Slot{SecTag: 42, Kind: cred.RootCA}, Op: flows.WriteSlot}
	l.put(flows.Planned{ID: read.Of(), Plan: plan})
	x := l.put(flows.Accepted{})
	for range 10 { // to the first write, which fails and leaves the unit offline
		if _, write := x.(flows.Write); write {
			break
		}
		switch e := x.(type) {
		case flows.Identify:
			x = l.put(flows.Identified{ID: e.ID, Session: 1, IMEI: ourUnit, Firmware: true, Mode: 1})
		case flows.Prepare:
			x = l.put(flows.Prepared{ID: e.ID, Want: [flows.MaxSlots]cred.Digest{{1}}})
		case flows.TakeOffline:
			x = l.put(flows.Offline{ID: e.ID, Was: 1})
		default:
			t.Fatalf("asked for %T", x)
		}
	}
	if _, ignored := l.try(flows.CommandTyped{Text: 1}); !ignored {
		t.Error("a command goes between two of the work")
	}
	for _, a := range l.b.Console() {
		if !strings.Contains(a.Disabled, "wait") {
			t.Errorf("%s is offered in the middle of the work: %q", a.Name, a.Disabled)
		}
	}
}
