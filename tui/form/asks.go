package form

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/tui/words"
)

// Caps of what can be typed or pasted, in bytes.
const (
	maxPath   = 1024
	maxName   = 256
	maxSecret = 1024
	maxDigits = 15
	maxNumber = 10
	maxHex    = 64
)

// Before is what a form is filled with when it opens.
type Before struct {
	Port  string                 // the port of the last run
	Typed map[flows.Ask][]string // what was answered to the same question earlier in this run

	Commands []Choice // that are known, for the prompt
	History  []string // that were sent in this run, masked, the newest first
}

// Open makes the form of an action; nil when the action asks for nothing.
func Open(a flows.Action, f flows.Facts, b Before) *Form {
	makers := map[flows.Ask]func(flows.Action, flows.Facts, Before) *Form{
		flows.AskFiles: askFiles, flows.AskNewAuth: askNewAuth, flows.AskPassphrase: askPassphrase, flows.AskPort: askPort,
		flows.AskSecTag: askSecTag, flows.AskDigits: askDigits, flows.AskURL: askURL, flows.AskLast8: askLast8,
		flows.AskSlot: askSlot, flows.AskPath: askPath, flows.AskAnchor: askAnchor,
		flows.AskCommand: askCommand, flows.AskSend: askSend, flows.AskTranscript: askTranscript,
	}
	mk, ok := makers[a.Ask]
	if !ok {
		return nil
	}
	form := mk(a, f, b)
	form.Action = a
	for i, text := range b.Typed[a.Ask] {
		if text != "" && i < len(form.Fields) {
			form.Fields[i].offer(text)
		}
	}
	return form
}

func askFiles(_ flows.Action, f flows.Facts, _ Before) *Form {
	return &Form{
		Title:  "Which authority signs the units?",
		Fields: []Field{file("certificate", f.Authority.Cert), file("key", f.Authority.Key)},
		answer: func(f *Form, _ Keeper) (flows.Event, string) {
			for i, what := range []string{"the certificate", "the key"} {
				if f.value(i) == "" {
					return f.at(i, "give the path of "+what)
				}
			}
			if strings.Contains(f.value(1), "pin-value=") { // it would be journaled
				return f.at(1, "leave the PIN out of it: it is asked for")
			}
			return flows.AuthorityChosen{Cert: f.value(0), Key: f.value(1)}, ""
		},
	}
}

func askNewAuth(flows.Action, flows.Facts, Before) *Form {
	days := newField("days", maxNumber, "7300")
	days.Accept = digit
	pass, again := newField("passphrase", maxSecret, ""), newField("once more", maxSecret, "")
	pass.Secret, again.Secret = true, true
	return &Form{
		Title:  "A new authority: root.crt and root.key in a new folder",
		Lines:  []string{"Guard the key and keep its passphrase apart from it: whoever has both can make units."},
		Fields: []Field{newField("folder", maxPath, "authority"), newField("subject", maxName, "CN=Device Root"), days, pass, again},
		answer: newAuth,
	}
}

func newAuth(f *Form, keep Keeper) (flows.Event, string) {
	if f.value(0) == "" {
		return f.at(0, "give a folder")
	}
	if !strings.Contains(f.value(1), "=") {
		return f.at(1, "write the subject as CN=…,O=…,C=…")
	}
	days, err := strconv.Atoi(f.value(2))
	if err != nil || days < 1 || days > 36500 {
		return f.at(2, "days are from 1 to 36500")
	}
	if f.Fields[3].Len() == 0 {
		return f.at(3, "the key is encrypted: give it a passphrase")
	}
	if !f.Fields[3].Same(&f.Fields[4]) {
		f.Fields[4].Clear()
		return f.at(4, "the two passphrases differ")
	}
	e := flows.AuthorityWanted{Dir: f.value(0), Subject: f.value(1), Days: days, Pass: keep(f.Fields[3].Take())}
	f.Fields[4].Clear()
	return e, ""
}

func askPassphrase(_ flows.Action, f flows.Facts, _ Before) *Form {
	name, title := "passphrase", "The passphrase of "+orElse(f.Authority.Key, "the authority's key")
	if f.Authority.Protection == "pkcs11" {
		name, title = "PIN", "The PIN of the authority's token: wrong ones are counted"
	}
	pass := newField(name, maxSecret, "")
	pass.Secret = true
	return &Form{
		Title:  title,
		Fields: []Field{pass},
		answer: func(f *Form, keep Keeper) (flows.Event, string) {
			if f.Fields[0].Len() == 0 {
				return f.at(0, "the key opens with its "+name)
			}
			return flows.PassphraseGiven{Pass: keep(f.Fields[0].Take())}, ""
		},
	}
}

