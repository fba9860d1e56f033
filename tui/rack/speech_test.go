package rack

import (
	"strings"
	"testing"
)

// TestEveryPictureCanBeReadOut: each lane is said, with its verdict and the hint.
func TestEveryPictureCanBeReadOut(t *testing.T) {
	for _, p := range pictures {
		s := p.show(t)
		said := s.Speech()
		all := strings.Join(said.Lines, "\n")
		if strings.Contains(all, "██") || len(said.Lines) < 2 {
			t.Errorf("%s: %q", p.name, all)
		}
		for _, n := range s.there() {
			if f := s.failure(n); f != nil && !strings.Contains(all, f.Hint) {
				t.Errorf("%s: the hint is not said in\n%s", p.name, all)
			}
		}
	}
	if said := passed(t).show().Speech(); !strings.Contains(strings.Join(said.Lines, "\n"), "lane 1, ttyACM0, 352656100367872: PASS") {
		t.Errorf("%q", said.Lines)
	}
}
