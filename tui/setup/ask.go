package setup

import (
	"strings"

	"example.org/sectag/flows/setup"
	"example.org/sectag/tui/form"
)

// Caps of what can be typed, in bytes.
const (
	maxName = 256
	maxPath = 1024
	maxList = 4096
)

// fieldOf is a field of a question.
type fieldOf struct {
	key     setup.Key // setup.Keys: none of the profile's
	label   string
	max     int
	path    bool
	digits  bool
	secret  bool
	offer   string // where there is no key
	choices []form.Choice
}

// question is what is asked together.
type question struct {
	title  string
	lines  []string
	fields []fieldOf
}

const none = setup.Key(setup.Keys)

var questions = [setup.Questions]question{
	setup.AskProduct: {"What is made here?", []string{"The name stands in every record. The life is how long a unit must be able to trust its server's root."}, []fieldOf{
		{key: setup.Product, label: "product", max: maxName}, {key: setup.Life, label: "life, such as 10y", max: 16},
	}},
	setup.AskStation: {"Which station is this?", []string{"Both stand in every record, for ten years: give a person's pseudonym."}, []fieldOf{
		{key: setup.Station, label: "station", max: maxName}, {key: setup.Operator, label: "operator", max: maxName},
	}},
	setup.AskSlot: {"What does a unit get, and where?", []string{"The sec_tag is the one that your firmware uses."}, []fieldOf{
		{key: setup.SecTag, label: "sec_tag", max: 10, digits: true},
		{key: setup.Mode, label: "mode", max: 16, choices: []form.Choice{{Text: "x509", Note: "a certificate and its key"}, {Text: "psk", Note: "a pre-shared key"}}},
		{key: setup.Origin, label: "key is made by", max: 16, choices: []form.Choice{
			{Text: "auto", Note: "the modem where it can, else this computer"}, {Text: "modem", Note: "the modem, or not at all"}, {Text: "host", Note: "this computer"},
		}},
	}},
	setup.AskAuthority: {"Which authority signs the units?", nil, []fieldOf{
		{key: none, label: "authority", max: 16, choices: []form.Choice{
			{Text: "load", Note: "there is one: its certificate and key"}, {Text: "make", Note: "make one now, in a folder"}, {Text: "later", Note: "none yet: nothing can be signed"},
		}},
	}},
	setup.AskFiles: {"Where are its certificate and key?", nil, []fieldOf{
		{key: setup.Cert, label: "certificate", max: maxPath, path: true}, {key: setup.AuthorityKey, label: "key", max: maxPath, path: true},
	}},
	setup.AskCreate: {"A new authority: root.crt and root.key", []string{
		"Guard the key and keep its passphrase apart from it: whoever has both can make units.",
		"This is the only thing that is written before the profile is, and it stays.",
	}, []fieldOf{
		{key: none, label: "folder", max: maxPath, offer: "authority"},
		{key: none, label: "subject", max: maxName, offer: "CN=Device Root"},
		{key: none, label: "passphrase", max: maxPath, secret: true},
		{key: none, label: "once more", max: maxPath, secret: true},
	}},
	setup.AskRecipients: {"Who may open the units' pre-shared keys?", []string{"age recipients, with commas between, or a file of them. Keep the identity away from the bench."}, []fieldOf{
		{key: setup.Recipients, label: "recipients", max: maxList, path: true},
	}},
	setup.AskServer: {"Which server do the units talk to?", []string{"Without one nothing is connected: a unit that reads back is PASS WRITTEN."}, []fieldOf{
		{key: setup.URL, label: "address", max: maxPath},
	}},
	setup.AskRoot: {"Which root do the units trust it by?", []string{
		"A file that the server's owner gave you. Left empty: the lab fetches it from the server and you compare its digest with the owner's; until then no unit can be written.",
	}, []fieldOf{{key: setup.Anchor, label: "root", max: maxList, path: true}}},
	setup.AskLedger: {"Where do the records go?", []string{"A file (sqlite:ledger.db), or a database that several stations share (postgres://…)."}, []fieldOf{
		{key: setup.Ledger, label: "ledger", max: maxPath},
	}},
	setup.AskStart: {"Who begins a unit at the station?", nil, []fieldOf{
		{key: setup.Start, label: "start", max: 16, choices: []form.Choice{
			{Text: "key", Note: "a person, by a key"}, {Text: "label", Note: "the label that was scanned is the unit's"}, {Text: "auto", Note: "nobody: whoever is plugged in"},
		}},
	}},
}