func askPort(_ flows.Action, f flows.Facts, b Before) *Form {
	port := newField("port", maxPath, orElse(f.Port, b.Port))
	for _, p := range f.Ports {
		c := Choice{Text: p.Name, Note: PortNote(p), Bar: slices.Contains([]string{"log", "trace", "mcuboot"}, p.Role)}
		port.Choices = append(port.Choices, c)
		if port.Len() == 0 && p.Role == "at" && !p.Busy && p.Blocked == nil {
			port.offer(p.Name)
		}
		if port.Value() == p.Name {
			port.Chosen = len(port.Choices)
		}
	}
	return &Form{
		Title:  "Which port is the modem on?",
		Fields: []Field{port},
		answer: func(f *Form, _ Keeper) (flows.Event, string) {
			if f.value(0) == "" {
				return f.at(0, "give a port: /dev/ttyACM0, COM3, tcp://host:port or sim:nrf9151")
			}
			return flows.PortNamed{Name: f.value(0)}, ""
		},
	}
}

// PortNote says what is known of a port, in a few words.
func PortNote(p flows.PortFacts) string {
	var out []string
	if p.Board != "" {
		out = append(out, p.Board)
	}
	switch p.Role {
	case "at":
		out = append(out, "AT commands")
	case "log":
		out = append(out, "log only")
	case "trace":
		out = append(out, "trace only")
	case "mcuboot":
		out = append(out, "waits for a firmware update")
	}
	if p.Busy {
		out = append(out, "busy")
	}
	if p.Blocked != nil {
		out = append(out, p.Blocked.Text)
	}
	return strings.Join(out, ", ")
}

func askSecTag(_ flows.Action, f flows.Facts, _ Before) *Form {
	tag := tagField(f)
	return &Form{
		Title:  "Which sec_tag does the firmware of this product use?",
		Lines:  []string{"The one that the application gives its socket. Up and down offer those in the modem; 0 is legal."},
		Fields: []Field{tag},
		answer: func(f *Form, _ Keeper) (flows.Event, string) {
			t, err := cred.ParseSecTag(f.value(0))
			if err != nil {
				return f.at(0, err.Error())
			}
			return flows.SecTagChosen{SecTag: t}, ""
		},
	}
}

// tagField offers the planned tag and the tags that the modem lists.
func tagField(f flows.Facts) Field {
	tag := newField("sec_tag", maxNumber, "")
	tag.Accept = digit
	add := func(t cred.SecTag, note string) {
		text := strconv.FormatUint(uint64(t), 10)
		for i, c := range tag.Choices {
			if c.Text == text {
				tag.Choices[i].Note += ", " + note
				return
			}
		}
		tag.Choices = append(tag.Choices, Choice{Text: text, Note: note})
	}
	for _, s := range f.Slots {
		if t := cred.SecTag(s.SecTag); !t.Reserved() && !s.Reserved {
			add(t, words.Kind(s.Type))
		}
	}
	if len(f.Plan) > 0 {
		tag.offer(strconv.FormatUint(uint64(f.Plan[0].Slot.SecTag), 10))
	}
	return tag
}

func askDigits(flows.Action, flows.Facts, Before) *Form {
	digits := newField("last four", maxDigits, "")
	digits.Accept = digit
	return &Form{
		Title:  "Type the last four digits of the IMEI to go on",
		Fields: []Field{digits},
		answer: func(f *Form, _ Keeper) (flows.Event, string) {
			text := f.value(0)
			switch len(text) {
			case 4:
				n, err := strconv.ParseUint(text, 10, 16)
				if err == nil {
					return flows.Confirmed{Last4: uint16(n)}, ""
				}
			case 15:
				if imei, err := cred.ParseIMEI(text); err == nil {
					return flows.Confirmed{IMEI: imei}, ""
				}
			}
			return f.at(0, "four digits, or all fifteen")
		},
	}
}

// scheme is how an address begins.
const scheme = "coaps://"

