package setup

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/setup"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/way"
)

// desk is a bench without a bench: it refuses what a test says, and answers when a test lets it.
type desk struct {
	refuses map[string]setup.Refusal // by what was typed
	paper   setup.Paper              // what else it says
	was     setup.Draft
	tell    func(setup.Told)
	made    []string // folder, subject
	kept    []string
	saved   *setup.Draft
	replace bool
	slow    *[]func() // judgements that a test lets come; nil: each comes at once
}

func (d *desk) Check(draft setup.Draft, tell func(setup.Paper)) {
	if d.slow != nil {
		*d.slow = append(*d.slow, func() { tell(d.judge(draft)) })
		return
	}
	tell(d.judge(draft))
}

func (d *desk) judge(draft setup.Draft) setup.Paper {
	p := d.paper
	p.Text = "# What a unit of this product must hold.\n"
	for k, v := range draft {
		if r, bad := d.refuses[v]; bad && r.Key == setup.Key(k) {
			p.Refusals = append(p.Refusals, r)
		}
		if v != "" {
			p.Text += fmt.Sprintf("%s = %q\n", setup.Key(k), v)
		}
		if d.was != (setup.Draft{}) && d.was[k] != v {
			p.Changes = append(p.Changes, setup.Change{Key: setup.Key(k), Was: d.was[k], Now: v})
		}
	}
	return p
}

func (d *desk) List(dir string) setup.Folder {
	return setup.Folder{Path: "/home/bench/acme", Entries: []setup.Entry{
		{Name: "authority", Folder: true},
		{Name: "old", Folder: true, Barred: "may not be read"},
		{Name: ".secret", Path: ".secret", Size: 3},
		{Name: "owner-root.pem", Path: "owner-root.pem", Size: 737},
		{Name: "root.crt", Path: "root.crt", Size: 571},
	}}
}

func (d *desk) Keep(secret []byte) flows.Ref {
	d.kept = append(d.kept, string(secret))
	clear(secret)
	return flows.Ref(len(d.kept))
}

func (d *desk) Make(dir, subject string, _ flows.Ref, tell func(setup.Told)) {
	d.made, d.tell = []string{dir, subject}, tell
}

func (d *desk) Save(draft setup.Draft, replace bool, tell func(setup.Told)) {
	d.saved, d.replace, d.tell = &draft, replace, tell
}

// run is a person before the questions.
type run struct {
	t     *testing.T
	desk  *desk
	s     *Screens
	act   way.Act
	note  string
	wrote bool
}

var badLife = setup.Refusal{Key: setup.Life, Text: `"ten" is no span of time`, Hint: `write years or days, such as "10y" or "3650d"`}

func begin(t *testing.T, m setup.Setup, d setup.Draft) *run {
	r := &run{t: t, desk: &desk{refuses: map[string]setup.Refusal{
		"ten":         badLife,
		"nowhere.pem": {Key: setup.Anchor, Text: "the trust anchor nowhere.pem cannot be read", Hint: "fetch it with sectag probe URL --anchor-out nowhere.pem"},
	}}}
	if m.Edit {
		r.desk.was = d
	}
	r.s = New(r.desk, m, d, Options{File: "sectag.toml", Palette: paint.Palette{Bare: true}, Over: func(note string, written bool) { r.note, r.wrote = note, written }})
	r.settle()
	return r
}

// fresh is somebody who has nothing yet.
func fresh(t *testing.T) *run {
	var d setup.Draft
	d[setup.Mode], d[setup.Origin], d[setup.Start], d[setup.Ledger] = "x509", "auto", "key", "sqlite:ledger.db"
	return begin(t, setup.New(false, false, false), d)
}

var (
	enter = form.Key{Name: form.Enter}
	esc   = form.Key{Name: form.Esc}
	tab   = form.Key{Name: form.Tab}
	files = form.Key{Name: form.Files}
)

// press gives keys: a string is typed.
func (r *run) press(keys ...any) *run {
	for _, k := range keys {
		switch k := k.(type) {
		case form.Key:
			r.act = r.s.Press(k)
			r.settle()
		case string:
			for _, c := range k {
				r.act = r.s.Press(form.Of(c))
				r.settle()
			}
		}
	}
	return r
}

