package form

import (
	"bytes"
	"flag"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

var _ = flag.Bool("update", false, "every test package below tui takes the flag; nothing is written here")

// typeIn gives a text to the form, key by key; '\t' and '\r' are the keys of that name.
func typeIn(f *Form, text string) (send bool) {
	for _, r := range text {
		k := Of(r)
		switch r {
		case '\t':
			k = Key{Name: Tab}
		case '\r':
			k = Key{Name: Enter}
		case '\x15':
			k = Key{Name: ClearLine}
		}
		_, send = f.Press(k)
	}
	return send
}

func TestAnswers(t *testing.T) {
	imei, _ := cred.ParseIMEI("352656100367872")
	del := flows.PlanWanted{Hand: flows.Hand{Op: flows.DeleteSlot}}
	for name, c := range map[string]struct {
		ask   flows.Ask
		event flows.Event // of the action
		typed string
		want  flows.Event // nil: Wrong must say why
	}{
		"files":                  {ask: flows.AskFiles, typed: "a.crt\ta.key", want: flows.AuthorityChosen{Cert: "a.crt", Key: "a.key"}},
		"files without a key":    {ask: flows.AskFiles, typed: "a.crt\t"},
		"new authority":          {ask: flows.AskNewAuth, typed: "ca\tCN=X,O=Y\t30\tpass word\tpass word", want: flows.AuthorityWanted{Dir: "ca", Subject: "CN=X,O=Y", Days: 30, Pass: 7}},
		"new authority in clear": {ask: flows.AskNewAuth, typed: "\x15ca\t\t\t\t"},
		"two passphrases":        {ask: flows.AskNewAuth, typed: "\t\t\tone\ttwo"},
		"no folder":              {ask: flows.AskNewAuth, typed: "\x15\t\t\tp\tp"},
		"no subject":             {ask: flows.AskNewAuth, typed: "\t\x15me"},
		"days out of range":      {ask: flows.AskNewAuth, typed: "\t\t\x1599999"},
		"passphrase":             {ask: flows.AskPassphrase, typed: " with spaces ", want: flows.PassphraseGiven{Pass: 7}},
		"a PIN that would show":  {ask: flows.AskFiles, typed: "a.crt\tpkcs11:token=a?pin-value=1234"},
		"a token":                {ask: flows.AskFiles, typed: "a.crt\tpkcs11:token=a", want: flows.AuthorityChosen{Cert: "a.crt", Key: "pkcs11:token=a"}},
		"no passphrase":          {ask: flows.AskPassphrase, typed: ""},
		"port":                   {ask: flows.AskPort, typed: "tcp://host:4000", want: flows.PortNamed{Name: "tcp://host:4000"}},
		"no port":                {ask: flows.AskPort, typed: " "},
		"sec_tag 0":              {ask: flows.AskSecTag, typed: "0", want: flows.SecTagChosen{SecTag: 0}},
		"sec_tag":                {ask: flows.AskSecTag, typed: "x42y", want: flows.SecTagChosen{SecTag: 42}},
		"reserved sec_tag":       {ask: flows.AskSecTag, typed: "2147483648"},
		"four digits":            {ask: flows.AskDigits, typed: "0078", want: flows.Confirmed{Last4: 78}},
		"a whole IMEI":           {ask: flows.AskDigits, typed: "352656100367872", want: flows.Confirmed{IMEI: imei}},
		"three digits":           {ask: flows.AskDigits, typed: "787"},
		"five digits":            {ask: flows.AskDigits, typed: "78722"},
		"url":                    {ask: flows.AskURL, typed: "LwM2M.example.eu", want: flows.ProbeWanted{URL: "coaps://lwm2m.example.eu:5684"}},
		"a whole url, pasted":    {ask: flows.AskURL, typed: "coaps://lwm2m.example.eu:5683", want: flows.ProbeWanted{URL: "coaps://lwm2m.example.eu:5683"}},
		"another scheme, pasted": {ask: flows.AskURL, typed: "http://lwm2m.example.eu"},
		"no url":                 {ask: flows.AskURL, typed: "host name"},
		"last eight":             {ask: flows.AskLast8, typed: "00FFee01", want: flows.AnchorCompared{Last8: 0x00ffee01}},
		"last seven":             {ask: flows.AskLast8, typed: "00ffee0"},
		"the whole digest":       {ask: flows.AskLast8, typed: strings.Repeat("a", 56) + "00ffee01", want: flows.AnchorCompared{Last8: 0x00ffee01}},
		"write a slot":           {ask: flows.AskSlot, typed: "42\troot-ca\tr.pem", want: flows.PlanWanted{Hand: flows.Hand{Op: flows.WriteSlot, Slot: cred.Slot{SecTag: 42, Kind: cred.RootCA}, File: "r.pem"}}},
		"write without a file":   {ask: flows.AskSlot, typed: "42\t0\t"},
		"write type 5":           {ask: flows.AskSlot, typed: "42\t5\tx"},
		"write no type":          {ask: flows.AskSlot, typed: "42\t\tx"},
		"delete a slot":          {ask: flows.AskSlot, event: del, typed: "42\t2", want: flows.PlanWanted{Hand: flows.Hand{Op: flows.DeleteSlot, Slot: cred.Slot{SecTag: 42, Kind: cred.ClientKey}}}},
		"path":                   {ask: flows.AskPath, typed: "", want: flows.ProfileSaveWanted{Path: "sectag.toml"}},
		"an anchor":              {ask: flows.AskAnchor, typed: "owner.pem", want: flows.AnchorChosen{Path: "owner.pem"}},
		"no anchor":              {ask: flows.AskAnchor, typed: ""},
		"no path":                {ask: flows.AskPath, typed: "\x15"},
	} {
		t.Run(name, func(t *testing.T) {
			f := Open(flows.Action{Ask: c.ask, Event: c.event}, flows.Facts{}, Before{})
			typeIn(f, c.typed)
			got := f.Answer(func([]byte) flows.Ref { return 7 })
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			if (f.Wrong == "") == (c.want == nil) {
				t.Errorf("wrong says %q", f.Wrong)
			}
		})
	}
}

func TestEveryAskHasAForm(t *testing.T) {
	for ask := flows.AskFiles; ask <= flows.AskAnchor; ask++ {
		f := Open(flows.Action{Ask: ask}, flows.Facts{}, Before{})
		if f == nil {
			t.Fatalf("nothing can be typed for ask %d", ask)
		}
		if f.Title == "" || len(f.Fields) == 0 {
			t.Errorf("the form of ask %d is empty", ask)
		}
	}
	if Open(flows.Action{}, flows.Facts{}, Before{}) != nil {
		t.Error("an action that asks for nothing has a form")
	}
}

func TestEnterGoesThroughTheFieldsAndThenSends(t *testing.T) {
	f := Open(flows.Action{Ask: flows.AskFiles}, flows.Facts{}, Before{})
	if typeIn(f, "a\r") || f.At != 1 {
		t.Errorf("enter in the first field must lead to the second, is at %d", f.At)
	}
	if !typeIn(f, "b\r") {
		t.Error("enter in the last field must send")
	}
	f.Press(Key{Name: BackTab})
	f.Press(Key{Name: BackTab})
	if f.At != 1 {
		t.Errorf("back tab goes round, is at %d", f.At)
	}
}

func TestASecretLeavesNothingBehind(t *testing.T) {
	const secret = "correct horse battery staple"
	f := Open(flows.Action{Ask: flows.AskPassphrase}, flows.Facts{}, Before{})
	typeIn(f, secret)
	buffer := f.Fields[0].text[:cap(f.Fields[0].text)]
	for _, printed := range []string{fmt.Sprintf("%v %+v %#v", f, f, f), f.Fields[0].Value(), strings.Join(f.Typed(), "")} {
		if strings.Contains(printed, secret) || strings.Contains(printed, fmt.Sprint([]byte(secret)[:6])) {
			t.Errorf("the passphrase can be printed: %.80q", printed)
		}
	}
	shown, _ := f.Fields[0].Shown(60)
	if strings.Trim(shown, "•") != "" || utf8.RuneCountInString(shown) != len(secret) {
		t.Errorf("it is shown as %q", shown)
	}
	var kept []byte
	f.Answer(func(b []byte) flows.Ref { kept = b; return 1 })
	if string(kept) != secret {
		t.Errorf("the keeper got %q", kept)
	}
	if !bytes.Equal(buffer, make([]byte, len(buffer))) {
		t.Error("the field still holds what was typed")
	}
	typeIn(f, "second try")
	f.Clear()
	if !bytes.Equal(buffer, make([]byte, len(buffer))) {
		t.Error("a closed form still holds what was typed")
	}
}

func TestDifferingPassphrasesAreNotKept(t *testing.T) {
	f := Open(flows.Action{Ask: flows.AskNewAuth}, flows.Facts{}, Before{})
	typeIn(f, "\t\t\tone\ttwo")
	f.Answer(func([]byte) flows.Ref { t.Error("a secret was handed over although the answer is wrong"); return 0 })
	if f.At != 4 || f.Fields[4].Len() != 0 {
		t.Errorf("the second one is to be typed again: at %d with %d characters", f.At, f.Fields[4].Len())
	}
}

func TestEditing(t *testing.T) {
	f := newField("x", 8, "")
	f.Insert("abc")
	press := func(ks ...Name) {
		for _, k := range ks {
			f.Press(Key{Name: k})
		}
	}
	press(Left, Left)
	f.Insert("é")
	press(Right, Delete)
	if f.Value() != "aéb" {
		t.Errorf("got %q", f.Value())
	}
	press(Home, Delete, End, Backspace, Backspace, Backspace, Left, Right)
	if f.Value() != "" {
		t.Errorf("got %q", f.Value())
	}
	f.Press(Key{Name: Pasted, Text: "one\r\ntwo\x1b[31m three"})
	if f.Value() != "onetwo[3" {
		t.Errorf("a paste is capped and holds no control characters, got %q", f.Value())
	}
	if f.Press(Key{Name: PageUp}) || f.Press(Key{Name: Up}) {
		t.Error("keys that mean nothing to the field must go on")
	}
}

func TestTypingReplacesAnOffer(t *testing.T) {
	f := newField("x", 9, "offer")
	f.Accept = func(r rune) bool { return r != '-' }
	f.Press(Of('-'))
	if f.Value() != "offer" {
		t.Errorf("a character that is not taken changed it to %q", f.Value())
	}
	f.Press(Of('a'))
	f.Press(Of('b'))
	if f.Value() != "ab" {
		t.Errorf("got %q", f.Value())
	}
	f.offer("offer")
	f.Press(Key{Name: End})
	f.Press(Of('s'))
	if f.Value() != "offers" {
		t.Errorf("an offer that was gone into is edited, got %q", f.Value())
	}
	f.offer("offer")
	f.Press(Key{Name: Pasted, Text: "p"})
	if f.Value() != "p" {
		t.Errorf("got %q", f.Value())
	}
}

func TestShownFollowsTheCursor(t *testing.T) {
	f := newField("x", 40, "")
	f.Insert("0123456789")
	if s, at := f.Shown(5); s != "6789" || at != 4 {
		t.Errorf("at the end: %q, %d", s, at)
	}
	f.Press(Key{Name: Home})
	if s, at := f.Shown(5); s != "01234" || at != 0 {
		t.Errorf("at the beginning: %q, %d", s, at)
	}
}

func facts() flows.Facts {
	return flows.Facts{
		Ports: []flows.PortFacts{
			{Name: "log0", Role: "log", Board: "DK"},
			{Name: "at0", Role: "at", Busy: true},
			{Name: "at1", Role: "at"},
			{Name: "x", Role: "unknown", Blocked: cred.Failed("port.denied", "no permission", "join dialout")},
		},
		Slots: []flows.SlotFacts{
			{SecTag: 42, Type: cred.RootCA},
			{SecTag: 42, Type: cred.ClientKey},
			{SecTag: 7, Type: cred.PSK},
			{SecTag: 4294967292, Type: cred.DeviceIDKey, Reserved: true},
		},
		Plan: []flows.PlanFacts{{Slot: cred.Slot{SecTag: 42}}},
	}
}

func TestPortsAreOffered(t *testing.T) {
	f := Open(flows.Action{Ask: flows.AskPort}, facts(), Before{})
	if f.value(0) != "at1" {
		t.Errorf("the free AT port is offered first, got %q", f.value(0))
	}
	f.Press(Key{Name: Up})
	f.Press(Key{Name: Up}) // the log port cannot be chosen
	if f.value(0) != "at0" {
		t.Errorf("up leads to %q", f.value(0))
	}
	f.Press(Key{Name: Down})
	f.Press(Key{Name: Down})
	f.Press(Key{Name: Down})
	if f.value(0) != "x" {
		t.Errorf("down leads to %q", f.value(0))
	}
	if f = Open(flows.Action{Ask: flows.AskPort}, facts(), Before{Port: "COM3"}); f.value(0) != "COM3" {
		t.Errorf("the port of the last run is offered first, got %q", f.value(0))
	}
	if n := PortNote(facts().Ports[3]); n != "no permission" {
		t.Errorf("note %q", n)
	}
}

func TestTagsAreOffered(t *testing.T) {
	f := Open(flows.Action{Ask: flows.AskSecTag}, facts(), Before{})
	want := []Choice{{Text: "42", Note: "root CA, client key"}, {Text: "7", Note: "PSK"}}
	if d := cmp.Diff(want, f.Fields[0].Choices); d != "" {
		t.Error(d)
	}
	if f.value(0) != "42" {
		t.Errorf("the planned tag is offered first, got %q", f.value(0))
	}
}

func TestRenewKeepsWhatWasTyped(t *testing.T) {
	a := flows.Action{Ask: flows.AskPort}
	f := Open(a, flows.Facts{}, Before{})
	if n := f.Renew(a, facts(), Before{}); n.value(0) != "at1" {
		t.Errorf("an untouched form takes the news, got %q", n.value(0))
	}
	typeIn(f, "COM9")
	n := f.Renew(a, facts(), Before{})
	if n.value(0) != "COM9" || len(n.Fields[0].Choices) != 4 {
		t.Errorf("got %q with %d choices", n.value(0), len(n.Fields[0].Choices))
	}
}

func TestWhatProvesLookingIsNotOfferedAgain(t *testing.T) {
	for _, ask := range []flows.Ask{flows.AskDigits, flows.AskLast8} {
		f := Open(flows.Action{Ask: ask}, flows.Facts{}, Before{})
		typeIn(f, "12345678")
		if f.Typed() != nil {
			t.Errorf("ask %d would be filled in by itself", ask)
		}
	}
	f := Open(flows.Action{Ask: flows.AskFiles}, flows.Facts{}, Before{Typed: map[flows.Ask][]string{flows.AskFiles: {"a", ""}}})
	if d := cmp.Diff([]string{"a", ""}, f.Typed()); d != "" {
		t.Error(d)
	}
}

func FuzzField(f *testing.F) {
	f.Add("héllo", 3, []byte{1, 8, 9, 10, 14, 15, 16})
	f.Fuzz(func(t *testing.T, text string, limit int, keys []byte) {
		limit = min(max(limit, 0), 64)
		x := newField("x", limit, text)
		for _, k := range keys {
			x.Press(Key{Name: Name(k) % (Other + 1), Char: rune(k), Text: text})
			if len(x.text) > limit || x.at > len(x.text) || !utf8.Valid(x.text) {
				t.Fatalf("%q with the cursor at %d", x.text, x.at)
			}
			if s, at := x.Shown(5); at < 0 || at > 5 || utf8.RuneCountInString(s) > 5 {
				t.Fatalf("shown %q, cursor %d", s, at)
			}
		}
	})
}
