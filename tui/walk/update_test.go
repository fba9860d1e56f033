package walk

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"example.org/sectag/flows"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/screen"
	"example.org/sectag/tui/way"
)

// desk is a bench that remembers what it was given.
type desk struct {
	put     []flows.Event
	kept    []string
	touched int
}

func (d *desk) Touch() { d.touched++ }

func (d *desk) Put(e flows.Event) { d.put = append(d.put, e) }

func (d *desk) Keep(b []byte) flows.Ref {
	d.kept = append(d.kept, string(b))
	clear(b)
	return flows.Ref(len(d.kept))
}

func (d *desk) last() flows.Event {
	if len(d.put) == 0 {
		return nil
	}
	return d.put[len(d.put)-1]
}

// begin is a program that was shown a machine.
func begin(m screen.Machine, f flows.Facts) (*Walk, *desk) {
	d := &desk{}
	p := New(d, Options{UTC: true, Now: func() time.Time { return noon }})
	p.palette = paint.Palette{Bare: true}
	give(p, shotMsg{machine: m, facts: f})
	return p, d
}

var (
	enter = form.Key{Name: form.Enter}
	esc27 = form.Key{Name: form.Esc}
	ctrlC = form.Key{Name: form.Interrupt}
)

func char(r rune) form.Key { return form.Of(r) }

// window and tickMsg are what the shell tells beside keys.
type (
	window  struct{ w, h int }
	tickMsg time.Time
)

// give lets the walk have a message as the shell or the bench does.
func give(w *Walk, m any) way.Act {
	switch m := m.(type) {
	case form.Key:
		return w.Press(m)
	case window:
		w.Resize(m.w, m.h)
	case tickMsg:
		w.Tick(time.Time(m))
	default:
		return w.take(m)
	}
	return way.Nothing
}

// press gives keys to the program, strings character by character, and tells whether the last one quit it.
func press(t *testing.T, r *Walk, keys ...any) bool {
	t.Helper()
	do := way.Nothing
	for _, k := range keys {
		switch k := k.(type) {
		case string:
			for _, c := range k {
				do = give(r, char(c))
			}
		case form.Key:
			do = give(r, k)
		}
		sized(t, r)
	}
	return do == way.Quit
}

// sized draws the window and fails if it shows more than it can hold.
func sized(t *testing.T, r *Walk) string {
	t.Helper()
	view := r.View()
	rows := strings.Split(view, "\n")
	if len(rows) > r.sight.h {
		t.Errorf("%d rows in a window of %d", len(rows), r.sight.h)
	}
	for _, row := range rows {
		if paint.Width(row) > r.sight.w {
			t.Errorf("%q is wider than %d", row, r.sight.w)
		}
	}
	return view
}

func wants(t *testing.T, view string, texts ...string) {
	t.Helper()
	for _, x := range texts {
		if !strings.Contains(view, x) {
			t.Errorf("%q is not to be seen in\n%s", x, view)
		}
	}
}

var (
	retry   = flows.Action{Name: "retry", Key: 'r', Event: flows.Retry{}}
	destroy = flows.Action{Name: "start", Key: '\r', Ask: flows.AskDigits, Danger: flows.Destroys}
	compare = flows.Action{Name: "store-anchor", Key: '\r', Ask: flows.AskLast8, Danger: flows.Changes}
	ports   = flows.Action{Name: "choose-port", Key: '\r', Ask: flows.AskPort}
	secret  = flows.Action{Name: "unlock", Key: '\r', Ask: flows.AskPassphrase}
)

// TestEachMessageHasOneAddressee sends one message of each kind and counts the parts of the program that took notice.
func TestEachMessageHasOneAddressee(t *testing.T) {
	m := upTo(flows.UnitScreen, flows.Failing, retry)
	for name, c := range map[string]struct {
		msg  any
		part string
	}{
		"window":   {window{50, 20}, "window"},
		"key":      {char('t'), "hand"},
		"shot":     {shotMsg{machine: upTo(flows.PortScreen, flows.Failing, retry)}, "machine"},
		"progress": {progressMsg{Sent: 1, Total: 2}, "progress"},
		"trace":    {traceMsg{Text: "AT"}, "trace"},
		"tick":     {tickMsg(noon.Add(time.Second)), "clock"},
		"unknown":  {struct{ X int }{1}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := begin(m, flows.Facts{})
			before := parts(r)
			give(r, c.msg)
			after, changed := parts(r), []string{}
			for part := range before {
				if before[part] != after[part] {
					changed = append(changed, part)
				}
			}
			if want := strings.Fields(c.part); fmt.Sprint(changed) != fmt.Sprint(want) {
				t.Errorf("%v took notice, want %v", changed, want)
			}
		})
	}
}

