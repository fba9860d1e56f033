package rack

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/rack"
	"example.org/sectag/flows/search"
	"example.org/sectag/tui/paint"
)

// saws is all that a bench can say of a lane: before its unit told who it is, and then with each question and each outcome.
func saws(unit cred.IMEI) []rack.Saw {
	out := []rack.Saw{{Stage: rack.SawLooking}, {Stage: rack.SawAsking, Ask: rack.AskPassphrase}, {Stage: rack.SawOver, Outcome: flows.FailedOutcome}}
	for _, st := range []rack.Stage{rack.SawTold, rack.SawWorking, rack.SawAway} {
		out = append(out, rack.Saw{Stage: st, IMEI: unit})
	}
	for ask := range rack.Ask(rack.Asks) {
		out = append(out, rack.Saw{Stage: rack.SawAsking, IMEI: unit, Ask: ask})
	}
	for o := range flows.FailedOutcome + 1 {
		out = append(out, rack.Saw{Stage: rack.SawOver, IMEI: unit, Outcome: o})
	}
	return out
}

// events is all that can happen at a rack: in the first lane whatever there is, in the others what one more row or question needs.
func events(lanes uint8) (out []rack.Event) {
	out = append(out, rack.PassphraseKept{}, rack.PassphraseForgotten{}, rack.LabelDropped{},
		rack.LabelScanned{IMEI: imeis[0]}, rack.LabelScanned{IMEI: imeis[3]}, rack.LaneSelected{Lane: rack.NoLane})
	for n := range lanes {
		said := saws(imeis[0])
		if n > 0 {
			said = []rack.Saw{
				{Stage: rack.SawTold, IMEI: imeis[n]},
				{Stage: rack.SawWorking, IMEI: imeis[n]},
				{Stage: rack.SawAsking, IMEI: imeis[n], Ask: rack.AskDigits},
				{Stage: rack.SawOver, IMEI: imeis[n], Outcome: flows.FailedOutcome},
			}
		}
		for _, s := range said {
			out = append(out, rack.LaneSaw{Lane: n, Took: 2, Saw: s})
		}
		out = append(out, rack.PortCame{Lane: n}, rack.PortGone{Lane: n}, rack.BenchEnded{Lane: n}, rack.StartWanted{Lanes: 1 << n}, rack.NextWanted{Lane: n},
			rack.RetryWanted{Lane: n}, rack.LaneSelected{Lane: n}, rack.CancelWanted{Lane: n}, rack.DigitsGiven{Lane: n, Last4: uint16(uint64(imeis[n]) % 10_000)})
	}
	return append(out, rack.PortCame{Lane: 0, Stays: true})
}

// every walks each state of a rack that these events lead to.
func every(t *testing.T, rule rack.Start, lanes uint8) []rack.Rack {
	t.Helper()
	all := events(lanes)
	g, err := search.Search([]rack.Rack{rack.New(rule)}, func(r rack.Rack, yield func(search.Edge[rack.Rack])) {
		for _, e := range all {
			if next, _, ignored := r.Step(e); !ignored {
				yield(search.Edge[rack.Rack]{To: next})
			}
		}
	}, nil, 60_000)
	if err != nil {
		t.Fatal(err)
	}
	return g.States
}