// settle takes in what the bench has said.
func (r *run) settle() {
	for {
		select {
		case <-r.s.Wake():
			if act := r.s.Come(time.Time{}); act != way.Nothing {
				r.act = act
			}
		default:
			return
		}
	}
}

// answers lets the bench answer.
func (r *run) answers(told setup.Told) *run {
	r.t.Helper()
	if r.desk.tell == nil {
		r.t.Fatal("the bench was not asked")
	}
	r.desk.tell(told)
	<-r.s.Wake()
	r.act = r.s.Come(time.Time{})
	r.settle()
	return r
}

// sees looks for texts on the screen.
func (r *run) sees(texts ...string) *run {
	r.t.Helper()
	view := r.s.View()
	for _, x := range texts {
		if !strings.Contains(view, x) {
			r.t.Errorf("%q is not on the screen:\n%s", x, view)
		}
	}
	return r
}

// toTheAuthority answers the first questions.
func toTheAuthority(t *testing.T) *run {
	return fresh(t).press("tracker-2", enter, "10y", enter, "3", enter, "ak", enter, "42", enter, enter, enter)
}

// made answers up to an authority that was made.
func made(t *testing.T) *run {
	return toTheAuthority(t).press(enter, enter, enter, "open sesame", enter, "open sesame", enter).
		answers(setup.Told{Event: setup.Made{}, Cert: "authority/root.crt", Key: "authority/root.key"})
}

// toTheEnd answers all of them.
func toTheEnd(t *testing.T) *run {
	return made(t).press("coaps://lwm2m.acme.eu", enter, "owner-root.pem", enter, enter, enter)
}

func TestFromTheFirstQuestionToTheFile(t *testing.T) {
	r := toTheEnd(t)
	if want := []string{"authority", "CN=Device Root"}; !slices.Equal(r.desk.made, want) || !slices.Equal(r.desk.kept, []string{"open sesame"}) {
		t.Errorf("made %v with %v", r.desk.made, r.desk.kept)
	}
	r.sees("10 of 10", "product.name = ", "enter write")
	if r.desk.saved != nil {
		t.Fatal("something was written that nobody asked for")
	}
	r.press(enter).sees("writing sectag.toml")
	if r.press("x", enter, esc); r.desk.saved == nil || r.desk.replace || r.act != way.Nothing {
		t.Errorf("saved %v, replaced %t, left %d", r.desk.saved, r.desk.replace, r.act)
	}
	r.answers(setup.Told{Event: setup.Saved{}})
	if r.act != way.Home || !r.wrote || r.note != "profile saved: sectag.toml" {
		t.Errorf("left %d, written %t, %q", r.act, r.wrote, r.note)
	}
	want := setup.Draft{"tracker-2", "10y", "3", "ak", "key", "authority/root.crt", "authority/root.key", "auto", "42", "x509", "owner-root.pem", "", "coaps://lwm2m.acme.eu", "sqlite:ledger.db"}
	if *r.desk.saved != want {
		t.Errorf("saved %q", *r.desk.saved)
	}
}

func TestWhatIsWrongIsSaidWhileItIsTypedAndHoldsTheAnswer(t *testing.T) {
	r := fresh(t).press("x", tab, "ten").sees("not yet: "+badLife.Text, badLife.Hint, "1 of 10")
	r.press(enter).sees("✗ "+badLife.Text, "1 of 10")
	r.press("d").press(form.Key{Name: form.ClearLine}, "10y", enter).sees("2 of 10")
	r = toTheAuthority(t).press(form.Key{Name: form.ClearLine}, "mine", enter).sees("answer load, make or later")
	r.press(form.Key{Name: form.ClearLine}, "load", enter, enter, enter).sees("give the path of the certificate")
	r = toTheAuthority(t).press(enter, enter, enter, "one", enter, "two", enter).sees("differ")
	if r.desk.made != nil || r.desk.kept != nil {
		t.Error("an authority was made with two passphrases")
	}
	r.press(form.Key{Name: form.ClearLine}, "one", enter).sees("making the authority").
		answers(setup.Told{Event: setup.Made{Failed: true}, Fault: cred.Failed("ca.exists", "there is an authority", "name another folder")}).
		sees("ca.exists", "name another folder", "▸ passphrase")
}

