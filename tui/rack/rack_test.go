package rack

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/rack"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/way"
)

// TestAFailedUnitIsLookedInto: the key leaves the station for the service view at that port, and only for a unit that failed, in the lane
// that keys act on, while none works.
func TestAFailedUnitIsLookedInto(t *testing.T) {
	b := newBench(t, rack.Key)
	b.plug(0, "/dev/ttyACM0", 0)
	b.saw(0, rack.Saw{Stage: rack.SawTold, IMEI: imeis[0]})
	port := ""
	s := b.show()
	look := func(want string, do way.Act, note string) {
		t.Helper()
		port = ""
		s.Come(noon)
		press(s, "v")
		if got := wait(s); got != do || port != want {
			t.Errorf("v is %d at %q, wanted %d at %q", got, port, do, want)
		}
		wants(t, s.View(), note)
	}
	s.Visit = func(p string) { port = p }
	look("", way.Nothing, "v does nothing here")
	b.over(0, flows.FailedOutcome, refused)
	look("/dev/ttyACM0", way.Home, "v service view")
	b.plug(1, "/dev/ttyACM1", 0)
	look("", way.Nothing, "v does nothing here") // two lanes, and none is turned to
	b.steps(rack.LaneSelected{Lane: 0})
	b.saw(1, rack.Saw{Stage: rack.SawWorking, IMEI: imeis[1]})
	look("", way.Nothing, "service view: wait until no lane works")
	b.saw(1, rack.Saw{Stage: rack.SawAway, IMEI: imeis[1]})
	look("/dev/ttyACM0", way.Home, "v service view")
	s.Visit = nil
	look("", way.Nothing, "v does nothing here")
}

// TestEveryStateOfALaneIsReadable draws every phase, question and verdict, alone and beside others, in windows of three sizes.
func TestEveryStateOfALaneIsReadable(t *testing.T) {
	states := map[string]func(b *bench, n uint8){
		"looking":  func(*bench, uint8) {},
		"told":     func(b *bench, n uint8) { b.saw(n, rack.Saw{Stage: rack.SawTold, IMEI: imeis[n]}) },
		"working":  func(b *bench, n uint8) { b.saw(n, rack.Saw{Stage: rack.SawWorking, IMEI: imeis[n]}) },
		"away":     func(b *bench, n uint8) { b.saw(n, rack.Saw{Stage: rack.SawAway, IMEI: imeis[n]}) },
		"broken":   func(b *bench, n uint8) { b.steps(rack.BenchEnded{Lane: n}) },
		"no word":  func(b *bench, n uint8) { b.saw(n, rack.Saw{Stage: rack.SawOver, Outcome: flows.FailedOutcome}) },
		"selected": func(b *bench, n uint8) { b.steps(rack.LaneSelected{Lane: n}) },
	}
	for _, o := range []flows.Outcome{flows.Passed, flows.Warned, flows.FailedOutcome} {
		states["verdict "+o.String()] = func(b *bench, n uint8) {
			b.saw(n, rack.Saw{Stage: rack.SawTold, IMEI: imeis[n]})
			b.over(n, o, map[bool]*cred.Fault{true: refused}[o == flows.FailedOutcome])
		}
	}
	for ask := range rack.Ask(rack.Asks) {
		states["asks "+string('0'+rune(ask))] = func(b *bench, n uint8) {
			b.saw(n, rack.Saw{Stage: rack.SawAsking, IMEI: imeis[n], Ask: ask})
		}
	}
	for st := flows.SlotPlanned; st <= flows.SlotMade; st++ {
		states["slot "+string('a'+rune(st))] = func(b *bench, n uint8) {
			b.saw(n, rack.Saw{Stage: rack.SawWorking, IMEI: imeis[n]})
			b.plan(n, st, st, st)
			b.shot.Lanes[n].Progress = flows.Progress{Sent: 412, Total: 594, BytesOut: 1843, Flight: "server hello", Waiting: "OK to AT%CMNG"}
		}
	}
	for _, rule := range []rack.Start{rack.Key, rack.Auto, rack.Labelled} {
		for name, put := range states {
			for lanes := range uint8(4) {
				b := newBench(t, rule)
				for n := range lanes + 1 {
					b.plug(n, "/dev/ttyACM0", 0)
				}
				put(b, lanes)
				for _, size := range [][2]int{{80, 24}, {40, 12}, {200, 60}, {1, 1}, {20, 5}} {
					s := b.show()
					view := sized(t, s, size[0], size[1])
					if size[0] < 40 {
						continue
					}
					readable(t, s, view, name)
				}
			}
		}
	}
}

