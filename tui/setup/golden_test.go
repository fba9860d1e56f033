package setup

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/cred"
	"example.org/sectag/flows/search"
	"example.org/sectag/flows/setup"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/paint"
)

var update = flag.Bool("update", false, "write the golden frames and the pictures in docs anew")

// pictures are the states that the docs show, in the order of the questions.
var pictures = []struct {
	name, title, text string
	show              func(t *testing.T) *run
}{
	{"product", "The first question", "What is wrong is said while it is typed, with what to write instead.", func(t *testing.T) *run { return fresh(t).press("tracker-2", tab, "ten") }},
	{"station", "The station", "`esc` goes one question back; nothing that was typed is lost.", func(t *testing.T) *run { return fresh(t).press("tracker-2", enter, "10y", enter, "3", tab, "ak") }},
	{"slot", "What a unit gets", "The mode decides whether an authority is asked for, or who may open the pre-shared keys.", func(t *testing.T) *run {
		return fresh(t).press("tracker-2", enter, enter, enter, enter, "42", tab)
	}},
	{"authority", "The authority", "One that is there, a new one, or none yet.", toTheAuthority},
	{"create", "A new authority", "The passphrase is masked and goes straight to the bench's memory.", func(t *testing.T) *run {
		return toTheAuthority(t).press(enter, tab, tab, "open sesame", tab, "open")
	}},
	{"exists", "It cannot be made", "Why, and what to do.", func(t *testing.T) *run {
		return toTheAuthority(t).press(enter, enter, enter, "open sesame", enter, "open sesame", enter).
			answers(setup.Told{Event: setup.Made{Failed: true}, Fault: cred.Failed("ca.exists", "there is an authority in authority already", "name another folder, or load that one")})
	}},
	{"files", "The files of an authority", "`ctrl+o` at a field that names a file lists the folder.", func(t *testing.T) *run {
		return toTheAuthority(t).press(form.Key{Name: form.ClearLine}, "load", enter)
	}},
	{"list", "The list of files", "Letters narrow it, `enter` goes into folders and chooses, `←` goes up. Hidden files come when a dot is typed.", func(t *testing.T) *run {
		return toTheAuthority(t).press(form.Key{Name: form.ClearLine}, "load", enter, files, form.Key{Name: form.Down}, form.Key{Name: form.Down})
	}},
	{"recipients", "Pre-shared keys", "Instead of an authority: who may open them.", func(t *testing.T) *run {
		return fresh(t).press("tracker-2", enter, enter, enter, enter, "42", enter, form.Key{Name: form.Down}, enter, enter)
	}},
	{"server", "The server", "What was made before the end is said: the authority.", made},
	{"root", "Its root", "A file of the server's owner, or left for the lab, where the root is fetched and its digest compared.", func(t *testing.T) *run {
		return made(t).press("coaps://lwm2m.acme.eu", enter, "nowhere.pem", enter)
	}},
	{"ledger", "The ledger", "A file, or a database.", func(t *testing.T) *run { return made(t).press(enter, enter) }},
	{"start", "Who begins", "The rule of the station.", func(t *testing.T) *run { return made(t).press(enter, enter, enter) }},
	{"review", "The file before it is written", "What is left open is said. Nothing was written until here but the authority.", func(t *testing.T) *run {
		return made(t).press("coaps://lwm2m.acme.eu", enter, enter, enter, enter)
	}},
	{"replace", "A file is there", "What would be replaced is said, and a key of its own does it.", func(t *testing.T) *run {
		r := toTheEnd(t)
		r.s.m.Exists, r.desk.paper.Replaces = true, `sectag.toml: the profile of product "tracker-1", station "3", 31 lines. They are gone then.`
		r.s.ask()
		return r.press(enter)
	}},
	{"edit", "The profile's values", "The same questions with the values of the file. What was changed is marked.", func(t *testing.T) *run { return edited(t).press(tab, "12y") }},
	{"edit-review", "The changes", "What changes, and the file. Its comments are kept where it can be changed line by line.", func(t *testing.T) *run {
		r := edited(t).press(tab, "12y")
		for range 13 {
			r.press(enter)
		}
		return r
	}},
}

func (r *run) view(p paint.Palette, w, h int) string {
	r.s.Palette = p
	r.s.Resize(w, h)
	return r.s.View()
}