// ask opens the form of the question that the machine is at, filled with what is known.
func (s *Screens) ask() {
	if s.form != nil {
		s.form.Clear()
	}
	s.form, s.keys, s.list, s.page = nil, nil, nil, 0
	if s.m.At == setup.Review {
		s.check()
		return
	}
	q := questions[s.m.At]
	f := &form.Form{Title: q.title, Lines: q.lines}
	for _, spec := range q.fields {
		f.Fields = append(f.Fields, s.field(spec))
		s.keys = append(s.keys, spec.key)
	}
	s.form = f
	s.mark()
}

// field makes a field. Of choices, the one that stands there is the chosen one.
func (s *Screens) field(spec fieldOf) form.Field {
	text := spec.offer
	switch {
	case spec.key != none:
		text = s.draft[spec.key]
	case s.m.At == setup.AskAuthority:
		text = spec.choices[s.m.Whose].Text
	}
	f := form.Input(spec.label, spec.max, text)
	f.Path, f.Secret, f.Choices = spec.path, spec.secret, spec.choices
	if spec.digits {
		f.Accept = func(r rune) bool { return r >= '0' && r <= '9' }
	}
	for i, c := range spec.choices {
		if c.Text == text {
			f.Chosen = i + 1
		}
	}
	return f
}

// mark puts a sign at the keys that an edit has changed.
func (s *Screens) mark() {
	for i, k := range s.keys {
		label := questions[s.m.At].fields[i].label
		if s.m.Edit && k != none && s.draft[k] != s.first[k] {
			label += " *"
		}
		s.form.Fields[i].Label = label
	}
}

// take puts what was typed into the draft and has it judged.
func (s *Screens) take() {
	for i, k := range s.keys {
		if k != none {
			s.draft[k] = s.form.Fields[i].Value()
		}
	}
	s.check()
	s.mark()
}

// answer is what the form says: the event, and what is wrong with it at which field.
func (s *Screens) answer() (e setup.Answered, at int, wrong string) {
	f := s.form.Fields
	switch s.m.At {
	case setup.AskAuthority:
		return s.whose()
	case setup.AskCreate:
		at, wrong = create(f)
		return setup.Answered{Wrong: wrong != ""}, at, wrong
	case setup.AskFiles:
		for i, what := range []string{"the certificate", "the key"} {
			if f[i].Value() == "" {
				return setup.Answered{Wrong: true}, i, "give the path of " + what + ", or go back with esc"
			}
		}
	}
	for i, k := range s.keys {
		if r := s.paper.On(k); k != none && r != nil {
			return setup.Answered{Wrong: true}, i, r.Text + " → " + r.Hint
		}
	}
	return setup.Answered{PSK: s.draft[setup.Mode] == "psk"}, 0, ""
}

// whose reads which authority is meant. Who has none yet names no files.
func (s *Screens) whose() (setup.Answered, int, string) {
	for i, c := range questions[setup.AskAuthority].fields[0].choices {
		if c.Text == s.form.Fields[0].Value() {
			if setup.Whose(i) == setup.Later {
				s.draft[setup.Cert], s.draft[setup.AuthorityKey] = "", ""
			}
			return setup.Answered{Whose: setup.Whose(i)}, 0, ""
		}
	}
	return setup.Answered{Wrong: true}, 0, "answer load, make or later: ↑↓ go through them"
}

// create says what is wrong with the fields of a new authority.
func create(f []form.Field) (int, string) {
	switch {
	case f[0].Value() == "":
		return 0, "give a folder"
	case !strings.Contains(f[1].Value(), "="):
		return 1, "write the subject as CN=…,O=…,C=…"
	case f[2].Len() == 0:
		return 2, "the key is encrypted: give it a passphrase"
	case !f[2].Same(&f[3]):
		f[3].Clear()
		return 3, "the two passphrases differ: type the second again"
	}
	return 0, ""
}
