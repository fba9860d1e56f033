package walk

import (
	"strings"
	"testing"

	"example.org/sectag/flows"
	"example.org/sectag/flows/setup"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/paint"
)

var ctrlO = form.Key{Name: form.Files}

// folder is what every folder holds.
func folder(string) setup.Folder {
	return setup.Folder{Path: "/home/bench", Entries: []setup.Entry{{Name: "keys", Folder: true}, {Name: "root.crt", Path: "root.crt", Size: 571}, {Name: "root.key", Path: "root.key", Size: 390}}}
}

// listing is a run at the question for an authority's files, with a list of them.
func listing(t *testing.T) *run {
	r := newRun(t, flows.Terms{}, blank(t))
	r.root.hand.list = folder
	return r.settle().press("o")
}

func TestAFileIsChosenFromAList(t *testing.T) {
	r := listing(t).press("old.crt", ctrlO)
	if v := r.frame(paint.Palette{Bare: true}, 80, 24); !strings.Contains(v, "choose a file: certificate") || !strings.Contains(v, "571 B") {
		t.Errorf("no list:\n%s", v)
	}
	r.press("crt", enter)
	if v := r.frame(paint.Palette{Bare: true}, 80, 24); !strings.Contains(v, "▸ certificate  root.crt") || strings.Contains(v, "old.crt") || !strings.Contains(v, "ctrl+o files") {
		t.Errorf("the file is not in the field:\n%s", v)
	}
	r.press(enter, ctrlO, "t", esc27)
	if v := r.frame(paint.Palette{Bare: true}, 80, 24); !strings.Contains(v, "▸ key") || r.root.hand.over != 0 {
		t.Errorf("esc closes more than the list, or a letter opened a page:\n%s", v)
	}
	if r.press(ctrlO, ctrlC); r.root.hand.files != nil || r.root.hand.form != nil {
		t.Error("ctrl+c leaves, whatever is open")
	}
	if r := newRun(t, flows.Terms{}, blank(t)).settle().press("o", ctrlO); r.root.hand.files != nil {
		t.Error("a list although nobody lists")
	}
}

// TestTheListGoesWithItsQuestion: the bench may move on while a person looks for a file.
func TestTheListGoesWithItsQuestion(t *testing.T) {
	r := listing(t).press(ctrlO)
	r.event(flows.AuthorityChosen{Cert: "a", Key: "b"})
	if r.root.hand.files != nil || r.root.hand.form != nil {
		t.Error("the list outlives its question")
	}
	r.root.View()
}

func TestTheListFits(t *testing.T) {
	for _, size := range []struct{ w, h int }{{80, 24}, {40, 12}, {200, 60}, {10, 3}} {
		r := listing(t).press(ctrlO, "zzz", enter)
		lines := strings.Split(r.frame(paint.Palette{Bare: true}, size.w, size.h), "\n")
		if len(lines) > size.h {
			t.Errorf("%d lines in %d", len(lines), size.h)
		}
		for _, l := range lines {
			if paint.Width(l) > size.w {
				t.Errorf("%q is wider than %d", l, size.w)
			}
		}
	}
}

// TestClicks: a key of the lower edge is pressed, a row of the list is chosen, the wheel scrolls what lies over the screen.
func TestClicks(t *testing.T) {
	r := listing(t)
	click := func(text string) {
		t.Helper()
		for y, l := range strings.Split(r.frame(paint.Palette{Bare: true}, 80, 24), "\n") {
			if i := strings.Index(l, text); i >= 0 {
				r.root.Click(paint.Width(l[:i]), y)
				return
			}
		}
		t.Fatalf("%q is not on the screen:\n%s", text, r.root.View())
	}
	r.press(ctrlO)
	click("root.key")
	if v := r.root.View(); !strings.Contains(v, "root.key") || r.root.hand.files != nil {
		t.Errorf("not chosen:\n%s", v)
	}
	click("esc ")
	if r.root.hand.form != nil {
		t.Error("esc was clicked and the question is open")
	}
	click("? help")
	r.frame(paint.Palette{Bare: true}, 40, 12)
	before := r.root.View()
	if r.press(form.Key{Name: form.WheelDown}); r.root.View() == before {
		t.Error("the wheel does not turn the page")
	}
	if r.press(form.Key{Name: form.WheelUp}); r.root.View() != before {
		t.Error("nor back")
	}
}