// readable fails if the first things that can be done, or the verdict of a lane that fills the window, are not to be seen.
func readable(t *testing.T, s *Station, view, name string) {
	t.Helper()
	shown := 0
	for _, a := range s.shot.Rack.Actions() {
		if a.Disabled == "" && s.hand.form == nil && shown < 2 {
			shown++
			wants(t, view, label(a))
		}
	}
	n := s.shot.Rack.Focus()
	if n == rack.NoLane {
		return
	}
	word := map[rack.Phase]string{rack.Passed: "PASS", rack.Warned: "WARN", rack.Failed: "FAIL", rack.Broken: "FAIL", rack.Resting: "LEFT"}[s.shot.Rack.Lane(n).Phase]
	if word != "" && !strings.Contains(view, "██") && !strings.Contains(view, strings.Join(strings.Split(word, ""), " ")) {
		t.Errorf("%s: %s is not to be seen in\n%s", name, word, view)
	}
}

func TestNoDigitIsACommandInAnyState(t *testing.T) {
	for _, p := range pictures {
		s := p.show(t)
		b := s.bench.(*bench)
		before := s.shot.Rack
		for r := '0'; r <= '9'; r++ {
			press(s, string(r))
			wait(s)
		}
		if len(b.put) != 0 || s.shot.Rack != before {
			t.Errorf("%s: put %v", p.name, b.put)
		}
	}
}

func TestAScannedLabelIsALabelWhateverLettersAreInIt(t *testing.T) {
	for _, text := range []string{"352656100367872", "IMEI:352656100367872;SN:q1", "https://h.example/q?imei=352656100367872", "rqxh 352656100367872", "]d2352656100367872"} {
		b := newBench(t, rack.Labelled).plug(0, "/dev/ttyACM0", imeis[0])
		s := b.show()
		if do := press(s, text, form.Enter); do != way.Nothing {
			t.Errorf("%q led to %d", text, do)
		}
		if want := []rack.Event{rack.LabelScanned{IMEI: imeis[0]}}; !reflect.DeepEqual(b.put, want) {
			t.Errorf("%q put %v", text, b.put)
		}
	}
}

func TestALetterByItselfIsACommand(t *testing.T) {
	s := passed(t).show()
	press(s, "q")
	if s.Next() != held {
		t.Errorf("the clock ticks in %v while a letter is held", s.Next())
	}
	if do := wait(s); do != way.Quit {
		t.Errorf("q led to %d", do)
	}
	if do := func() way.Act { press(s, "h"); return wait(s) }(); do != way.Home {
		t.Errorf("h led to %d", do)
	}
	press(s, "z")
	wait(s)
	wants(t, s.View(), "z does nothing here")
}

func TestFourDigitsAnswerTheLaneThatAsks(t *testing.T) {
	b := foreign(t, newBench(t, rack.Auto).plug(0, "/dev/ttyACM0", imeis[0]), 0)
	s := b.show()
	press(s, "1234", form.Enter)
	if len(b.put) != 0 {
		t.Errorf("wrong digits put %v", b.put)
	}
	wants(t, s.View(), "these are not the last four digits")
	press(s, "7872", form.Enter)
	if want := []rack.Event{rack.DigitsGiven{Lane: 0, Last4: 7872}}; !reflect.DeepEqual(b.put, want) {
		t.Errorf("put %v", b.put)
	}
}