// TestGoldenFrames compares frames at the sizes and palettes that terminals have.
func TestGoldenFrames(t *testing.T) {
	for _, p := range pictures {
		t.Run(p.name, func(t *testing.T) {
			var b strings.Builder
			bare := paint.Palette{Bare: true}
			r := p.show(t)
			for _, f := range []struct {
				name    string
				palette paint.Palette
				w, h    int
			}{{"40x12", bare, 40, 12}, {"200x60", bare, 200, 60}, {"80x24, colours", paint.Palette{}, 80, 24}, {"80x24, ASCII", paint.Palette{Bare: true, ASCII: true}, 80, 24}} {
				view := strings.NewReplacer("\x1b[0m", "⟧", "\x1b[", "⟦").Replace(r.view(f.palette, f.w, f.h))
				fmt.Fprintf(&b, "=== %s\n%s\n", f.name, view)
			}
			golden(t, filepath.Join("testdata", "frames", p.name+".txt"), b.String())
		})
	}
}

// TestPicturesInDocs keeps the pictures in docs as the program draws them.
func TestPicturesInDocs(t *testing.T) {
	var page strings.Builder
	page.WriteString("# Set-up, and the profile's values\n\nThese pictures are drawn by the program itself, at 80x24, from its real machine; `make golden` writes them anew\n" +
		"and a test fails when they are stale. [profile.md](profile.md) says what each key means.\n")
	folder := filepath.Join("..", "..", "docs", "screens", "setup")
	for _, p := range pictures {
		view := p.show(t).view(paint.Palette{Bare: true}, 80, 24) + "\n"
		golden(t, filepath.Join(folder, p.name+".txt"), view)
		fmt.Fprintf(&page, "\n## %s\n\n%s\n\n```text\n%s```\n", p.title, p.text, view)
	}
	golden(t, filepath.Join("..", "..", "docs", "screens-setup.md"), page.String())
	all, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil || len(all) != len(pictures) {
		t.Errorf("docs/screens/setup holds %d pictures, there are %d: %v", len(all), len(pictures), err)
	}
}

// golden compares a text with a file, or writes it.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), got); d != "" {
		t.Errorf("%s is stale, make golden writes it anew (-it +the program):\n%s", file, d)
	}
}

// states are all that the machine can be in.
func states(t *testing.T) []setup.Setup {
	t.Helper()
	starts := []setup.Setup{setup.New(false, false, false), setup.New(true, false, false), setup.New(true, true, true)}
	g, err := search.Search(starts, func(m setup.Setup, edge func(search.Edge[setup.Setup])) {
		for _, e := range []setup.Event{
			setup.Answered{},
			setup.Answered{PSK: true},
			setup.Answered{Whose: setup.Make},
			setup.BackWanted{},
			setup.WriteWanted{Replace: true},
			setup.Made{},
			setup.Made{Failed: true},
			setup.Saved{},
			setup.Saved{Failed: true},
		} {
			to, _, _ := m.Step(e)
			edge(search.Edge[setup.Setup]{To: to})
		}
	}, nil, 10000)
	if err != nil {
		t.Fatal(err)
	}
	return g.States
}

// TestEveryStateFits draws all states, with the worst that the bench can say, at three sizes.
func TestEveryStateFits(t *testing.T) {
	long := strings.Repeat("a long reason that goes on ", 12)
	for _, size := range []struct{ w, h int }{{80, 24}, {40, 12}, {200, 60}} {
		r := edited(t)
		r.s.Resize(size.w, size.h)
		for _, m := range states(t) {
			for _, worst := range []bool{false, true} {
				r.s.m, r.s.fault, r.s.note = m, nil, ""
				r.desk.paper = setup.Paper{}
				if worst {
					r.s.note, r.s.fault = long, &faultShown{long, long}
					r.desk.paper = setup.Paper{Lost: true, Replaces: long, Slots: 4}
				}
				r.s.ask()
				r.settle()
				view := r.s.View()
				fits(t, view, size.w, size.h)
				if m.Phase != setup.Asking {
					continue
				}
				if want := questions[m.At].title; !worst && m.At != setup.Review && !strings.Contains(squeezed(view), squeezed(want)) {
					t.Errorf("%+v at %dx%d does not show its question:\n%s", m, size.w, size.h, view)
				}
				if !strings.Contains(view, "esc") || !strings.Contains(view, "of") {
					t.Errorf("%+v at %dx%d shows no keys or no place:\n%s", m, size.w, size.h, view)
				}
			}
		}
	}
}

func squeezed(s string) string { return strings.Join(strings.Fields(s), "") }

func fits(t *testing.T, view string, w, h int) {
	t.Helper()
	lines := strings.Split(view, "\n")
	if len(lines) > h {
		t.Errorf("%d lines in %d:\n%s", len(lines), h, view)
	}
	for _, l := range lines {
		if paint.Width(l) > w {
			t.Errorf("%d cells in %d: %s", paint.Width(l), w, l)
		}
	}
}
