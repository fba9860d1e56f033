package setup

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"example.org/sectag/bench/profile"
	"example.org/sectag/ca"
	"example.org/sectag/flows/setup"
)

var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, file string, edit bool) *Desk {
	t.Helper()
	d, err := Open(file, edit, noon, func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// told waits for an answer.
func told(ask func(func(setup.Told))) setup.Told {
	c := make(chan setup.Told, 1)
	ask(func(a setup.Told) { c <- a })
	return <-c
}

// judged waits for a judgement.
func judged(d *Desk, draft setup.Draft) setup.Paper {
	c := make(chan setup.Paper, 1)
	d.Check(draft, func(p setup.Paper) { c <- p })
	return <-c
}

// From nothing: an authority is made, the draft becomes a file, and the strict reader takes it.
func TestFromNothingToAProfile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "sectag.toml")
	d := open(t, file, false)
	draft := d.Draft()
	draft[setup.Product], draft[setup.SecTag] = "tracker-2", "42"
	pass := []byte("correct horse battery")
	ref := d.Keep(pass)
	if !bytes.Equal(pass, make([]byte, len(pass))) {
		t.Error("the passphrase was left with the caller")
	}
	made := told(func(f func(setup.Told)) { d.Make("authority", "CN=Root", ref, f) })
	if made.Fault != nil || made.Event != (setup.Made{}) || made.Cert != "authority/root.crt" || made.Key != "authority/root.key" {
		t.Fatalf("%+v", made)
	}
	draft[setup.Cert], draft[setup.AuthorityKey] = made.Cert, made.Key
	paper := judged(d, draft)
	if len(paper.Refusals) > 0 || len(paper.Changes) > 0 || paper.Replaces != "" || strings.Contains(paper.Text, "correct horse") {
		t.Fatalf("%+v", paper)
	}
	if a := told(func(f func(setup.Told)) { d.Save(draft, false, f) }); a.Fault != nil || a.Event != (setup.Saved{}) {
		t.Fatalf("%+v", a)
	}
	p, err := profile.Load(file)
	if err != nil || p.Product != "tracker-2" || !p.Signs() || p.Slots[0].SecTag != 42 {
		t.Errorf("%+v, %v", p, err)
	}
	if src, err := os.ReadFile(file); err != nil || string(src) != paper.Text {
		t.Errorf("written is not what was shown: %v\n%s", err, src)
	}
	again := told(func(f func(setup.Told)) { d.Make("authority", "CN=Root", d.Keep([]byte("another one here")), f) })
	if again.Fault == nil || again.Fault.Code != "ca.exists" || again.Event != (setup.Made{Failed: true}) {
		t.Errorf("a second authority in the same place: %+v", again)
	}
	if a := told(func(f func(setup.Told)) { d.Save(draft, false, f) }); a.Fault == nil || a.Fault.Code != "config.file" {
		t.Errorf("an existing file was written over: %+v", a)
	}
}

// What is wrong is said at its key, with what to write instead, as the reader and those who will read the files say it.
func TestWhatIsWrongIsSaidAtItsKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := open(t, filepath.Join(dir, "sectag.toml"), false)
	write(t, filepath.Join(dir, "not-a.crt"), "hello\n")
	one, err := ca.Init(ca.InitOptions{Dir: filepath.Join(dir, "one"), Subject: "CN=One", Plaintext: true, Clock: ca.Clock{Now: noon}})
	if err != nil {
		t.Fatal(err)
	}
	good := d.Draft()
	good[setup.SecTag] = "0"
	if p := judged(d, good); len(p.Refusals) > 0 {
		t.Fatalf("%+v", p.Refusals)
	}
	for _, c := range []struct {
		key   setup.Key
		value string
		also  map[setup.Key]string
	}{
		{setup.Life, "ten years", nil},
		{setup.Start, "soon", nil},
		{setup.Cert, "nowhere.crt", nil},
		{setup.Cert, "not-a.crt", nil},
		{setup.AuthorityKey, "not-a.crt", map[setup.Key]string{setup.Cert: one.Cert}},
		{setup.Origin, "moon", nil},
		{setup.SecTag, "", nil},
		{setup.SecTag, "007", nil},
		{setup.SecTag, "4294967290", nil},
		{setup.Mode, "password", nil},
		{setup.Anchor, "not-a.crt", nil},
		{setup.Anchor, "nowhere.pem", nil},
		{setup.Recipients, "age1x", map[setup.Key]string{setup.Mode: "psk"}},
		{setup.Recipients, "", map[setup.Key]string{setup.Mode: "psk"}},
		{setup.URL, "http://x", nil},
		{setup.Ledger, "floppy:", nil},
		{setup.Ledger, "sqlite:nowhere/ledger.db", nil},
	} {
		draft := good
		for k, v := range c.also {
			draft[k] = v
		}
		draft[c.key] = c.value
		p := judged(d, draft)
		r := p.On(c.key)
		if r == nil || r.Text == "" || r.Hint == "" || strings.Contains(r.Text, "sectag.toml:") || strings.Contains(r.Text, "\n") {
			t.Errorf("%s = %q: %+v", c.key, c.value, p.Refusals)
		}
		if a := told(func(f func(setup.Told)) { d.Save(draft, false, f) }); a.Fault == nil {
			t.Errorf("%s = %q was saved", c.key, c.value)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "sectag.toml")); !os.IsNotExist(err) {
		t.Errorf("something was written: %v", err)
	}
}

