package start

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/flows/door"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/way"
)

var update = flag.Bool("update", false, "write the golden frames anew")

func shown(d door.Door, note string, opened func(door.Way)) *Start {
	return New(d, Options{Title: "tracker-2", Station: "3", Note: note, Palette: paint.Palette{Bare: true}, Opened: opened})
}

// TestEveryStateFits draws the door before each way, open and closed, with and without a word, at three sizes: the way that is stood
// before and the keys are always seen.
func TestEveryStateFits(t *testing.T) {
	var all strings.Builder
	for _, size := range []struct{ w, h int }{{80, 24}, {40, 12}, {200, 60}} {
		for n := range 8 {
			d := door.New(n&1 > 0, n&2 > 0)
			note := map[bool]string{true: "profile saved: sectag.toml", false: ""}[n&4 > 0]
			for range door.Ways {
				d = d.Move(1)
				s := shown(d, note, nil)
				s.Resize(size.w, size.h)
				view := s.View()
				lines := strings.Split(view, "\n")
				for _, l := range lines {
					if paint.Width(l) > size.w || len(lines) > size.h {
						t.Errorf("%dx%d is too small for\n%s", size.w, size.h, view)
					}
				}
				if !strings.Contains(view, " ▸ ") || !strings.Contains(view, d.At.String()) || !strings.Contains(view, "q quit") || !strings.Contains(view, note) {
					t.Errorf("%+v at %dx%d:\n%s", d, size.w, size.h, view)
				}
				if d.At == door.Station && n != 2 {
					fmt.Fprintf(&all, "=== %dx%d %+v\n%s\n", size.w, size.h, d, view)
				}
			}
		}
	}
	file := filepath.Join("testdata", "frames.txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if d := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), all.String()); err != nil || d != "" {
		t.Errorf("%v, make golden writes it anew:\n%s", err, d)
	}
}

func TestKeysOpenWaysOrSayWhyNot(t *testing.T) {
	var went []door.Way
	s := shown(door.New(true, true), "", func(w door.Way) { went = append(went, w) })
	if s.Press(form.Of('e')) != way.Home || s.Press(form.Key{Name: form.Enter}) != way.Home || len(went) != 2 || went[0] != door.Edit || went[1] != door.Station {
		t.Errorf("went %v", went)
	}
	s = shown(door.New(false, true), "", nil)
	if s.Press(form.Of('e')) != way.Nothing || !strings.Contains(s.View(), "set up makes one") {
		t.Errorf("a closed way:\n%s", s.View())
	}
	if s.Press(form.Of('z')) != way.Nothing || !strings.Contains(s.View(), "z does nothing here") || s.Press(form.Of('q')) != way.Quit {
		t.Error("a key without a meaning, or q")
	}
}

// TestClicks: the line of a way opens it, a key of the lower edge is pressed, and the rest means nothing.
func TestClicks(t *testing.T) {
	for _, size := range []struct{ w, h int }{{80, 24}, {40, 12}} {
		var went []door.Way
		s := shown(door.New(true, true), "", func(w door.Way) { went = append(went, w) })
		s.Resize(size.w, size.h)
		for y, l := range strings.Split(s.View(), "\n") {
			for x := range size.w {
				before := len(went)
				do := s.Click(x, y)
				inside := x < paint.Width(l)
				switch {
				case !inside && do != way.Nothing:
					t.Fatalf("a click beside %q did something", l)
				case strings.Contains(l, "  e  profile") && inside && (len(went) == before || went[before] != door.Edit):
					t.Fatalf("a click on %q at %d opened %v", l, x, went[before:])
				case strings.Contains(l, "q quit") && x == strings.Index(l, "q quit")-4 && do != way.Quit: // the arrows take four bytes more than cells
					t.Fatalf("a click on q in %q: %d", l, do)
				}
			}
		}
		s = shown(door.New(true, true), "", nil)
		if s.Press(form.Key{Name: form.WheelDown}); s.at.At == door.Station {
			t.Error("the wheel does not turn")
		}
	}
}