func TestEscGoesBackAndNothingIsLost(t *testing.T) {
	r := toTheEnd(t)
	for range 9 {
		r.press(esc)
	}
	r.sees("1 of 10", "tracker-2", "10y")
	r.press(esc)
	if r.act != way.Home || r.wrote || !strings.Contains(r.note, "authority/root.crt") || r.desk.saved != nil {
		t.Errorf("left %d, written %t, %q", r.act, r.wrote, r.note)
	}
	if r := fresh(t).press(form.Key{Name: form.Interrupt}); r.act != way.Quit || r.note != "no profile was written" {
		t.Errorf("ctrl+c: %d, %q", r.act, r.note)
	}
}

func TestAFileThatIsThereIsReplacedOnlyWhenThatIsSaid(t *testing.T) {
	r := toTheEnd(t)
	r.s.m.Exists, r.desk.paper.Replaces = true, `sectag.toml: the profile of product "old", station "1", 7 lines. They are gone then.`
	r.s.ask()
	r.settle()
	r.sees(`r replaces sectag.toml: the profile of product "old"`, "r replace")
	if r.press(enter).sees("r replaces it"); r.desk.saved != nil {
		t.Error("enter replaced it")
	}
	if r.press("r"); r.desk.saved == nil || !r.desk.replace {
		t.Error("r did not")
	}
	r.answers(setup.Told{Event: setup.Saved{Failed: true}, Fault: cred.Failed("config.file", "it was changed meanwhile", "begin again")})
	if r.sees("it was changed meanwhile", "begin again"); r.act != way.Nothing || r.wrote {
		t.Error("a failure is told as written")
	}
}

// TestASlowDiskHoldsNoKey: while a judgement does not come, keys are taken, enter waits for the judgement of what is typed by then, and
// what was typed after it comes after it.
func TestASlowDiskHoldsNoKey(t *testing.T) {
	r := fresh(t)
	var slow []func()
	r.desk.slow = &slow
	comes := func() {
		t.Helper()
		if len(slow) != 1 {
			t.Fatalf("%d judgements under way, want 1", len(slow))
		}
		now := slow[0]
		slow = nil
		now()
		r.settle()
	}
	r.press("x", tab, "ten", enter, form.Key{Name: form.ClearLine}, "10y", enter, "3").sees("1 of 10", "life, such as 10y  ten", "reading what the profile names")
	if sp := r.s.Speech(); !sp.Works || !sp.Holds {
		t.Error("waiting is not said to be work")
	}
	comes() // of "x" alone
	r.sees("1 of 10", "reading")
	comes() // of "ten": it is wrong, and typed anew
	comes() // of what the line is cleared to
	r.sees("1 of 10", "10y", "reading")
	comes() // of "10y"
	r.sees("2 of 10", "station ", "▸ station   3")
	r.press(enter, enter, "typed ahead", esc)
	comes()
	if r.sees("2 of 10"); strings.Contains(r.s.View(), "reading") || len(r.s.judge.ahead) > 0 {
		t.Error("esc does not give up the waiting")
	}
	if r.press(enter, form.Key{Name: form.Interrupt}); r.act != way.Quit {
		t.Error("ctrl+c waits for the disk")
	}
}

func edited(t *testing.T) *run {
	d := setup.Draft{"tracker-2", "10y", "3", "ak", "", "root.crt", "root.key", "", "42", "x509", "owner-root.pem", "", "coaps://lwm2m.acme.eu:5684", "sqlite:ledger.db"}
	return begin(t, setup.New(true, true, false), d)
}

func TestAnEditMarksWhatChanges(t *testing.T) {
	r := edited(t).press(tab, "12y").sees("life, such as 10y *", "product  ")
	r.desk.paper.Lost, r.desk.paper.Slots = true, 2
	r.press(enter, enter, enter).sees("the first of 2 sec_tags")
	for range 10 {
		r.press(enter)
	}
	r.sees("* product.life: 10y → 12y", "1 change", "comments of the file are lost", "enter write")
	if r.press(enter); r.desk.saved == nil || !r.desk.replace {
		t.Error("an edit is written in the place of the file")
	}
}