// An edit begins with the file's values, tells what changes, keeps the comments, and never writes over another's work.
func TestAnEdit(t *testing.T) {
	t.Parallel()
	file := write(t, filepath.Join(t.TempDir(), "sectag.toml"), "# ours\n[product]\nname = \"x\" # a name\n[[slot]]\nsec_tag = 3\nmode = \"x509\"\n")
	d := open(t, file, true)
	draft := d.Draft()
	if draft[setup.Product] != "x" || draft[setup.SecTag] != "3" || draft[setup.Ledger] != "" {
		t.Fatalf("%q", draft)
	}
	if p := judged(d, draft); len(p.Changes) > 0 || p.Text != d.old {
		t.Errorf("untouched it differs: %+v", p)
	}
	draft[setup.Product] = "y"
	p := judged(d, draft)
	if len(p.Changes) != 1 || p.Changes[0] != (setup.Change{Key: setup.Product, Was: "x", Now: "y"}) || p.Lost || p.Replaces != "" ||
		p.Text != strings.Replace(d.old, `"x"`, `"y"`, 1) {
		t.Errorf("%+v", p)
	}
	write(t, file, "[product]\n")
	if a := told(func(f func(setup.Told)) { d.Save(draft, true, f) }); a.Fault == nil || !strings.Contains(a.Fault.Text, "meanwhile") {
		t.Errorf("another's work was written over: %+v", a)
	}
	write(t, file, d.old)
	if a := told(func(f func(setup.Told)) { d.Save(draft, true, f) }); a.Fault != nil {
		t.Errorf("%+v", a)
	}
	if src, err := os.ReadFile(file); err != nil || string(src) != p.Text {
		t.Errorf("%v\n%s", err, src)
	}
	if n := open(t, file, false); !n.Exists() || !strings.Contains(judged(n, n.Draft()).Replaces, `product "y"`) {
		t.Error("a new profile does not say what it would replace")
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none.toml"), true, noon, time.Now); err == nil {
		t.Error("a file that is not there is edited")
	}
}

// A profile that several stations share by a link stays one file, and a private one stays private.
func TestALinkedProfileIsChangedWhereItIs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	real, link := write(t, filepath.Join(dir, "shared.toml"), "[product]\nname = \"x\"\n\n[[slot]]\nsec_tag = 42\n"), filepath.Join(dir, "sectag.toml")
	if runtime.GOOS == "windows" {
		link = real // a link takes a right there that not everybody has
	} else if err := os.Symlink(filepath.Base(real), link); err != nil {
		t.Fatal(err)
	}
	d := open(t, link, true)
	draft := d.Draft()
	draft[setup.Product], draft[setup.Mode] = "y", "x509"
	text := judged(d, draft).Text
	if a := told(func(f func(setup.Told)) { d.Save(draft, true, f) }); a.Fault != nil {
		t.Fatal(a.Fault)
	}
	if src, err := os.ReadFile(real); err != nil || string(src) != text || !strings.Contains(text, `"y"`) {
		t.Errorf("the file that the link leads to has\n%s, %v", src, err)
	}
	if st, err := os.Lstat(link); err != nil || runtime.GOOS != "windows" && st.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", st, err)
	}
	if st, err := os.Stat(real); err != nil || runtime.GOOS != "windows" && st.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v now, %v", st.Mode(), err)
	}
}

// A file whose name a field would not take whole is not offered: another one would be named.
func TestAFileThatCannotBeTypedIsNotChosen(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		return // has no such names
	}
	dir := t.TempDir()
	names := []string{"root\x1b[2J.pem", "root\u202egp.pem", "root.pem ", "root\xff.pem", "root\n.pem"}
	for _, n := range names {
		write(t, filepath.Join(dir, n), "")
	}
	write(t, filepath.Join(dir, "root.pem"), "")
	f := List(dir, dir)
	for _, e := range f.Entries {
		if (e.Barred == "") != (e.Name == "root.pem") {
			t.Errorf("%q is barred for %q", e.Name, e.Barred)
		}
	}
	if len(f.Entries) != len(names)+1 {
		t.Errorf("%d entries", len(f.Entries))
	}
}

func TestAFolderIsListed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "b.pem"), "12345")
	write(t, filepath.Join(dir, "A.pem"), "")
	write(t, filepath.Join(dir, ".hidden"), "")
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	links := runtime.GOOS != "windows"
	if links {
		if err := os.Symlink("nowhere", filepath.Join(dir, "lost")); err != nil {
			t.Fatal(err)
		}
	}
	f := open(t, filepath.Join(dir, "sectag.toml"), false).List(".")
	var names []string
	for _, e := range f.Entries {
		names = append(names, e.Name)
		if e.Path != e.Name {
			t.Errorf("%s is called %s", e.Name, e.Path)
		}
		if (e.Name == "lost") != (e.Barred != "") || e.Folder != (e.Name == "sub") || e.Name == "b.pem" && e.Size != 5 {
			t.Errorf("%+v", e)
		}
	}
	want := "sub .hidden A.pem b.pem"
	if links {
		want += " lost"
	}
	if f.Fault != nil || f.Path != dir || strings.Join(names, " ") != want {
		t.Errorf("%v: %v", names, f.Fault)
	}
	if none := List(dir, filepath.Join(dir, "gone")); none.Fault == nil || none.Fault.Hint == "" {
		t.Errorf("%+v", none)
	}
}