// dressed is a shot of a rack in which all that is beside the machine's word is as long as it gets.
func dressed(r rack.Rack, lanes uint8) rack.Shot {
	s := rack.Shot{Rack: r, Lanes: make([]rack.Sight, lanes)}
	for n := range s.Lanes {
		l, x := r.Lane(n), &s.Lanes[n]
		x.Port, x.Since = "/dev/serial/by-id/usb-SEGGER_J-Link_001050012345-if00", noon.Add(-99*time.Hour)
		x.Facts = flows.Facts{Port: x.Port, Terms: flows.Terms{Endpoint: true, Ledger: true}, Record: "1431"}
		x.Facts.Authority.Subject = "CN=" + strings.Repeat("Acme Devices and Daughters ", 5)
		x.Facts.Unit = flows.UnitFacts{IMEI: l.IMEI, Model: "nRF9151-LACA", Firmware: "mfw_nrf91x1_2.0.2\x1b[2J" + strings.Repeat("-of-the-lab", 6)}
		for _, k := range []cred.Kind{cred.RootCA, cred.ClientCert, cred.ClientKey} {
			x.Facts.Plan = append(x.Facts.Plan, flows.PlanFacts{Slot: cred.Slot{SecTag: 2147483647, Kind: k}, Op: flows.WriteSlot, Has: flows.Foreign, Stage: flows.SlotWriting, Bytes: 594})
		}
		x.Progress = flows.Progress{Sent: 412, Total: 594, BytesOut: 1843, Flight: "server hello", Waiting: "OK to AT%CMNG"}
		if l.Phase == rack.Failed || l.Phase == rack.Broken {
			x.Failure = refused
		}
	}
	return s
}

// overflows names what a drawing has that its window cannot hold, or a terminal must not be sent; "" is nothing.
func overflows(view string, w, h int) string {
	rows := strings.Split(colour.ReplaceAllString(view, ""), "\n")
	if len(rows) > h {
		return fmt.Sprintf("%d rows in a window of %d", len(rows), h)
	}
	for _, r := range rows {
		if paint.Width(r) > w {
			return fmt.Sprintf("%q is wider than %d", r, w)
		}
		if strings.ContainsFunc(r, unicode.IsControl) {
			return fmt.Sprintf("%q has a control character", r)
		}
	}
	return ""
}

// cuts names what is drawn larger than the window, whose edge then cuts off what nobody decided to leave out; "" is nothing.
func cuts(s *Station) string {
	lines := s.lines()
	if len(lines) > s.h {
		return fmt.Sprintf("%d lines for a window of %d", len(lines), s.h)
	}
	for _, l := range lines {
		if l.Width() > s.w {
			return fmt.Sprintf("%v has %d cells for a window of %d", l.Spans, l.Width(), s.w)
		}
	}
	return ""
}

var colour = regexp.MustCompile("\x1b\\[[0-9;]*m")

// looks are the windows and palettes in which each state is drawn.
var looks = []struct {
	w, h    int
	palette paint.Palette
}{
	{80, 24, paint.Palette{Bare: true}},
	{40, 12, paint.Palette{Bare: true}},
	{200, 60, paint.Palette{Bare: true}},
	{80, 24, paint.Palette{}},
	{80, 24, paint.Palette{Bare: true, ASCII: true}},
}

// TestEveryReachableStateFitsItsWindow draws each state that the machine can come to, with one lane and with two.
func TestEveryReachableStateFitsItsWindow(t *testing.T) {
	found := map[mark]bool{}
	for _, rule := range []rack.Start{rack.Key, rack.Auto, rack.Labelled} {
		for lanes := uint8(1); lanes <= 2; lanes++ {
			if raced && lanes > 1 {
				continue
			}
			states := every(t, rule, lanes)
			drawn := map[string]bool{}
			for _, r := range states {
				for n := range lanes {
					l := r.Lane(int(n))
					found[mark{l.Phase, l.Ask, l.Wrong, r.Waiting() != 0}] = true
				}
				if key := seen(r, lanes); !drawn[key] {
					drawn[key] = true
					fits(t, dressed(r, lanes), key)
				}
				if t.Failed() {
					return
				}
			}
			t.Logf("%v, %d lanes: %d states, %d drawn", rule, lanes, len(states), len(drawn))
		}
	}
	for _, m := range marks() {
		if !found[m] {
			t.Errorf("not walked: %+v", m)
		}
	}
}

