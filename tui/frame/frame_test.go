package frame

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/screen"
)

var _ = flag.Bool("update", false, "every test package below tui takes the flag; nothing is written here")

type still struct {
	at      flows.Screen
	stage   flows.Stage
	actions []flows.Action
	busy    bool
	outcome flows.Outcome
	hand    flows.Op
}

func (s still) Actions() []flows.Action { return s.actions }
func (s still) Rest() bool              { return !s.busy }
func (s still) Screen() flows.Screen    { return s.at }
func (s still) Outcome() flows.Outcome  { return s.outcome }
func (s still) Hand() flows.Op          { return s.hand }

func (s still) Aim() flows.Aim { return flows.ForProfile }
func (s still) Stage(x flows.Screen) flows.Stage {
	if x == s.at {
		return s.stage
	}
	return flows.Idle
}

func draw(s screen.Scene, w, h int) string {
	s.Palette.Bare = true
	return Draw(s, w, h)
}

// TestNoWindowIsTooSmall draws every screen with every page in windows of any size.
func TestNoWindowIsTooSmall(t *testing.T) {
	f := flows.Facts{Failure: cred.Failed("x.y", strings.Repeat("long ", 40), strings.Repeat("hint ", 40))}
	f.Plan = []flows.PlanFacts{{Op: flows.WriteSlot, Has: flows.Foreign}, {Op: flows.DeleteSlot, Stage: flows.SlotUnknown}}
	f.Probe = &flows.ProbeFacts{Anchor: &flows.AnchorFacts{Trust: "first-use", SHA256: cred.Sum(nil)}, Chain: make([]flows.ChainFacts, 9)}
	actions := make([]flows.Action, 12)
	for i := range actions {
		actions[i] = flows.Action{Name: strings.Repeat("n", i+3), Key: 'a' + rune(i)}
	}
	for at := range flows.Screen(flows.Screens + 1) { // one more than there are
		for over := range screen.Help + 2 {
			for _, ask := range []flows.Ask{flows.AskNothing, flows.AskNewAuth, flows.AskPort} {
				m := still{at: at, stage: flows.Failing, actions: actions, outcome: flows.FailedOutcome, busy: true}
				s := screen.Scene{Machine: m, Facts: f, Over: over, Form: form.Open(flows.Action{Ask: ask}, f, form.Before{}), Note: "note", Scroll: 3}
				s.Progress.Waiting = "an answer"
				for _, size := range [][2]int{{0, 0}, {1, 1}, {2, 3}, {5, 2}, {13, 4}, {20, 6}, {40, 3}, {79, 24}, {80, 23}, {80, 24}, {300, 90}} {
					rows := strings.Split(draw(s, size[0], size[1]), "\n")
					if len(rows) > max(size[1], 1) {
						t.Errorf("%d rows at %v", len(rows), size)
					}
					for _, r := range rows {
						if paint.Width(r) > size[0] {
							t.Errorf("%q at %v", r, size)
						}
					}
				}
			}
		}
	}
}

func TestKeysGiveWayAndSaySo(t *testing.T) {
	var actions []flows.Action
	for i := range 40 {
		actions = append(actions, flows.Action{Name: fmt.Sprintf("do-%d", i), Key: 'a' + rune(i)})
	}
	view := draw(screen.Scene{Machine: still{actions: actions}}, 80, 24)
	for _, want := range []string{"a do 0", "? more"} {
		if !strings.Contains(view, want) {
			t.Errorf("%q is missing in\n%s", want, view)
		}
	}
	view = draw(screen.Scene{Machine: still{actions: actions[:2]}}, 80, 24)
	if !strings.Contains(view, "? help") || strings.Contains(view, "more") {
		t.Errorf("all keys have room in\n%s", view)
	}
}

func TestDisabledActionsSayWhyAndComeLast(t *testing.T) {
	view := draw(screen.Scene{Machine: still{actions: []flows.Action{
		{Name: "write", Key: 'w', Disabled: "no anchor"}, {Name: "wipe", Key: 'x', Danger: flows.Destroys},
	}}}, 80, 24)
	if !strings.Contains(view, "x wipe!  w write (no anchor)") {
		t.Errorf("got\n%s", view)
	}
}