func askURL(_ flows.Action, f flows.Facts, _ Before) *Form {
	url := newField("address", maxName, "")
	url.Insert(scheme) // typing goes on from here
	if f.Probe != nil && f.Probe.URL != "" {
		url.offer(f.Probe.URL)
	}
	return &Form{
		Title:  "Which server do the units talk to?",
		Fields: []Field{url},
		answer: func(f *Form, _ Keeper) (flows.Event, string) {
			text := f.value(0)
			if rest, ok := strings.CutPrefix(text, scheme); ok && strings.Contains(rest, "://") {
				text = rest // a whole address was pasted behind what stood there
			}
			e, err := cred.ParseEndpoint(text)
			if err != nil {
				return f.at(0, err.Error())
			}
			return flows.ProbeWanted{URL: e.String()}, ""
		},
	}
}

func askLast8(flows.Action, flows.Facts, Before) *Form {
	hex := newField("last eight", maxHex, "")
	hex.Accept = func(r rune) bool { return strings.ContainsRune("0123456789abcdefABCDEF", r) }
	return &Form{
		Title:  "Type the last eight of the one compared",
		Fields: []Field{hex},
		answer: func(f *Form, _ Keeper) (flows.Event, string) {
			text := f.value(0)
			if len(text) != 8 && len(text) != maxHex {
				return f.at(0, fmt.Sprintf("eight characters, this has %d", len(text)))
			}
			n, err := strconv.ParseUint(text[len(text)-8:], 16, 32)
			if err != nil {
				return f.at(0, "the characters are 0 to 9 and a to f")
			}
			return flows.AnchorCompared{Last8: uint32(n)}, ""
		},
	}
}

func askSlot(a flows.Action, f flows.Facts, _ Before) *Form {
	kind := newField("type", maxName, "")
	for k := cred.RootCA; k.Writable(); k++ {
		kind.Choices = append(kind.Choices, Choice{Text: k.String(), Note: words.Kind(k)})
	}
	op := flows.WriteSlot
	if w, ok := a.Event.(flows.PlanWanted); ok {
		op = w.Hand.Op
	}
	form := &Form{
		Title:  "Delete one slot by hand",
		Fields: []Field{tagField(f), kind},
		answer: func(f *Form, _ Keeper) (flows.Event, string) { return slotAnswer(f, op) },
	}
	if op == flows.WriteSlot {
		form.Title = "Write one slot by hand"
		form.Fields = append(form.Fields, file("file", ""))
	}
	return form
}

func slotAnswer(f *Form, op flows.Op) (flows.Event, string) {
	tag, err := cred.ParseSecTag(f.value(0))
	if err != nil {
		return f.at(0, err.Error())
	}
	kind, err := cred.ParseKind(f.value(1))
	if err != nil {
		return f.at(1, err.Error())
	}
	hand := flows.Hand{Op: op, Slot: cred.Slot{SecTag: tag, Kind: kind}}
	if op == flows.WriteSlot {
		if !kind.Writable() {
			return f.at(1, "sectag writes the types 0 to 4")
		}
		if hand.File = f.value(2); hand.File == "" {
			return f.at(2, "give the file with the content")
		}
	}
	return flows.PlanWanted{Hand: hand}, ""
}

func askPath(flows.Action, flows.Facts, Before) *Form {
	return &Form{
		Title:  "Save what was settled by hand as a profile?",
		Fields: []Field{newField("file", maxPath, "sectag.toml")},
		answer: func(f *Form, _ Keeper) (flows.Event, string) {
			if f.value(0) == "" {
				return f.at(0, "give a file name")
			}
			return flows.ProfileSaveWanted{Path: f.value(0)}, ""
		},
	}
}

func askAnchor(flows.Action, flows.Facts, Before) *Form {
	return &Form{
		Title:  "The root that the server's owner gave you",
		Fields: []Field{file("PEM file", "")},
		answer: func(f *Form, _ Keeper) (flows.Event, string) {
			if f.value(0) == "" {
				return f.at(0, "give the path of a PEM file")
			}
			return flows.AnchorChosen{Path: f.value(0)}, ""
		},
	}
}

// file is a field that names one.
func file(label, text string) Field {
	f := newField(label, maxPath, text)
	f.Path = true
	return f
}

func digit(r rune) bool { return r >= '0' && r <= '9' }

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