func TestTheListOfFiles(t *testing.T) {
	r := toTheAuthority(t).press("x", form.Key{Name: form.ClearLine}, "load", enter, files).sees("/home/bench/acme", "owner-root.pem", "737 B", "may not be read")
	if strings.Contains(r.s.View(), ".secret") {
		t.Error("a hidden file is shown")
	}
	r.press("CRT", enter).sees("▸ certificate  root.crt", "ctrl+o files")
	r.press(files, esc).sees("▸ certificate  root.crt")
	if r := fresh(t).press(files); r.s.list != nil {
		t.Error("a list for a field that takes no path")
	}
}

// TestASecretIsNowhere but with the bench's keeper.
func TestASecretIsNowhere(t *testing.T) {
	r := toTheAuthority(t).press(enter, enter, enter, "open sesame", enter, "open sesame")
	if strings.Contains(r.s.View(), "sesame") || strings.Contains(fmt.Sprintf("%+v", r.s.form), "sesame") {
		t.Error("the passphrase can be seen")
	}
	fields := r.s.form.Fields
	r.press(enter)
	if fields[2].Len()+fields[3].Len() > 0 {
		t.Error("the fields still hold it")
	}
	r = toTheAuthority(t).press(enter, enter, enter, "open sesame")
	fields = r.s.form.Fields
	if r.s.Close(); fields[2].Len() > 0 {
		t.Error("a closed form still holds it")
	}
}

// TestWhoSeesNoWindowIsToldTheSame: each question with what it offers, a secret as one, and the file.
func TestWhoSeesNoWindowIsToldTheSame(t *testing.T) {
	said := func(r *run) string { return strings.Join(r.s.Speech().Lines, "\n") }
	r := fresh(t)
	if sp := r.s.Speech(); sp.Asks != "product" || sp.Secret || sp.Works || !strings.Contains(said(r), "question 1 of 10") {
		t.Errorf("%+v", sp)
	}
	if r.press("x", enter, "ten", enter); !strings.Contains(said(r), badLife.Hint) {
		t.Errorf("what is wrong is not said: %s", said(r))
	}
	r = toTheAuthority(t)
	if !strings.Contains(said(r), "authority later: none yet") || !strings.Contains(said(r), "is make: an empty line keeps it") {
		t.Errorf("the choices are not said: %s", said(r))
	}
	if sp := r.press(enter, enter, enter, "open sesame").s.Speech(); !sp.Secret || sp.Asks != "passphrase" || strings.Contains(said(r), "sesame") {
		t.Errorf("a secret is said: %+v", sp)
	}
	r = toTheEnd(t)
	if sp := r.s.Speech(); sp.Asks != "" || !slices.Contains(sp.Keys, "enter write") || !strings.Contains(said(r), `product.name = "tracker-2"`) {
		t.Errorf("%+v", sp)
	}
	if r.press(enter); !r.s.Speech().Works {
		t.Error("writing is not said to be work")
	}
}

// TestClicks: a key of the lower edge, a row of the list; the wheel turns the review.
func TestClicks(t *testing.T) {
	r := toTheAuthority(t).press(form.Key{Name: form.ClearLine}, "load", enter)
	click := func(text string) {
		for y, l := range strings.Split(r.s.View(), "\n") {
			if i := strings.Index(l, text); i >= 0 {
				r.act = r.s.Click(paint.Width(l[:i]), y)
				return
			}
		}
		t.Fatalf("%q is not on the screen:\n%s", text, r.s.View())
	}
	click("files")
	r.sees("owner-root.pem")
	click("root.crt")
	r.sees("▸ certificate  root.crt")
	click("esc back")
	r.sees("▸ authority")
	if r.s.Click(0, 0) != way.Nothing || r.s.Click(500, 500) != way.Nothing || r.s.Click(-1, -1) != way.Nothing {
		t.Error("a click on nothing did something")
	}
	r = toTheEnd(t)
	r.s.Resize(40, 12)
	before := r.s.View()
	if r.press(form.Key{Name: form.WheelDown}); r.s.View() == before {
		t.Error("the wheel does not turn the file")
	}
	if r.press(form.Key{Name: form.WheelUp}); r.s.View() != before {
		t.Error("nor back")
	}
}