// TestThePlanFitsTheWindow draws a plan of a key made here, and its work, at 80x24: nothing of it is cut off.
func TestThePlanFitsTheWindow(t *testing.T) {
	var f flows.Facts
	f.Prepared.KeyOrigin, f.Prepared.Sizes = "host", []int{574, 1241}
	f.Plan = []flows.PlanFacts{
		{Slot: cred.Slot{SecTag: 2147483647, Kind: cred.RootCA}, Op: flows.WriteSlot, Stage: flows.SlotWritten},
		{Slot: cred.Slot{SecTag: 2147483647, Kind: cred.ClientKey}, Op: flows.WriteSlot},
	}
	s := screen.Scene{Machine: still{at: flows.CredentialsScreen, stage: flows.Running, busy: true}, Facts: f}
	if view := draw(s, 80, 24); strings.Contains(view, "…") || !strings.Contains(view, "reading back") || !strings.Contains(view, "write, host key") {
		t.Errorf("got\n%s", view)
	}
	if view := draw(s, 120, 30); !strings.Contains(view, "write, host key, 1241 B") {
		t.Errorf("there is room for the size in\n%s", view)
	}
	s.Progress.Waiting, s.Progress.Until = "OK to AT%CMNG", time.Date(2026, 1, 2, 12, 0, 5, 0, time.UTC)
	s.Now = s.Progress.Until.Add(-2 * time.Second)
	s.Since = s.Now.Add(-3 * time.Second)
	if view := draw(s, 40, 12); !strings.Contains(view, "until") || !strings.Contains(view, "(2 s left)") {
		t.Errorf("until when is cut off in\n%s", view)
	}
}

func TestAFirmwareThatIsNotToldIsSaid(t *testing.T) {
	f := flows.Facts{Unit: flows.UnitFacts{IMEI: 352656100367872}}
	if view := draw(screen.Scene{Machine: still{at: flows.UnitScreen}, Facts: f}, 80, 24); !strings.Contains(view, "firmware     not told by the modem") {
		t.Errorf("got\n%s", view)
	}
}

func TestVerdictWords(t *testing.T) {
	for _, c := range []struct {
		outcome flows.Outcome
		facts   flows.Facts
		words   []string
	}{
		{flows.Passed, flows.Facts{Terms: flows.Terms{Endpoint: true}}, []string{"P A S S"}},
		{flows.Passed, flows.Facts{}, []string{"P A S S", "W R I T T E N"}},
		{flows.Warned, flows.Facts{Terms: flows.Terms{Endpoint: true}}, []string{"W A R N"}},
		{flows.FailedOutcome, flows.Facts{}, []string{"F A I L"}},
	} {
		m := still{at: flows.RecordScreen, stage: flows.Done, outcome: c.outcome}
		view := draw(screen.Scene{Machine: m, Facts: c.facts}, 17, 20) // too narrow for large letters
		for _, w := range c.words {
			if !strings.Contains(view, w) {
				t.Errorf("outcome %d: %q is missing in\n%s", c.outcome, w, view)
			}
		}
		if strings.Contains(view, "W R I T T E N") != (len(c.words) == 2) {
			t.Errorf("outcome %d: only a unit that met no server is said to be written\n%s", c.outcome, view)
		}
	}
}