// TestThirtyTwoLanesFit: as many as there can be, each in another state, and each of them turned to.
func TestThirtyTwoLanesFit(t *testing.T) {
	for _, rule := range []rack.Start{rack.Key, rack.Auto, rack.Labelled} {
		b := newBench(t, rule)
		for n := range uint8(rack.MaxLanes) {
			all := saws(imeis[0] + cred.IMEI(n))
			b.steps(rack.PortCame{Lane: n})
			b.step(rack.LaneSaw{Lane: n, Saw: all[int(n)%len(all)]})
		}
		for turned := range uint8(rack.MaxLanes) {
			fits(t, dressed(b.shot.Rack, rack.MaxLanes), fmt.Sprint(rule, " ", turned))
			b.step(rack.LaneSelected{Lane: turned})
		}
	}
}

// mark is what a lane can be, with a label that waits or without.
type mark struct {
	phase rack.Phase
	ask   rack.Ask
	wrong bool
	label bool
}

// marks are all that there are: only who asks has a question, and only who failed can be the wrong one.
func marks() (out []mark) {
	for _, label := range []bool{false, true} {
		for p := rack.Absent; p <= rack.Broken; p++ {
			if p != rack.Asking {
				out = append(out, mark{phase: p, label: label})
			}
		}
		for ask := range rack.Ask(rack.Asks) {
			out = append(out, mark{phase: rack.Asking, ask: ask, label: label})
		}
		out = append(out, mark{phase: rack.Failed, wrong: true, label: label})
	}
	return out
}

// seen is all that a drawing takes from the machine.
func seen(r rack.Rack, lanes uint8) string {
	key := fmt.Sprint(r.Start(), r.Waiting(), r.Selected())
	for n := range int(lanes) {
		l := r.Lane(n)
		key += fmt.Sprint(" ", l.Phase, l.Ask, l.IMEI, l.Wrong, r.Waits(n))
	}
	for _, a := range r.Actions() {
		key += fmt.Sprint(" ", a.Name, a.Disabled, a.Lane)
	}
	return key
}

// fits draws a shot in every window, and looks for the verdict and for what can be done.
func fits(t *testing.T, shot rack.Shot, key string) {
	t.Helper()
	b := &bench{t: t, shot: shot}
	for _, l := range looks {
		s := b.show()
		s.Palette = l.palette
		s.Resize(l.w, l.h)
		view := s.View()
		if why := overflows(view, l.w, l.h); why != "" {
			t.Fatalf("%s: %s", key, why)
		}
		if l.palette == (paint.Palette{Bare: true}) {
			readable(t, s, view, key)
			if why := cuts(s); why != "" {
				t.Errorf("%s: %s", key, why)
			}
		}
		if l.palette.ASCII && strings.ContainsFunc(view, func(r rune) bool { return r > unicode.MaxASCII }) {
			t.Fatalf("%s: more than ASCII in\n%s", key, view)
		}
	}
}

// TestADrawingThatIsTooLargeIsFound proves the proof.
func TestADrawingThatIsTooLargeIsFound(t *testing.T) {
	row := strings.Repeat("x", 40)
	for view, bad := range map[string]bool{
		row: false, row + "\n" + row: false, "\x1b[1;31m" + row + "\x1b[0m": false,
		row + "x": true, row[1:] + "한": true, row + "\n\n": true, "\x1b[2J": true, "a\tb": true, "\a": true,
	} {
		if got := overflows(view, 40, 2); (got != "") != bad {
			t.Errorf("%q: %q", view, got)
		}
	}
	for _, l := range looks {
		for _, more := range [][2]int{{0, 0}, {1, 0}, {0, 1}} {
			s := (&bench{t: t, shot: dressed(rack.New(rack.Key), 1)}).show()
			s.Palette = l.palette
			s.Resize(80+more[0], 24+more[1])
			if why := overflows(s.View(), 80, 24); (why != "") != (more != [2]int{}) {
				t.Errorf("the station, larger than its window by %v: %q", more, why)
			}
		}
	}
}