func parts(r *Walk) map[string]string {
	s := r.sight
	return map[string]string{
		"window": fmt.Sprint(s.w, s.h), "machine": fmt.Sprintf("%+v", s.machine), "progress": fmt.Sprint(s.progress),
		"trace": fmt.Sprint(s.trace), "clock": fmt.Sprint(s.now), "hand": fmt.Sprintf("%+v", r.hand),
	}
}

// TestEachKeyHasAnEffect presses every key that the program knows, where it means something, and wants to see it.
func TestEachKeyHasAnEffect(t *testing.T) {
	long := flows.Facts{}
	for i := range 60 {
		long.Ports = append(long.Ports, flows.PortFacts{Name: fmt.Sprintf("/dev/ttyACM%d", i), Role: "at"})
	}
	asking := upTo(flows.PortScreen, flows.Running, ports)
	files := upTo(flows.AuthorityScreen, flows.Idle, flows.Action{Name: "load", Key: '\r', Ask: flows.AskFiles})
	resting := upTo(flows.PortScreen, flows.Failing, retry)
	tests := map[form.Name]struct {
		m    screen.Machine
		keys []any // the last one is tried
	}{
		form.Enter: {files, []any{"a", enter}}, form.Esc: {asking, []any{esc27}}, form.Tab: {files, []any{form.Key{Name: form.Tab}}},
		form.BackTab: {files, []any{form.Key{Name: form.BackTab}}},
		form.Up:      {asking, []any{form.Key{Name: form.Down}, form.Key{Name: form.Up}}}, form.Down: {asking, []any{form.Key{Name: form.Down}}},
		form.Left: {asking, []any{"ab", form.Key{Name: form.Left}}}, form.Right: {asking, []any{"ab", form.Key{Name: form.Home}, form.Key{Name: form.Right}}},
		form.Home: {asking, []any{"ab", form.Key{Name: form.Home}}}, form.End: {asking, []any{"ab", form.Key{Name: form.Home}, form.Key{Name: form.End}}},
		form.PageDown: {resting, []any{form.Key{Name: form.PageDown}}}, form.PageUp: {resting, []any{form.Key{Name: form.PageDown}, form.Key{Name: form.PageUp}}},
		form.Backspace: {asking, []any{"ab", form.Key{Name: form.Backspace}}},
		form.Delete:    {asking, []any{"ab", form.Key{Name: form.Home}, form.Key{Name: form.Delete}}},
		form.ClearLine: {asking, []any{"ab", form.Key{Name: form.ClearLine}}},
		form.Pasted:    {asking, []any{form.Key{Name: form.Pasted, Text: "COM3"}}},
		form.Char:      {asking, []any{"x"}},
	}
	for name := form.Char; name < form.Interrupt; name++ {
		if _, ok := tests[name]; !ok {
			t.Errorf("key %d is not tried", name)
		}
	}
	for name, c := range tests {
		t.Run(fmt.Sprint(name), func(t *testing.T) {
			r, _ := begin(c.m, long)
			press(t, r, c.keys[:len(c.keys)-1]...)
			before := r.View() + fmt.Sprint(r.hand.form != nil && r.hand.form.Fields[0].Len() > 0, cursor(r))
			press(t, r, c.keys[len(c.keys)-1])
			if after := r.View() + fmt.Sprint(r.hand.form != nil && r.hand.form.Fields[0].Len() > 0, cursor(r)); before == after {
				t.Errorf("nothing happened in\n%s", after)
			}
		})
	}
}

func cursor(r *Walk) int {
	if r.hand.form == nil {
		return -1
	}
	_, at := r.hand.form.Fields[r.hand.form.At].Shown(40)
	return at
}