// TestAClearKeyIsAWarning: what was done for the profile says so, where the word would be PASS; work by hand on a slot says its own word.
func TestAClearKeyIsAWarning(t *testing.T) {
	for name, c := range map[string]struct {
		outcome   flows.Outcome
		hand      flows.Op
		encrypted bool
		word      string
		said      bool
	}{
		"in clear":                {flows.Passed, flows.Keep, false, "W A R N", true},
		"in clear, and a warning": {flows.Warned, flows.Keep, false, "W A R N", true},
		"in clear, and a failure": {flows.FailedOutcome, flows.Keep, false, "F A I L", false},
		"in clear, by hand":       {flows.Passed, flows.WriteSlot, false, "W R I T T E N", false},
		"encrypted":               {flows.Passed, flows.Keep, true, "P A S S", false},
	} {
		m := still{at: flows.RecordScreen, stage: flows.Done, outcome: c.outcome, hand: c.hand}
		f := flows.Facts{Terms: flows.Terms{Endpoint: true}, Authority: flows.AuthorityFacts{Subject: "CN=Acme", KeyEncrypted: c.encrypted}}
		if view := draw(screen.Scene{Machine: m, Facts: f}, 17, 30); !strings.Contains(view, c.word) || strings.Contains(view, "ca.clear-key") != c.said {
			t.Errorf("%s:\n%s", name, view)
		}
	}
}

// Where the key lies is told in words; one that is not in this computer's files is not one in clear.
func TestWhereTheKeyLies(t *testing.T) {
	for protection, word := range map[string]string{
		"pkcs11": "in a token", "exec": "behind a command", "encrypted-file": "encrypted", "clear-file": "ca.clear-key", "": "ca.clear-key",
	} {
		f := flows.Facts{Authority: flows.AuthorityFacts{Subject: "CN=Acme", KeyEncrypted: protection == "encrypted-file", Protection: protection}}
		view := draw(screen.Scene{Machine: still{at: flows.AuthorityScreen}, Facts: f}, 120, 30)
		if !strings.Contains(view, word) || strings.Contains(view, "ca.clear-key") != (word == "ca.clear-key") {
			t.Errorf("%s:\n%s", protection, view)
		}
	}
}

// TestAnIntermediateIsShownWithItsRoot: that the server needs both is said where the authority is chosen; a root says nothing of the kind.
func TestAnIntermediateIsShownWithItsRoot(t *testing.T) {
	f := flows.Facts{Authority: flows.AuthorityFacts{Subject: "CN=Acme 2026", KeyEncrypted: true, NotAfter: "2030-01-01T00:00:00Z"}}
	if view := draw(screen.Scene{Machine: still{}, Facts: f}, 140, 30); strings.Contains(view, "below") {
		t.Errorf("a root stands below something:\n%s", view)
	}
	f.Authority.Root, f.Authority.RootEnd, f.Authority.Protection = "CN=Acme Root", "2046-01-01T00:00:00Z", "pkcs11"
	view := draw(screen.Scene{Machine: still{}, Facts: f}, 140, 30)
	for _, w := range []string{"CN=Acme 2026", "below", "CN=Acme Root, until 2046-01-01", "sectag ca chain", "in a token"} {
		if !strings.Contains(view, w) {
			t.Errorf("%q is missing in\n%s", w, view)
		}
	}
}

func TestTheLockIsAlwaysSaid(t *testing.T) {
	f := flows.Facts{}
	f.Authority.Subject = "CN=Acme Devices 2026 and Later"
	s := screen.Scene{Machine: still{at: flows.PortScreen}, Facts: f, Title: "a tracker with a very long name indeed", Station: "3, at the window"}
	for _, c := range []struct {
		w            int
		want, absent string
	}{
		{200, "sectag · station 3, at the window · a tracker with a very long name indeed  ", "…"},
		{120, "a tracker with", "…"},
		{80, "sectag · station 3, at the window", "tracker"},
		{40, "Port", "tracker"},
	} {
		head, _, _ := strings.Cut(draw(s, c.w, 24), "\n")
		if !strings.HasSuffix(head, "locked") || !strings.Contains(head, c.want) && c.w != 120 || strings.Contains(head, c.absent) {
			t.Errorf("at %d: %q", c.w, head)
		}
	}
	f.Authority.Subject = "CN=" + strings.Repeat("long ", 40)
	s.Facts = f
	if head, _, _ := strings.Cut(draw(s, 80, 24), "\n"); !strings.HasSuffix(head, "…, locked") || strings.Contains(head, "station") {
		t.Errorf("got %q", head)
	}
}

