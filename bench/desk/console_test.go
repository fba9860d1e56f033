package desk_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

// types lets a person type a command, for a unit that was named or, with 0, for none.
func types[A flows.Event](w *worker, command string, named cred.IMEI) A {
	w.t.Helper()
	return does[A](w, flows.UnitScreen, flows.AskModem{Text: w.desk.Keep([]byte(command)), IMEI: named})
}

// slots is how many slots the modem lists.
func slots(w *worker) int {
	w.t.Helper()
	return strings.Count(string(types[flows.ModemAnswered](w, "AT%CMNG=1", 0).Doc), `%CMNG: `)
}

func TestACommandOfAPersonsOwn(t *testing.T) {
	w, _ := ready(t, t.TempDir(), "sim:nrf9151")
	unit := does[flows.Identified](w, flows.UnitScreen, flows.Identify{}).IMEI
	if a := types[flows.ModemAnswered](w, "AT+CGSN=1", 0); !a.OK || !strings.Contains(string(a.Doc), unit.String()) {
		t.Errorf("%+v", a)
	}
	if a := types[flows.ModemAnswered](w, "AT%CMNG=2,4711,0", 0); a.OK || !strings.Contains(string(a.Doc), `"CME 513"`) {
		t.Errorf("a refusal is an answer: %+v", a)
	}
	before := slots(w)
	for _, c := range []string{"AT+CFUN=1", "AT%KEYGEN=4711,2,0", "AT%CMNG=3,42,0", "at + cfun=1"} {
		h := types[flows.CommandHeld](w, c, 0)
		if !strings.Contains(strings.ReplaceAll(strings.ToUpper(string(h.Doc)), " ", ""), strings.ReplaceAll(strings.ToUpper(c), " ", "")) {
			t.Errorf("%s is held as %s", c, h.Doc)
		}
	}
	if a := types[flows.ModemAnswered](w, "AT+CFUN?", 0); strings.Contains(string(a.Doc), "+CFUN: 1") || slots(w) != before {
		t.Errorf("a command that is held was sent: %s", a.Doc)
	}
	h := types[flows.CommandHeld](w, "AT%KEYGEN=4711,2,0", 0)
	if a := does[flows.ModemAnswered](w, flows.UnitScreen, flows.AskModem{Text: h.Text, IMEI: unit}); !a.OK || slots(w) != before+1 {
		t.Errorf("the command was not sent to the unit that was named: %+v", a)
	}
	if f := does[flows.Failed](w, flows.UnitScreen, flows.AskModem{Text: h.Text, IMEI: unit}); f.Code != "usage.flag" {
		t.Errorf("it can be sent twice: %+v", f)
	}
}

func TestWhatIsNeverSentFromThePrompt(t *testing.T) {
	w, _ := ready(t, t.TempDir(), "sim:nrf9151")
	unit := does[flows.Identified](w, flows.UnitScreen, flows.Identify{}).IMEI
	before := slots(w)
	for command, code := range map[string]string{
		`AT%CMNG=0,4711,3,"00112233445566778899aabbccddeeff"`: "usage.secret-argument",
		`AT%KEYINJECT="aaaa.bbbb"`:                            "usage.secret-argument",
		`AT+CPIN="1234"`:                                      "usage.secret-argument",
		"AT%CMNG=3,4294967294,6":                              "store.reserved",
		"":                                                    "usage.flag",
		"AT%CMNG=0,\"":                                        "usage.secret-argument",
	} {
		f := types[flows.Failed](w, command, unit)
		if f.Code != code || f.Hint == "" || strings.Contains(f.Text+f.Hint, "00112233") {
			t.Errorf("%q: %+v", command, f)
		}
	}
	if slots(w) != before {
		t.Error("one of them was sent")
	}
}

// TestAnotherBoardGetsNoCommand: the unit is asked who it is before it is changed, and the session with the wrong one is over.
func TestAnotherBoardGetsNoCommand(t *testing.T) {
	w, _ := ready(t, t.TempDir(), "sim:nrf9151")
	before := slots(w)
	if f := types[flows.Failed](w, "AT%KEYGEN=4711,2,0", 352656100367880); f.Code != "store.swapped" {
		t.Fatalf("%+v", f)
	}
	if l := types[flows.Lost](w, "AT", 0); l.Code != "port.lost" {
		t.Errorf("%+v", l)
	}
	does[flows.Identified](w, flows.UnitScreen, flows.Identify{})
	if slots(w) != before {
		t.Error("the command was sent")
	}
}

// TestAPlanAfterACommandReadsTheSlotsAnew: what was listed with the identity is not so any more.
func TestAPlanAfterACommandReadsTheSlotsAnew(t *testing.T) {
	w, _ := ready(t, t.TempDir(), "sim:nrf9151")
	unit := does[flows.Identified](w, flows.UnitScreen, flows.Identify{}).IMEI
	types[flows.ModemAnswered](w, "AT%KEYGEN=42,2,0", unit)
	if p := does[flows.Planned](w, flows.CredentialsScreen, flows.MakePlan{SecTag: 42, Chosen: true}); !strings.Contains(string(p.Doc), `"sec_tag":42`) {
		t.Errorf("the plan does not know of the key: %s", p.Doc)
	}
}

func TestTheTranscriptIsSavedOnceMaskedAndForItsOwner(t *testing.T) {
	dir := t.TempDir()
	w := newWorker(t, dir, "sim:nrf9151")
	file := filepath.Join(dir, "lab.txt")
	if f := does[flows.Failed](w, flows.UnitScreen, flows.SaveTranscript{Path: file}); f.Code != "usage.flag" {
		t.Errorf("nothing was saved as something: %+v", f)
	}
	does[flows.Identified](w, flows.UnitScreen, flows.Identify{})
	types[flows.ModemAnswered](w, "AT+CGMR", 0)
	if s := does[flows.TranscriptSaved](w, flows.UnitScreen, flows.SaveTranscript{Path: " " + file}); s.Path != file {
		t.Errorf("saved as %q", s.Path)
	}
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), " > AT+CGMR\n") || !strings.Contains(string(text), "Z < mfw_nrf91x1") {
		t.Errorf("%v:\n%s", err, text)
	}
	if st, err := os.Stat(file); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", st.Mode(), err)
	}
	for _, path := range []string{file, "", filepath.Join(dir, "none", "lab.txt")} {
		if f := does[flows.Failed](w, flows.UnitScreen, flows.SaveTranscript{Path: path}); f.Hint == "" {
			t.Errorf("%q: %+v", path, f)
		}
	}
	if again, err := os.ReadFile(file); err != nil || string(again) != string(text) {
		t.Errorf("the file was written again: %v", err)
	}
}
