package walk

import (
	"strings"
	"testing"

	"example.org/sectag/flows"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/screen"
	"example.org/sectag/tui/way"
)

// TestEveryPictureCanBeReadOut: what a person must know without a window is in what is said, and nothing that only draws.
func TestEveryPictureCanBeReadOut(t *testing.T) {
	for _, p := range pictures {
		r := p.run(t)
		s := r.root.Speech()
		all := strings.Join(s.Lines, "\n")
		if len(s.Lines) < 2 || strings.Contains(all, "██") {
			t.Errorf("%s: %q", p.name, all)
		}
		if !r.m.Rest() != s.Works {
			t.Errorf("%s: works %v", p.name, s.Works)
		}
		if h := &r.root.hand; h.form != nil && h.over == 0 && s.Asks == "" {
			t.Errorf("%s asks for nothing", p.name)
		}
		if v := verdictWord(r.m.Outcome(), r.m.Credentials().Hand(), r.m.Credentials().Aim()); v != "" && r.m.Screen() == 6 && !strings.Contains(all, v) && r.root.hand.over == 0 {
			t.Errorf("%s: no %s in\n%s", p.name, v, all)
		}
	}
}

// The rest of a secret whose question nobody asks any more is no key: the question stays until it is ended.
func TestAHalfTypedSecretIsNoKey(t *testing.T) {
	r, on := newRun(t, settled, blank(t)).settle().press("hunt"), newRun(t, settled, blank(t)).settle().press("open sesame", enter).settle()
	give(r.root, shotMsg{machine: view{on.m}, event: flows.AuthorityUnlocked{}, facts: on.story.Facts})
	wants(t, r.root.View(), "not asked any more")
	for _, k := range "er2, quick" {
		if do := r.root.Press(form.Of(k)); do != way.Nothing {
			t.Errorf("%q led to %d", k, do)
		}
	}
	if len(r.desk.put) > 0 || r.root.hand.over != screen.Nothing || strings.Contains(r.root.View(), "nothing here") {
		t.Errorf("put %v\n%s", r.desk.put, r.root.View())
	}
	if r.root.Press(form.Key{Name: form.Enter}); len(r.desk.put) > 0 || r.root.hand.form != nil && r.root.hand.form.Hides() {
		t.Errorf("put %v, the question is still there", r.desk.put)
	}
}

func TestWhatIsTypedAsASecretIsNotSaid(t *testing.T) {
	r := newRun(t, settled, blank(t)).settle().press("hunter2")
	s := r.root.Speech()
	if !s.Secret || s.Asks != "passphrase" || strings.Contains(strings.Join(s.Lines, " ")+s.Asks, "hunter2") {
		t.Errorf("%+v", s)
	}
}
