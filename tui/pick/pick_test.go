package pick

import (
	"fmt"
	"path"
	"strings"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/flows/setup"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/paint"
)

// tree is a file system of three folders, and one that is closed.
func tree(dir string) setup.Folder {
	dir = path.Clean(dir)
	f := setup.Folder{Path: dir}
	add := func(name string, folder bool) {
		f.Entries = append(f.Entries, setup.Entry{Name: name, Path: path.Join(dir, name), Folder: folder, Size: 12_345})
	}
	switch dir {
	case "/":
		add("home", true)
	case "/home":
		add("acme", true)
		add("closed", true)
		add("other", true)
	case "/home/acme":
		add("keys", true)
		add(".hidden", false)
		add("b.pem", false)
		add("Root.crt", false)
		f.Entries = append(f.Entries, setup.Entry{Name: "socket", Barred: "no file"})
	case "/home/many":
		for i := range 500 {
			add(fmt.Sprintf("file-%03d", i), false)
		}
		f.More = 7
	default:
		f.Fault = cred.Failed("config.file", "the folder "+dir+" cannot be listed", "go up with ..")
	}
	return f
}

func press(p *Pick, keys ...any) (path string, done bool) {
	for _, k := range keys {
		switch k := k.(type) {
		case form.Name:
			path, done = p.Press(form.Key{Name: k})
		case string:
			for _, r := range k {
				path, done = p.Press(form.Of(r))
			}
		}
	}
	return path, done
}

func drawn(p *Pick, w, h int) string { return paint.Palette{Bare: true}.Frame(p.Draw(w, h), w, h) }

func TestWhereKeysLead(t *testing.T) {
	for name, c := range map[string]struct {
		keys []any
		path string
		done bool
		sees string
	}{
		"esc closes":                     {[]any{form.Esc}, "", true, ""},
		"ctrl+o closes":                  {[]any{form.Files}, "", true, ""},
		"letters narrow, in any case":    {[]any{"ROOT", form.Enter}, "/home/acme/Root.crt", true, ""},
		"a folder is gone into":          {[]any{"..", form.Enter}, "", false, "▸ acme/"},
		"left goes up, twice":            {[]any{form.Left, form.Left}, "", false, "▸ home/"},
		"and in again":                   {[]any{form.Left, form.Enter, "b.p", form.Enter}, "/home/acme/b.pem", true, ""},
		"a closed folder is told":        {[]any{form.Left, "clo", form.Enter}, "", false, "/home\n"},
		"what is no file is not taken":   {[]any{"sock", form.Enter}, "", false, "no file"},
		"a dot shows hidden files":       {[]any{".hid", form.Enter}, "/home/acme/.hidden", true, ""},
		"backspace widens":               {[]any{"zzz", form.Backspace, form.Backspace, form.Backspace}, "", false, "b.pem"},
		"nothing is called so":           {[]any{"zzz", form.Enter}, "", false, "0 of 0"},
		"right never takes a file":       {[]any{"b.p", form.Right}, "", false, "b.pem"},
		"the first stands at the way up": {[]any{form.Down, form.Up, form.Enter}, "", false, "▸ acme/"},
	} {
		p := Open(tree, "/home/acme")
		got, done := press(p, c.keys...)
		if got != c.path || done != c.done || !strings.Contains(drawn(p, 60, 12), c.sees) {
			t.Errorf("%s: %q, %t, %q\n%s", name, got, done, p.Note(), drawn(p, 60, 12))
		}
	}
	p := Open(tree, "/home")
	if press(p, "clo", form.Enter); !strings.Contains(p.Note(), "cannot be listed") {
		t.Errorf("a closed folder is told as %q", p.Note())
	}
	if p = Open(tree, "/gone"); !strings.Contains(p.Note(), "cannot be listed") {
		t.Errorf("a folder that is not there is told as %q", p.Note())
	}
	if strings.Contains(drawn(Open(tree, "/home/acme"), 60, 12), "hidden") {
		t.Error("hidden files are shown")
	}
}

// TestALongListIsWindowed: what is stood at is always seen, at each place of a long list.
func TestALongListIsWindowed(t *testing.T) {
	for _, size := range []struct{ w, h int }{{79, 18}, {39, 8}, {199, 54}, {10, 3}} {
		p := Open(tree, "/home/many")
		for i := range 501 {
			view := drawn(p, size.w, size.h)
			if lines := strings.Split(view, "\n"); len(lines) > size.h || !strings.Contains(strings.Join(lines[2:], "\n"), "▸ ") {
				t.Fatalf("at %d of %dx%d:\n%s", i, size.w, size.h, view)
			}
			press(p, form.Down)
		}
		if press(p, form.Home); !strings.Contains(drawn(p, 79, 18), "1 of 501, 7 more are not listed") {
			t.Errorf("\n%s", drawn(p, 79, 18))
		}
		if press(p, form.End, form.PageUp, form.PageDown); !strings.Contains(drawn(p, 79, 18), "501 of 501") {
			t.Errorf("\n%s", drawn(p, 79, 18))
		}
	}
}

func FuzzPick(f *testing.F) {
	f.Add([]byte{1, 2, 3, '.', 'a', 9})
	f.Fuzz(func(t *testing.T, keys []byte) {
		p := Open(tree, "/home/acme")
		for _, k := range keys {
			if k < byte(form.Other) {
				p.Press(form.Key{Name: form.Name(k)})
			} else {
				p.Press(form.Of(rune(k)))
			}
			if v := drawn(p, 40, 8); len(strings.Split(v, "\n")) > 8 {
				t.Fatal(v)
			}
		}
	})
}