func TestPagesOfEveryScreen(t *testing.T) {
	f := plannedFacts(t)
	r, _ := begin(upTo(flows.CredentialsScreen, flows.Failing, retry), f)
	give(r, traceMsg{At: noon, Out: true, Text: "AT%CMNG=1"})
	give(r, traceMsg{At: noon, Text: "OK"})
	press(t, r, "t")
	wants(t, r.View(), "12:00:00.000 > AT%CMNG=1", "12:00:00.000 < OK")
	press(t, r, "d")
	whole := f.Authority.SHA256.String()
	wants(t, r.View(), whole[:8]+" "+whole[8:16], "authority Acme Devices 2026")
	press(t, r, "?")
	wants(t, r.View(), "Everywhere", "On this screen", "retry")
	press(t, r, "?")
	wants(t, r.View(), "sec_tag")
	press(t, r, "d", esc27)
	wants(t, r.View(), "sec_tag")
	press(t, r, "t", enter)
	wants(t, r.View(), "sec_tag")
	if r.sight.machine.Rest() && !press(t, r, "?", "q") {
		t.Error("q must quit from a page as well")
	}
}

func TestTranscriptScrollsAndIsBounded(t *testing.T) {
	r, _ := begin(upTo(flows.UnitScreen, flows.Failing, retry), flows.Facts{})
	for i := range 3 * maxTrace {
		give(r, traceMsg{At: noon, Text: fmt.Sprintf("line %d.", i)})
	}
	if len(r.sight.trace) != maxTrace {
		t.Errorf("%d lines are kept", len(r.sight.trace))
	}
	press(t, r, "t")
	wants(t, r.View(), "line 2999.")
	press(t, r, form.Key{Name: form.Up})
	if strings.Contains(r.View(), "line 2999.") {
		t.Error("up must show older lines")
	}
	press(t, r, form.Key{Name: form.Down})
	wants(t, r.View(), "line 2999.")
	for range 200 {
		press(t, r, form.Key{Name: form.PageUp})
	}
	wants(t, r.View(), "line 2000.")
	press(t, r, form.Key{Name: form.PageDown})
	if strings.Contains(r.View(), "line 2000.") {
		t.Error("page down must show newer lines")
	}
}

func TestAnActionsKeyPutsItsEvent(t *testing.T) {
	r, d := begin(upTo(flows.UnitScreen, flows.Failing, retry, flows.Action{Name: "go", Key: 'g', Disabled: "no port", Event: flows.UnitWanted{}}), flows.Facts{})
	wants(t, r.View(), "r retry", "g go (no port)")
	press(t, r, "g")
	wants(t, r.View(), "go: no port")
	if d.last() != nil {
		t.Errorf("a disabled action put %v", d.last())
	}
	press(t, r, "r")
	if d.last() != (flows.Retry{}) {
		t.Errorf("r put %v", d.last())
	}
	press(t, r, "z")
	wants(t, r.View(), "z does nothing here")
}

func TestDigitsAreNeverCommands(t *testing.T) {
	r, d := begin(upTo(flows.UnitScreen, flows.Failing, retry), flows.Facts{})
	before := r.View()
	press(t, r, "352656100367872")
	if r.View() != before || len(d.put) != 0 {
		t.Error("a label scanner's digits did something")
	}
}

func TestDestructionIsConfirmedByTypingTheDigits(t *testing.T) {
	m, f := upTo(flows.CredentialsScreen, flows.Running, destroy), plannedFacts(t)
	r, d := begin(m, f)
	wants(t, r.View(), "What cannot be brought back", "the client key in 42", "Type the last four digits", "replace!")
	press(t, r, "78", enter)
	wants(t, r.View(), "four digits, or all fifteen")
	if d.last() != nil {
		t.Fatalf("half an answer put %v", d.last())
	}
	press(t, r, "99", enter)
	if d.last() != (flows.Confirmed{Last4: 7899}) {
		t.Fatalf("put %v", d.last())
	}
	give(r, shotMsg{machine: m, facts: f, event: d.last(), ignored: true})
	wants(t, r.View(), "not the last digits of this unit's IMEI: nothing was changed")
	if r.hand.form == nil || r.hand.form.Fields[0].Len() != 0 {
		t.Error("the question must be asked again, empty")
	}
	press(t, r, "d")
	wants(t, r.View(), "42 client key, before")
}

