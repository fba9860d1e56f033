package screen

import (
	"flag"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

var _ = flag.Bool("update", false, "every test package below tui takes the flag; nothing is written here")

// still is a machine that stands where a test puts it.
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

func TestWordsForEachSlotStage(t *testing.T) {
	old := cred.Sum([]byte("old"))
	for stage := flows.SlotPlanned; stage <= flows.SlotUnknown; stage++ {
		text, _ := holds(flows.PlanFacts{Stage: stage, Old: old, Now: old})
		if text == "" {
			t.Errorf("nothing is said of stage %d", stage)
		}
		if word, _ := progressWords(Scene{}, flows.PlanFacts{Stage: stage}, Room{W: 60}); (word == "") != (stage == flows.SlotPlanned) {
			t.Errorf("at work, stage %d is %q", stage, word)
		}
	}
	if text, _ := holds(flows.PlanFacts{}); text != "nothing, as before" {
		t.Errorf("an empty slot that was not touched holds %q", text)
	}
	if text, _ := holds(flows.PlanFacts{Op: flows.Keep, Old: old}); text != "what it shall hold, kept" {
		t.Errorf("a slot that was right and kept holds %q", text)
	}
	for _, c := range []struct {
		has  flows.Holding
		op   flows.Op
		want string
	}{
		{flows.Current, flows.Keep, "keep"},
		{flows.Empty, flows.WriteSlot, "write"},
		{flows.Ours, flows.WriteSlot, "renew"},
		{flows.Foreign, flows.WriteSlot, "replace!"},
		{flows.Foreign, flows.DeleteSlot, "delete!"},
		{flows.Ours, flows.DeleteSlot, "delete"},
	} {
		if got, _ := planWords(Scene{}, 0, flows.PlanFacts{Has: c.has, Op: c.op}, Room{W: 60}); got != c.want {
			t.Errorf("%d of what is %d: %q, want %q", c.op, c.has, got, c.want)
		}
	}
}

// TestWhatDiffersIsNamed: a slot that was read back and is empty, or as it was, holds no "something else".
func TestWhatDiffersIsNamed(t *testing.T) {
	old, other := cred.Sum([]byte("old")), cred.Sum([]byte("other"))
	for _, c := range []struct {
		old, now    cred.Digest
		holds, work string
	}{
		{cred.Digest{}, cred.Digest{}, "nothing: it was not written", "✗ empty"},
		{old, cred.Digest{}, "nothing: it was not written", "✗ empty"},
		{old, old, "the old one, as before", "✗ unchanged"},
		{old, other, "something else: " + other.Short(), "✗ differs"},
	} {
		p := flows.PlanFacts{Op: flows.WriteSlot, Stage: flows.SlotDiffers, Old: c.old, Now: c.now}
		text, _ := holds(p)
		word, _ := progressWords(Scene{}, p, Room{W: 60})
		if text != c.holds || word != c.work {
			t.Errorf("%s, then %s: %q and %q", c.old.Short(), c.now.Short(), text, word)
		}
	}
}

func TestAFlagInAHintIsSaidInScreens(t *testing.T) {
	s := Scene{Machine: still{actions: []flows.Action{{Name: "load-anchor", Key: 'f'}}}}
	for _, c := range [][3]string{
		{"chain.incomplete", "give it with --roots", "; here: f loads a root from a file"},
		{"chain.incomplete", "have the server send it", ""},
		{"dtls.silent", "give --timeout", ""},
	} {
		if got := s.onScreen(c[0], c[1]); got != c[2] {
			t.Errorf("%s, %q: %q, want %q", c[0], c[1], got, c[2])
		}
	}
	if got := (Scene{Machine: still{}}).onScreen("chain.incomplete", "--roots"); got != "" {
		t.Errorf("what is not offered here is told: %q", got)
	}
}

// What else a server can do is shown where it is known, and takes no line where it is not.
