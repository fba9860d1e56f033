package form

import (
	"testing"

	"example.org/sectag/flows"
)

// prompt is an open prompt with three known commands and two that were sent.
func prompt() *Form {
	return Open(flows.Action{Ask: flows.AskCommand}, flows.Facts{}, Before{
		Commands: []Choice{{Text: "AT%CMNG=1"}, {Text: "AT+CGMM"}, {Text: "AT+CGMR"}}, History: []string{"AT+NEW", "AT+OLD"},
	})
}

func TestTabCompletesAsFarAsAllAgree(t *testing.T) {
	for typed, want := range map[string]string{"at+": "AT+CGM", "at+cgmr": "AT+CGMR", "AT%": "AT%CMNG=1", "x": "x", "": "", "AT+CGMRxx": "AT+CGMRxx", "ä": "ä"} {
		f := prompt()
		f.Fields[0].Insert(typed)
		if _, send := f.Press(Key{Name: Tab}); send || f.Fields[0].Value() != want {
			t.Errorf("%q becomes %q, want %q", typed, f.Fields[0].Value(), want)
		}
	}
}

func TestUpIsOlderAndDownFromTheNewestIsEmpty(t *testing.T) {
	f := prompt()
	for i, step := range []struct {
		key  Name
		want string
	}{{Down, ""}, {Up, "AT+NEW"}, {Up, "AT+OLD"}, {Up, "AT+OLD"}, {Down, "AT+NEW"}, {Down, ""}, {Up, "AT+NEW"}} {
		if f.Press(Key{Name: step.key}); f.Fields[0].Value() != step.want {
			t.Errorf("step %d shows %q, want %q", i, f.Fields[0].Value(), step.want)
		}
	}
}

func TestACommandsTextIsKeptAndTheDigitsAreFour(t *testing.T) {
	f, kept := prompt(), ""
	keep := func(b []byte) flows.Ref { kept = string(b); return 7 }
	if f.Answer(keep) != nil || f.Wrong == "" {
		t.Error("nothing is a command")
	}
	f.Fields[0].Insert("AT+CGMR")
	if e := f.Answer(keep); e != (flows.CommandTyped{Text: 7}) || kept != "AT+CGMR" || f.Fields[0].Len() != 0 || f.Typed() != nil {
		t.Errorf("%#v, %q is kept", e, kept)
	}
	send := Open(flows.Action{Ask: flows.AskSend}, flows.Facts{Console: flows.ConsoleFacts{Held: "AT+CFUN=0"}}, Before{})
	for text, want := range map[string]flows.Event{"787": nil, "78720": nil, "0072": flows.CommandConfirmed{Last4: 72}, "7872": flows.CommandConfirmed{Last4: 7872}} {
		send.Fields[0].Set(text)
		if e := send.Answer(keep); e != want {
			t.Errorf("%q: %#v", text, e)
		}
	}
	save := Open(flows.Action{Ask: flows.AskTranscript}, flows.Facts{}, Before{})
	if e := save.Answer(keep); e != (flows.TranscriptWanted{Path: "transcript.txt"}) {
		t.Errorf("%#v", e)
	}
	save.Fields[0].Clear()
	if save.Answer(keep) != nil {
		t.Error("nothing is a file's name")
	}
}