func TestThePassphraseGoesToTheBenchOnlyAndALabelIsNone(t *testing.T) {
	b := newBench(t, rack.Key).plug(0, "/dev/ttyACM0", 0).saw(0, rack.Saw{Stage: rack.SawAsking, Ask: rack.AskPassphrase})
	s := b.show()
	press(s, "352656100367872", form.Enter)
	if len(b.passes) != 0 || !reflect.DeepEqual(b.put, []rack.Event{rack.LabelScanned{IMEI: imeis[0]}}) {
		t.Errorf("a label was taken for a passphrase: %d, put %v", len(b.passes), b.put)
	}
	s.Come(noon)
	press(s, "open sesame")
	if strings.Contains(s.View(), "sesame") {
		t.Error("the passphrase is shown")
	}
	press(s, form.Enter)
	if !reflect.DeepEqual(b.passes, []string{"open sesame"}) {
		t.Errorf("the bench got %q", b.passes)
	}
	if strings.Contains(s.View(), "sesame") || s.hand.text != "" {
		t.Error("the passphrase is still about")
	}
}

// A unit that is unplugged takes its lane's question with it, not the passphrase that is half typed.
func TestAHalfTypedPassphraseIsNoLabelAndNoCommand(t *testing.T) {
	b := newBench(t, rack.Key).plug(0, "/dev/ttyACM0", 0).saw(0, rack.Saw{Stage: rack.SawAsking, Ask: rack.AskPassphrase})
	s := b.show()
	press(s, "open ")
	b.steps(rack.PortGone{}, rack.BenchEnded{})
	s.Come(noon)
	for _, r := range "sesame, quick" {
		if do := press(s, string(r)); do != way.Nothing {
			t.Errorf("%q led to %d", r, do)
		}
		if do := wait(s); do != way.Nothing {
			t.Errorf("%q led to %d", r, do)
		}
	}
	if v := s.View(); strings.Contains(v, "sesame") || strings.Contains(v, "quick") || s.hand.text != "" {
		t.Errorf("the passphrase is shown:\n%s", v)
	}
	press(s, form.Enter)
	if !reflect.DeepEqual(b.passes, []string{"open sesame, quick"}) || len(b.put) > 0 {
		t.Errorf("the bench got %q, put %v", b.passes, b.put)
	}
	s.Come(noon)
	if s.hand.form != nil {
		t.Error("nobody asks, and the question is there again")
	}
}

// A question that comes in the middle of a scan waits for the end of the label.
func TestAHalfScannedLabelIsNoPassphrase(t *testing.T) {
	b := newBench(t, rack.Key).plug(0, "/dev/ttyACM0", 0)
	s := b.show()
	press(s, "35265610")
	b.saw(0, rack.Saw{Stage: rack.SawAsking, Ask: rack.AskPassphrase})
	s.Come(noon)
	press(s, "0367872", form.Enter)
	if len(b.passes) != 0 || !reflect.DeepEqual(b.put, []rack.Event{rack.LabelScanned{IMEI: imeis[0]}}) {
		t.Errorf("the bench got %q, put %v", b.passes, b.put)
	}
	if s.hand.form == nil {
		t.Error("the question did not come behind the label")
	}
}

// A code with several lines ends each with Enter: none of them begins the units in the other lanes. A person's Enter comes later.
func TestAnEmptyLineOfACodeBeginsNothing(t *testing.T) {
	b := newBench(t, rack.Key).plug(0, "/dev/ttyACM0", imeis[0]).plug(1, "/dev/ttyACM3", imeis[1])
	s := b.show()
	at := noon
	s.Now = func() time.Time { at = at.Add(time.Millisecond); return at }
	press(s, "IMEI:352656100367872", form.Enter, "SN:7", form.Enter, form.Enter, form.Enter)
	if want := []rack.Event{rack.LabelScanned{IMEI: imeis[0]}}; !reflect.DeepEqual(b.put, want) {
		t.Errorf("put %v", b.put)
	}
	at = at.Add(held)
	press(s, form.Enter)
	if want := (rack.StartWanted{Lanes: 3}); len(b.put) != 2 || b.put[1] != want {
		t.Errorf("put %v", b.put)
	}
}