func TestTheAnchorIsComparedByTypingItsEnd(t *testing.T) {
	f := known(t)
	f.Probe = &flows.ProbeFacts{URL: "coaps://lwm2m.acme.eu:5684", Anchor: &flows.AnchorFacts{Subject: "CN=Acme Root", Trust: "first-use", SHA256: f.Authority.SHA256}}
	m := upTo(flows.EndpointScreen, flows.Running, compare)
	r, d := begin(m, f)
	whole := f.Authority.SHA256.String()
	for _, size := range []window{{80, 24}, {40, 12}} {
		give(r, size)
		for i := 0; i < 64; i += 8 {
			wants(t, r.View(), whole[i:i+8])
		}
		wants(t, r.View(), "owner")
	}
	press(t, r, "deadbeef", enter)
	if d.last() != (flows.AnchorCompared{Last8: 0xdeadbeef}) {
		t.Fatalf("put %v", d.last())
	}
	give(r, shotMsg{machine: m, facts: f, event: d.last(), ignored: true})
	wants(t, r.View(), "nothing was stored")
}

func TestThePassphraseGoesToTheKeeperOnly(t *testing.T) {
	r, d := begin(upTo(flows.AuthorityScreen, flows.Running, secret), known(t))
	press(t, r, "tq?dhunter2", enter)
	if len(d.kept) != 1 || d.kept[0] != "tq?dhunter2" || d.last() != (flows.PassphraseGiven{Pass: 1}) {
		t.Fatalf("kept %q, put %v", d.kept, d.last())
	}
	if strings.Contains(fmt.Sprintf("%+v %v", r, d.put), "hunter2") || strings.Contains(r.View(), "hunter2") {
		t.Error("the passphrase is still about")
	}
}

func TestPasteIsNeverACommand(t *testing.T) {
	paste := form.Key{Name: form.Pasted, Text: "rq\rt"}
	r, d := begin(upTo(flows.UnitScreen, flows.Failing, retry), flows.Facts{})
	if press(t, r, paste) || len(d.put) != 0 || r.hand.over != screen.Nothing {
		t.Error("a paste did something outside a question")
	}
	r, d = begin(upTo(flows.PortScreen, flows.Running, ports), flows.Facts{})
	huge := form.Key{Name: form.Pasted, Text: strings.Repeat("x", 100_000)}
	press(t, r, huge)
	if n := r.hand.form.Fields[0].Len(); n != 1024 {
		t.Errorf("%d characters were taken", n)
	}
	if len(d.put) != 0 {
		t.Error("a paste sent the answer")
	}
}

func TestAKeyThatCameTooLateIsSaid(t *testing.T) {
	m := upTo(flows.UnitScreen, flows.Failing, retry)
	r, d := begin(m, flows.Facts{})
	press(t, r, "r")
	give(r, shotMsg{machine: m, event: d.last(), ignored: true})
	wants(t, r.View(), "that could not be done any more")
}

// TestTypedCharactersAreNoEvents types into every kind of question: nothing may reach the bench before the answer is given.
func TestTypedCharactersAreNoEvents(t *testing.T) {
	for ask := flows.AskFiles; ask <= flows.AskAnchor; ask++ {
		r, d := begin(upTo(flows.AuthorityScreen, flows.Running, flows.Action{Name: "ask", Key: '\r', Ask: ask}, retry), known(t))
		press(t, r, "rabcdef0123456789 xyz", form.Key{Name: form.Tab}, "rnot")
		if len(d.put) != 0 || len(d.kept) != 0 {
			t.Errorf("ask %d: typing put %v", ask, d.put)
		}
	}
}

