package walk

import (
	"strings"
	"testing"
	"time"

	"example.org/sectag/flows"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/screen"
)

// atTheConsole is a lab with an open plan and an open prompt.
func atTheConsole(t *testing.T) *run {
	terms := settled
	terms.Lab = true
	r := newRun(t, terms, returned(t)).settle()
	r.root.hand.before.Commands = []form.Choice{{Text: "AT+CGMR", Note: "modem firmware"}, {Text: "AT+CGMM", Note: "model"}, {Text: "AT%CMNG=1", Note: "list every slot with its digest"}}
	return r.press("open sesame", enter).settle().press(enter).settle().press(esc27, ":")
}

// says is what goes over the line: lines to the modem begin with >.
func (r *run) says(lines ...flows.TraceLine) *run {
	for i, l := range lines {
		l.At, l.Out = noon.Add(time.Duration(len(r.root.sight.trace)+i)*7*time.Millisecond), strings.HasPrefix(l.Text, ">")
		l.Text = strings.TrimPrefix(l.Text, ">")
		r.update(traceMsg(l))
	}
	return r
}

// askedInVain has a command asked that the modem refuses, beside an unasked line.
func askedInVain(r *run) *run {
	r.press("AT%CMNG=2,42,2", enter)
	r.says(flows.TraceLine{Text: ">AT%CMNG=2,42,2"}, flows.TraceLine{Text: "+CEREG: 2", Unasked: true},
		flows.TraceLine{Text: "+CME ERROR: 514", Note: "the modem does not allow it (cmng.514); private keys and PSKs cannot be read, prove them by the digest in the list"})
	r.answer(flows.ModemAnswered{ID: r.pending[0].Of(), Doc: doc(r.t, flows.AnswerFacts{Command: "AT%CMNG=2,42,2", Result: "CME 514", Lines: []string{}})})
	return r
}

// held has a command typed that changes the unit.
func held(r *run) *run {
	r.press("AT%CMNG=3,42,2", enter)
	r.answer(flows.CommandHeld{ID: r.pending[0].Of(), Text: 9, Doc: doc(r.t, flows.AnswerFacts{Command: "AT%CMNG=3,42,2", Result: "none"})})
	return r
}

// withContent has a command typed that carries content.
func withContent(r *run) *run {
	return r.press("AT%CMNG=0,42,3,\"00ff\"", enter).fail("usage.secret-argument", "a command that carries credential content is not taken at the prompt, where it can be read",
		"write the slot on the credentials screen, or put the command in a file and send it with sectag at --file")
}

func (r *run) hand() *hand { return &r.root.hand }

func TestTheTextOfACommandGoesToTheKeeperAlone(t *testing.T) {
	r := atTheConsole(t)
	r.press("AT+CGMR", enter)
	if got := r.desk.kept[len(r.desk.kept)-1]; got != "AT+CGMR" {
		t.Errorf("the keeper has %q", got)
	}
	x, ok := r.pending[0].(flows.AskModem)
	if !ok || x.Text != flows.Ref(len(r.desk.kept)) {
		t.Errorf("asked for %#v", r.pending[0])
	}
	if len(r.hand().before.Typed[flows.AskCommand]) != 0 || len(r.hand().before.History) != 0 {
		t.Error("a command is remembered before it was answered")
	}
}

func TestAnAnsweredCommandIsInTheHistoryAndThePromptIsOpenAgain(t *testing.T) {
	r := askedInVain(askedInVain(atTheConsole(t)))
	if h := r.hand().before.History; len(h) != 1 || h[0] != "AT%CMNG=2,42,2" {
		t.Errorf("the history is %q", h)
	}
	wants(t, r.root.View(), "A command for the modem", "does not allow it", "cmng.514", "+CEREG: 2", "unasked")
	r.press(form.Key{Name: form.Up})
	if got := r.hand().form.Fields[0].Value(); got != "AT%CMNG=2,42,2" {
		t.Errorf("up shows %q", got)
	}
	if r.press(form.Key{Name: form.Down}); r.hand().form.Fields[0].Len() != 0 {
		t.Error("down from the newest is no empty line")
	}
	for range maxHistory + 5 {
		r.hand().before.History = append(r.hand().before.History, "AT")
	}
	answered(r, "AT+CGMI")
	if n := len(r.hand().before.History); n > maxHistory {
		t.Errorf("the history has %d lines", n)
	}
}

