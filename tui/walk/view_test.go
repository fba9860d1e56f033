package walk

import (
	"strings"
	"testing"

	"example.org/sectag/flows"
)

// TestEscLeadsBackToThePlan: a plan that waits is thrown away on its own screen only.
func TestEscLeadsBackToThePlan(t *testing.T) {
	for _, screen := range []string{"1", "2", "3", "5", "6", "7"} {
		r := toThePlan(t, settled, blank(t)).press(screen)
		if r.root.hand.form != nil {
			r.press(esc27) // closes the question
		}
		wants(t, r.root.View(), "esc back to plan")
		if r.press(esc27); r.m.Screen() != flows.CredentialsScreen {
			t.Errorf("from screen %s esc leads to %v", screen, r.m.Screen())
		}
	}
	r := toThePlan(t, settled, blank(t)).press("5", esc27)
	if _, waits := r.m.Credentials().Planned(); !waits || r.m.Screen() != flows.CredentialsScreen {
		t.Errorf("the plan is gone, on screen %v", r.m.Screen())
	}
	if r.press(esc27); r.m.Stage(flows.CredentialsScreen) != flows.Idle {
		t.Error("on its own screen esc cancels the plan")
	}
}

// TestAProbeBesideAPlanIsNoReasonToLoseThePlan: esc while the server is looked at leads back as well.
func TestAProbeBesideAPlanIsNoReasonToLoseThePlan(t *testing.T) {
	r := toThePlan(t, settled, blank(t)).press("5", "p", esc27)
	if _, waits := r.m.Credentials().Planned(); !waits || r.m.Screen() != flows.CredentialsScreen {
		t.Errorf("the plan is gone, on screen %v", r.m.Screen())
	}
}

// TestAWrongPortIsNoDeadEnd: a unit that did not answer may be on another port, and a key leads there.
func TestAWrongPortIsNoDeadEnd(t *testing.T) {
	r := newRun(t, settled, blank(t)).settle().press("open sesame", enter).settle(flows.Identify{}).
		fail("port.missing", "there is no port COM9", "plug the unit in")
	wants(t, r.root.View(), "there is no port COM9", "p other port")
	if r.press("p"); r.m.Screen() != flows.PortScreen {
		t.Errorf("p leads to %v", r.m.Screen())
	}
}

// TestWhoLooksAtTheServerSeesIt: with a configured anchor there is nothing to settle, and what was found out stays in sight.
func TestWhoLooksAtTheServerSeesIt(t *testing.T) {
	w := blank(t)
	w.trust, w.probe.Anchor.Trust = flows.File, "file"
	r := toThePlan(t, settled, w).press("5", "p").settle()
	if r.m.Screen() != flows.EndpointScreen || r.m.Stage(flows.EndpointScreen) != flows.Done {
		t.Fatalf("the probe leads to screen %v", r.m.Screen())
	}
	wants(t, r.root.View(), "as configured", "chain as sent")
}

func TestOneKeyStandsForOneAction(t *testing.T) {
	r := newRun(t, settled, blank(t)).settle().press("open sesame", enter).settle().press("l").settle()
	view := r.root.View()
	wants(t, view, "enter confirm", "write")
	if strings.Contains(view, "enter start") {
		t.Errorf("start cannot be done and has the key of confirm in\n%s", view)
	}
	r.press(enter)
	wants(t, r.root.View(), "enter start")
}

// TestAFailureLooksTheSameWhenComeBackTo: the facts forget why, as soon as a person goes on elsewhere.
func TestAFailureLooksTheSameWhenComeBackTo(t *testing.T) {
	const text, code, hint = "nothing answers at lwm2m.acme.eu", "dtls.silent", "check the address"
	r := toThePlan(t, settled, blank(t)).press("5", "p").fail(code, text, hint)
	first := r.root.View()
	wants(t, first, "FAIL   "+text, code, hint)
	r.press("4", "p").settle().press("5")
	if r.story.Facts.Failure != nil {
		t.Fatal("the facts still tell: the test tests nothing")
	}
	if again := r.root.View(); again != first {
		t.Errorf("first\n%s\nthen\n%s", first, again)
	}
	r.press("p").settle() // well this time
	if strings.Contains(r.root.View(), text) {
		t.Error("what went well still tells of a failure")
	}
}

// TestAVerdictStillTellsWhy: the record's screen is come back to after something else was asked for.
func TestAVerdictStillTellsWhy(t *testing.T) {
	r := throughTheWork(t, settled, refusing(blank(t)))
	wants(t, r.root.View(), "said unknown_ca", "dtls.48")
	r.press("5", "p").settle().press(esc27, "7")
	if r.story.Facts.Failure != nil {
		t.Fatal("the facts still tell: the test tests nothing")
	}
	wants(t, r.root.View(), "said unknown_ca", "dtls.48")
}

// TestEachScreenTellsItsOwnFailure: two screens fail one after the other, and the facts keep the first failure only.
func TestEachScreenTellsItsOwnFailure(t *testing.T) {
	r := newRun(t, settled, blank(t)).settle().press("open sesame", enter).settle(flows.Identify{})
	r.fail("line.no-answer", "nobody answers", "is it powered?").press("5", "p").fail("dtls.silent", "no server", "check the address")
	wants(t, r.root.View(), "FAIL   no server")
	r.press("3")
	wants(t, r.root.View(), "FAIL   nobody answers")
}

// TestARootFromAFileIsNotTheOneThatWasSeen: the anchor that a probe found and nobody compared is not said to be settled.
func TestARootFromAFileIsNotTheOneThatWasSeen(t *testing.T) {
	r := toThePlan(t, flows.Terms{Authority: true, Port: true, Ledger: true}, blank(t)).press("a", "u", "lwm2m.acme.eu", enter).settle()
	wants(t, r.root.View(), "first time")
	r.press(esc27, "f", "owner-root.pem", enter).settle().press("5")
	view := r.root.View()
	wants(t, view, "the root in owner-root.pem", "before it was loaded")
	if strings.Contains(view, "compared") || strings.Contains(view, "anchor Acme Root") {
		t.Errorf("the probed anchor is told to be settled in\n%s", view)
	}
}

func TestThePassSaysNothingOfTheProbe(t *testing.T) {
	terms := flows.Terms{Authority: true, Port: true, Ledger: true}
	r := toThePlan(t, terms, blank(t)).press("a", "u", "lwm2m.acme.eu", enter).settle().press(goodProbe().Anchor.SHA256.Last8(), enter).settle().press(enter).settle()
	if r.m.Outcome() != flows.Passed || len(r.story.Facts.Probe.Findings) == 0 {
		t.Fatalf("outcome %v, %d findings of the probe", r.m.Outcome(), len(r.story.Facts.Probe.Findings))
	}
	if view := r.root.View(); strings.Contains(view, "warning") || strings.Contains(view, "anchor-unproven") {
		t.Errorf("a pass warns in\n%s", view)
	}
}

func TestNextUnitSaysWhatToPress(t *testing.T) {
	r := throughTheWork(t, settled, blank(t)).press("n")
	wants(t, r.root.View(), "Plug the board in at /dev/ttyACM0, then press i.")
}