func TestEscClosesTheQuestionAndItsKeyOpensIt(t *testing.T) {
	m := upTo(flows.PortScreen, flows.Running, ports, flows.Action{Name: "list-ports", Key: 'l', Event: flows.PortsWanted{}})
	r, d := begin(m, flows.Facts{})
	wants(t, r.View(), "Which port", "esc other actions")
	press(t, r, esc27, "l")
	if d.last() != (flows.PortsWanted{}) {
		t.Fatalf("put %v", d.last())
	}
	give(r, shotMsg{machine: m, event: d.last()})
	if r.hand.form != nil {
		t.Error("a question that was closed opened by itself")
	}
	press(t, r, enter)
	wants(t, r.View(), "Which port")
	give(r, shotMsg{machine: upTo(flows.UnitScreen, flows.Failing, retry)})
	if r.hand.form != nil {
		t.Error("a question that nobody asks any more is still open")
	}
}

func TestAFailedAnswerIsOfferedAgain(t *testing.T) {
	m := upTo(flows.PortScreen, flows.Running, ports)
	r, d := begin(m, flows.Facts{})
	press(t, r, "COM9", enter)
	if d.last() != (flows.PortNamed{Name: "COM9"}) {
		t.Fatalf("put %v", d.last())
	}
	give(r, shotMsg{machine: upTo(flows.PortScreen, flows.Failing, ports, retry)})
	wants(t, r.View(), "COM9")
}

func TestLeaving(t *testing.T) {
	resting, busy := upTo(flows.UnitScreen, flows.Failing, retry), upTo(flows.UnitScreen, flows.Running)
	for _, key := range []any{"q", ctrlC} {
		r, _ := begin(resting, flows.Facts{})
		if !press(t, r, key) {
			t.Errorf("%v does not quit at rest", key)
		}
		r, d := begin(busy, flows.Facts{})
		if press(t, r, key) {
			t.Errorf("%v quits in the middle of an effect", key)
		}
		if d.last() != (flows.Cancel{}) {
			t.Errorf("%v put %v", key, d.last())
		}
		wants(t, r.View(), "stopping after what is in flight")
		if give(r, shotMsg{machine: resting}) != way.Quit {
			t.Error("it must quit once the bench has come to rest")
		}
		r, d = begin(busy, flows.Facts{})
		if press(t, r, key, ctrlC); len(d.put) != 1 {
			t.Errorf("put %v", d.put)
		}
		if !r.hand.leaving {
			t.Error("the second press must leave at once")
		}
	}
	r, _ := begin(upTo(flows.AuthorityScreen, flows.Running, secret), known(t))
	if !press(t, r, "typed", ctrlC) {
		t.Error("ctrl+c must leave an open question")
	}
	if give(r, shotMsg{machine: busy, over: true}) != way.Quit {
		t.Error("it must quit when the bench's loop has ended")
	}
}

func TestBeforeTheFirstShot(t *testing.T) {
	r := New(&desk{}, Options{})
	give(r, window{20, 2})
	wants(t, r.View(), "starting")
	if give(r, char('x')) != way.Nothing {
		t.Error("x did something")
	}
	if give(r, ctrlC) != way.Quit {
		t.Error("ctrl+c must leave")
	}
}

func TestFromTwoSecondsOnTheWaitIsSaid(t *testing.T) {
	r, _ := begin(upTo(flows.UnitScreen, flows.Running), flows.Facts{})
	if r.Next() == 0 {
		t.Fatal("while the bench works, the clock must tick")
	}
	give(r, tickMsg(noon.Add(time.Second)))
	if strings.Contains(r.View(), "working for") {
		t.Error("one second is no wait")
	}
	give(r, tickMsg(noon.Add(2*time.Second)))
	wants(t, r.View(), "working for 2 s: asking the modem who it is")
	give(r, progressMsg{Waiting: "the modem's answer", Until: noon.Add(5 * time.Second)})
	wants(t, r.View(), "waiting for the modem's answer until 12:00:05 (3 s left)")
	give(r, tickMsg(noon.Add(4*time.Second)))
	wants(t, r.View(), "(1 s left)")
	give(r, shotMsg{machine: upTo(flows.UnitScreen, flows.Failing, retry)})
	if strings.Contains(r.View(), "waiting") {
		t.Error("nothing is waited for at rest")
	}
	give(r, tickMsg(noon.Add(5*time.Second)))
	if r.Next() != 0 {
		t.Error("at rest the clock must stop")
	}
}