func answered(r *run, command string) {
	r.press(command, enter)
	r.answer(flows.ModemAnswered{ID: r.pending[0].Of(), OK: true, Doc: doc(r.t, flows.AnswerFacts{Command: command, Result: "OK"})})
}

// TestARefusedCommandIsNowhere: what carries a secret is neither shown again nor in the history.
func TestARefusedCommandIsNowhere(t *testing.T) {
	r := withContent(atTheConsole(t))
	view := r.root.View()
	wants(t, view, "usage.secret-argument", "credentials screen")
	r.press(form.Key{Name: form.Up})
	if strings.Contains(view+r.root.View(), "00ff") || len(r.hand().before.History) != 0 {
		t.Errorf("it is still there:\n%s", r.root.View())
	}
}

func TestTheDigitsSendACommandAndEscDropsIt(t *testing.T) {
	r := held(atTheConsole(t))
	wants(t, r.root.View(), "AT%CMNG=3,42,2 changes the unit", "last four digits")
	if r.press("0000", enter); len(r.pending) != 0 {
		t.Fatalf("wrong digits send %#v", r.pending[0])
	}
	wants(t, r.root.View(), "nothing was sent")
	r.press("7872", enter)
	if x, ok := r.pending[0].(flows.AskModem); !ok || x.IMEI != r.world.imei || x.Text != 9 {
		t.Errorf("sent was %#v", r.pending)
	}
	r = held(atTheConsole(t))
	if r.press(esc27); len(r.desk.put) != 0 || len(r.pending) != 0 || r.story.Facts.Console.Held != "" {
		t.Error("esc did not drop the command")
	}
}

func TestSearchGoesFromHitToHit(t *testing.T) {
	r := atTheConsole(t).press(esc27)
	for range 100 {
		r.says(flows.TraceLine{Text: "OK"})
	}
	r.says(flows.TraceLine{Text: "%XSIM: 1"}, flows.TraceLine{Text: "OK"}, flows.TraceLine{Text: "%XSIM: 2"}, flows.TraceLine{Text: "OK"})
	r.press("/", "xsim", enter)
	first := r.hand().lab.hit
	wants(t, r.root.View(), "%XSIM: 2")
	if r.press("n"); r.hand().lab.hit != first-2 || r.hand().scroll != 3 {
		t.Errorf("the older hit is %d, %d lines up; the newer one was %d", r.hand().lab.hit, r.hand().scroll, first)
	}
	if r.press("n"); !strings.Contains(r.root.View(), "no older line") {
		t.Error("the end is not said")
	}
	if r.press("N"); r.hand().lab.hit != first {
		t.Errorf("the newer hit is %d", r.hand().lab.hit)
	}
}

func TestThePageIsOnlyInTheLabAndEscLeavesIt(t *testing.T) {
	if r := toThePlan(t, settled, blank(t)).press(":"); r.hand().over != screen.Nothing {
		t.Error("there is a console outside the lab")
	}
	r := atTheConsole(t)
	if r.press(esc27); r.hand().over != screen.Console || r.hand().form != nil {
		t.Error("esc does not leave the prompt alone")
	}
	if r.press(esc27); r.hand().over != screen.Nothing {
		t.Error("esc does not leave the page")
	}
}

// TestTheConsoleKeepsItsPromptInEveryWindow: the prompt and what it is for are seen, whatever the window.
func TestTheConsoleKeepsItsPromptInEveryWindow(t *testing.T) {
	for name, r := range map[string]*run{"prompt": askedInVain(atTheConsole(t)), "held": held(atTheConsole(t)), "refused": withContent(atTheConsole(t))} {
		want := map[string]string{"prompt": "AT command", "held": "last four", "refused": "usage.secret-argument"}[name]
		for _, w := range []window{{80, 24}, {40, 12}, {200, 60}} {
			give(r.root, w)
			wants(t, r.root.View(), want)
			sized(t, r.root)
		}
	}
}