func TestNoPortIsSaidOnlyWhenNoneIsNamed(t *testing.T) {
	m := still{at: flows.PortScreen, stage: flows.Running}
	ask := form.Open(flows.Action{Ask: flows.AskPort}, flows.Facts{}, form.Before{})
	typed := form.Open(flows.Action{Ask: flows.AskPort}, flows.Facts{}, form.Before{Port: "COM3"})
	for name, c := range map[string]struct {
		s    screen.Scene
		want bool
	}{
		"none": {screen.Scene{Machine: m, Form: ask}, true}, "typed": {screen.Scene{Machine: m, Form: typed}, false},
		"configured": {screen.Scene{Machine: m, Facts: flows.Facts{Terms: flows.Terms{Port: true}}}, false},
		"chosen":     {screen.Scene{Machine: m, Facts: flows.Facts{Port: "COM3"}}, false},
	} {
		if got := strings.Contains(draw(c.s, 80, 24), "No serial port was found on this computer"); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestKnownUnits(t *testing.T) {
	f := flows.Facts{Unit: flows.UnitFacts{IMEI: 352656100367872}}
	look := func() string { return draw(screen.Scene{Machine: still{at: flows.UnitScreen}, Facts: f}, 80, 24) }
	if !strings.Contains(look(), "no ledger") {
		t.Errorf("without a ledger:\n%s", look())
	}
	f.Terms.Ledger = true
	if !strings.Contains(look(), "not seen before") {
		t.Errorf("with an empty one:\n%s", look())
	}
	f.Unit.Record = "12"
	if !strings.Contains(look(), "record 12") {
		t.Errorf("with a record:\n%s", look())
	}
}

// What else a server can do is shown where it is known, and takes no line where it is not.
func TestTheEndpointTellsWhatElseTheServerCanDo(t *testing.T) {
	p := &flows.ProbeFacts{URL: "coaps://lwm2m.acme.eu:5684"}
	s := screen.Scene{Machine: still{at: flows.EndpointScreen, stage: flows.Done}, Facts: flows.Facts{Probe: p}}
	if got := draw(s, 120, 60); strings.Contains(got, "speaks") || strings.Contains(got, "curves") {
		t.Errorf("of a server of which nothing is known:\n%s", got)
	}
	p.Traits.Versions, p.Traits.Groups = []string{"DTLS 1.0", "DTLS 1.2"}, []string{"secp256r1", "x25519"}
	for _, want := range []string{"DTLS 1.0, DTLS 1.2", "secp256r1, x25519"} {
		if got := draw(s, 120, 60); !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

func TestWaiting(t *testing.T) {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	s := window{screen.Scene{Machine: still{at: flows.UnitScreen, busy: true}, Since: at, Now: at.Add(time.Second)}}
	if w := s.waiting(); w != "" {
		t.Errorf("after one second: %q", w)
	}
	s.Now = at.Add(61 * time.Second)
	if w := s.waiting(); w != "working for 61 s: asking the modem who it is" {
		t.Errorf("got %q", w)
	}
	s.Progress = flows.Progress{Waiting: "AT", Until: at}
	if w := s.waiting(); w != "waiting for AT until 12:00:00" {
		t.Errorf("after its end: %q", w)
	}
}

func TestForeignTextNeverReachesTheTerminalAsCommand(t *testing.T) {
	f := flows.Facts{Failure: cred.Failed("a", "text\x1b[2J", "hint\x1b]0;x\x07")}
	f.Authority.Subject = "CN=\x1b[31mevil"
	view := Draw(screen.Scene{Machine: still{stage: flows.Failing}, Facts: f, Palette: paint.Palette{Mono: true}}, 80, 24)
	for _, bad := range []string{"\x1b[2J", "\x1b]0", "\x1b[31m", "\x07"} {
		if strings.Contains(view, bad) {
			t.Errorf("%q came through", bad)
		}
	}
}
