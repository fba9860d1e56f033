package station

import (
	"testing"

	"example.org/sectag/flows"
)

func TestShow(t *testing.T) {
	b := NewBench(flows.Terms{})
	for s := range flows.Screen(255) {
		next, do, ignored := b.Step(flows.Show{Screen: s})
		if want := s == 0 || s >= flows.Screens; ignored != want || len(do) > 1 || !ignored && next.Screen() != s {
			t.Errorf("show %v: ignored %v, shown %v, asks for %v", s, ignored, next.Screen(), do)
		}
	}
	if b.Stage(200) != flows.Idle {
		t.Error("a screen that is none has a stage")
	}
}

// What an interrupted run left offline is put back in that unit and in no other, once.
func TestWhatAnInterruptedRunLeft(t *testing.T) {
	for _, left := range []flows.Resumed{{IMEI: ourUnit, Mode: 1}, {IMEI: ourUnit}, {IMEI: otherUnit, Mode: 1}} {
		s := usual().op(flows.Keep).holding(flows.Current)
		b := NewBench(s.terms)
		var do []flows.Effect
		b, do, _ = b.Step(flows.TermsSet{Terms: s.terms})
		b, _, _ = b.Step(left)
		s.spoil = func(x flows.Effect) flows.Event {
			if _, asks := x.(flows.Identify); asks {
				return flows.Identified{Session: 1, IMEI: ourUnit, Firmware: true, Mode: 4}
			}
			return nil
		}
		var restored []flows.RestoreMode
		work := func() {
			for len(do) > 0 {
				x := do[0]
				do = do[1:]
				if r, is := x.(flows.RestoreMode); is {
					restored = append(restored, r)
				}
				var more []flows.Effect
				b, more, _ = b.Step(s.answer(x))
				do = append(do, more...)
			}
		}
		work()
		for _, e := range []flows.Event{flows.PassphraseGiven{Pass: 1}, flows.UnitConfirmed{IMEI: ourUnit}, flows.UnitWanted{}, flows.UnitConfirmed{IMEI: ourUnit}} {
			b, do, _ = b.Step(e)
			work()
		}
		want := 0
		if left == (flows.Resumed{IMEI: ourUnit, Mode: 1}) {
			want = 1
		}
		if len(restored) != want || want == 1 && restored[0].Mode != 1 {
			t.Errorf("after %+v the mode was put back %v", left, restored)
		}
		if b.Outcome() != flows.Passed {
			t.Errorf("after %+v the outcome is %v", left, b.Outcome())
		}
	}
}

// What is settled reaches every machine that asks for it.
func TestTermsReachTheMachines(t *testing.T) {
	b, _, _ := NewBench(flows.Terms{}).Step(flows.TermsSet{Terms: flows.Terms{Anchor: true, Endpoint: true}})
	if b.Stage(flows.EndpointScreen) != flows.Done {
		t.Error("an anchor is configured and the endpoint screen does not know it")
	}
	if _, _, ignored := b.Step(flows.EndpointSkipped{}); !ignored {
		t.Error("a server that is named is skipped")
	}
}

// A cancel stops what would begin by itself; with nothing to stop it is ignored, and so is a second one.
func TestCancelAtRest(t *testing.T) {
	if _, _, ignored := NewBench(flows.Terms{}).Step(flows.Cancel{}); !ignored {
		t.Error("a cancel of nothing is taken")
	}
	b, do, _ := NewBench(flows.Terms{}).Step(flows.TermsSet{Terms: flows.Terms{Port: true}})
	b, _, first := b.Step(flows.Cancel{})
	_, _, second := b.Step(flows.Cancel{})
	if first || !second {
		t.Errorf("the first cancel is ignored: %v, the second: %v", first, second)
	}
	if _, do, _ = b.Step(flows.PortChosen{ID: do[0].Of()}); len(do) > 0 {
		t.Errorf("after a cancel it asks for %v", do)
	}
}