// A flood is cut, and what is pasted behind a letter that went over the edge is not taken.
func TestAFloodIsCut(t *testing.T) {
	s := newBench(t, rack.Key).show()
	s.Press(form.Key{Name: form.Pasted, Text: strings.Repeat("x", maxText-1)})
	press(s, "한")
	s.Press(form.Key{Name: form.Pasted, Text: "and more"})
	if n := len(s.hand.text); n > maxText+2 {
		t.Errorf("%d bytes are kept", n)
	}
	press(s, form.Enter)
	wants(t, s.View(), "there is no IMEI in it")
}

// Of a long text the end is shown, whatever it is made of.
func TestWhatWasTypedLastIsSeen(t *testing.T) {
	for _, c := range []struct {
		text, want string
		w          int
	}{
		{"352656", "352656", 6}, {"352656", "2656", 4}, {"352656", "6", 0}, {"", "", 4}, {"한국어", "국어", 5}, {"ab\xff\xfe", "b\xff\xfe", 3}, {"e\u0301x", "e\u0301x", 2},
	} {
		if got := tail(c.text, c.w); got != c.want {
			t.Errorf("%q in %d cells: %q, want %q", c.text, c.w, got, c.want)
		}
	}
}

func TestAVerdictAndAQuestionRing(t *testing.T) {
	b := atWork(t)
	s := b.show()
	if s.Rings() {
		t.Error("work rings")
	}
	b.over(0, flows.Passed, nil)
	s.Come(noon)
	if !s.Rings() || s.Rings() {
		t.Error("a verdict rings once")
	}
	s.Come(noon)
	if s.Rings() {
		t.Error("it rings again")
	}
	s.Silent = true
	foreign(t, b.steps(rack.PortGone{}, rack.BenchEnded{}).plug(0, "/dev/ttyACM0", imeis[1]), 0)
	if s.Come(noon); s.Rings() {
		t.Error("a silent station rings")
	}
}

func TestLeavingStopsTheWorkFirst(t *testing.T) {
	b := atWork(t)
	s := b.show()
	if do := press(s, form.Interrupt); do != way.Nothing || !reflect.DeepEqual(b.put, []rack.Event{rack.CancelWanted{Lane: 0}}) {
		t.Errorf("do %d, put %v", do, b.put)
	}
	wants(t, s.View(), "stopping after what is in flight")
	b.over(0, flows.FailedOutcome, cred.Failed("store.stopped", "stopped", "again"))
	if do := s.Come(noon); do != way.Quit {
		t.Errorf("do %d at rest", do)
	}
	s = atWork(t).show()
	press(s, form.Interrupt)
	if do := press(s, form.Interrupt); do != way.Quit {
		t.Errorf("the second press led to %d", do)
	}
	s = atWork(t).show()
	press(s, "h")
	if do := wait(s); do != way.Nothing {
		t.Error("home in the middle of the work")
	}
}

// TestClicks: a lane's row turns to it, a key of the lower edge is pressed, and no letter goes into what a scanner is typing.
func TestClicks(t *testing.T) {
	b := four(t)
	s := b.show()
	at := func(text string) (x, y int) {
		for y, l := range strings.Split(s.View(), "\n") {
			if i := strings.Index(l, text); i >= 0 {
				return paint.Width(l[:i]), y
			}
		}
		t.Fatalf("%q is not on the screen:\n%s", text, s.View())
		return 0, 0
	}
	x, y := at("ttyACM3")
	if s.Click(x, y); len(b.put) != 1 || b.put[0] != (rack.LaneSelected{Lane: 1}) {
		t.Errorf("put %v", b.put)
	}
	x, y = at("? help")
	if s.Click(x, y); !s.hand.help {
		t.Error("help was clicked and is not shown")
	}
	s.Click(x, y)
	press(s, "35265")
	x, y = at("q quit")
	if do := s.Click(x, y); do != way.Nothing || s.hand.text != "35265" {
		t.Errorf("in the middle of a label: %d, %q", do, s.hand.text)
	}
	s.hand.text = ""
	if s.Click(0, 0) != way.Nothing || s.hand.text != "" {
		t.Error("a click on nothing did something")
	}
	if do := s.Click(x, y); do != way.Quit && !s.hand.leaving {
		t.Errorf("q was clicked: %d", do)
	}
}
