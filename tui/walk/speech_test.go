package walk

import (
	"strings"
	"testing"
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

func TestWhatIsTypedAsASecretIsNotSaid(t *testing.T) {
	r := newRun(t, settled, blank(t)).settle().press("hunter2")
	s := r.root.Speech()
	if !s.Secret || s.Asks != "passphrase" || strings.Contains(strings.Join(s.Lines, " ")+s.Asks, "hunter2") {
		t.Errorf("%+v", s)
	}
}