// TestAWaitOutlastsALookElsewhere: what is waited for and since when is the same after an event that begins and ends nothing, and it is
// not said before two seconds, whoever tells of it.
func TestAWaitOutlastsALookElsewhere(t *testing.T) {
	busy := upTo(flows.ConnectionScreen, flows.Running)
	r, _ := begin(busy, flows.Facts{})
	give(r, progressMsg{ID: 5, Waiting: "the server", Until: noon.Add(5 * time.Second)})
	give(r, tickMsg(noon.Add(time.Second)))
	if strings.Contains(r.View(), "waiting") {
		t.Error("one second is no wait")
	}
	for _, m := range []shotMsg{
		{event: flows.Show{Screen: flows.UnitScreen}}, {event: flows.Cancel{}}, {event: flows.PlanWanted{}, ignored: true},
	} {
		m.machine = busy
		give(r, m)
	}
	give(r, progressMsg{ID: 5, Flight: "server hello"})
	give(r, tickMsg(noon.Add(3*time.Second)))
	wants(t, r.View(), "waiting for the server until 12:00:05 (2 s left)")
	give(r, shotMsg{machine: busy, event: flows.Connected{ID: 5}})
	give(r, tickMsg(noon.Add(time.Second)))
	if strings.Contains(r.View(), "waiting") || strings.Contains(r.View(), "working") {
		t.Error("the answer is here, and the wait goes on")
	}
}

// TestStoppingIsSaidUntilItHasStopped: esc in the middle of the work has an effect at once, and its line goes with the work.
func TestStoppingIsSaidUntilItHasStopped(t *testing.T) {
	const said = "stopping: what is in flight comes to its end first"
	cancel := flows.Action{Name: "cancel", Key: 27, Event: flows.Cancel{}}
	working := upTo(flows.CredentialsScreen, flows.Running, cancel)
	working.busy = true
	r, d := begin(working, flows.Facts{})
	press(t, r, esc27)
	if d.last() != (flows.Cancel{}) {
		t.Fatalf("esc puts %v", d.last())
	}
	give(r, shotMsg{machine: upTo(flows.CredentialsScreen, flows.Running), event: flows.Cancel{}})
	wants(t, r.View(), said)
	press(t, r, "t", "t")
	wants(t, r.View(), said)
	give(r, shotMsg{machine: upTo(flows.CredentialsScreen, flows.Failing, retry), event: flows.Failed{ID: 3}})
	if strings.Contains(r.View(), "stopping") {
		t.Error("it has stopped")
	}
	r, _ = begin(working, flows.Facts{})
	press(t, r, esc27)
	give(r, shotMsg{machine: working, event: flows.Cancel{}, ignored: true})
	if strings.Contains(r.View(), "stopping") {
		t.Error("the bench does not stop")
	}
}

func TestBytesMove(t *testing.T) {
	f := plannedFacts(t)
	f.Plan[1].Stage = flows.SlotWriting
	r, _ := begin(upTo(flows.CredentialsScreen, flows.Running), f)
	give(r, progressMsg{ID: 3, Sent: 412, Total: 594})
	wants(t, r.View(), "412/594 B", "█")
	give(r, progressMsg{ID: 3, BytesOut: 1843, BytesIn: 402, Line: 2100 * time.Millisecond})
	wants(t, r.View(), "412/594 B", "line 2.1 s   1 843 B out   402 B in")
	give(r, progressMsg{ID: 4, Flight: "server hello"})
	if r.sight.progress.Total != 0 || r.sight.progress.BytesOut != 1843 {
		t.Errorf("another effect's progress replaces the last, the line's bytes stay: %+v", r.sight.progress)
	}
}

// TestEveryKeyTellsThatSomebodyIsThere: an unlocked authority locks again only when nobody works.
func TestEveryKeyTellsThatSomebodyIsThere(t *testing.T) {
	r, d := begin(upTo(flows.UnitScreen, flows.Failing, retry), flows.Facts{})
	give(r, char('x'))
	give(r, enter)
	give(r, window{80, 24})
	if d.touched != 2 {
		t.Errorf("two keys were told %d times", d.touched)
	}
}
