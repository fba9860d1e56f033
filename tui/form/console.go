package form

import (
	"strconv"
	"strings"

	"example.org/sectag/flows"
)

// maxCommand is how long a command may be: what a unit's AT host takes at most, in bytes.
const maxCommand = 4096

// askCommand is the prompt: up and down go through the commands before, tab completes what is known. What is typed goes to the bench's
// keeper, for it may hold what must not be journaled.
func askCommand(_ flows.Action, _ flows.Facts, b Before) *Form {
	command := newField("AT command", maxCommand, "")
	command.Hints, command.Back = b.Commands, true
	for _, text := range b.History {
		command.Choices = append(command.Choices, Choice{Text: text})
	}
	return &Form{
		Title:  "A command for the modem",
		Fields: []Field{command},
		answer: func(f *Form, keep Keeper) (flows.Event, string) {
			if f.value(0) == "" {
				return f.at(0, "type a command, such as AT+CGMR")
			}
			return flows.CommandTyped{Text: keep(f.Fields[0].Take())}, ""
		},
	}
}

func askSend(_ flows.Action, f flows.Facts, _ Before) *Form {
	digits := newField("last four", maxDigits, "")
	digits.Accept = digit
	return &Form{
		Title:  f.Console.Held + " changes the unit. Type the last four digits of its IMEI to send it",
		Fields: []Field{digits},
		answer: func(f *Form, _ Keeper) (flows.Event, string) {
			n, err := strconv.ParseUint(f.value(0), 10, 16)
			if err != nil || len(f.value(0)) != 4 {
				return f.at(0, "four digits")
			}
			return flows.CommandConfirmed{Last4: uint16(n)}, ""
		},
	}
}

func askTranscript(flows.Action, flows.Facts, Before) *Form {
	return &Form{
		Title:  "Save the masked transcript in which new file?",
		Fields: []Field{newField("file", maxPath, "transcript.txt")},
		answer: func(f *Form, _ Keeper) (flows.Event, string) {
			if f.value(0) == "" {
				return f.at(0, "give a file name")
			}
			return flows.TranscriptWanted{Path: f.value(0)}, ""
		},
	}
}

// Aside tells of the questions that stand on the console's page and on no screen.
func Aside(a flows.Ask) bool {
	return a == flows.AskCommand || a == flows.AskSend || a == flows.AskTranscript
}

// Search asks for what is looked for in the transcript. It makes no event: Value of its field is the answer.
func Search(last string) *Form {
	text := newField("search", maxName, "")
	text.offer(last)
	return &Form{Title: "Look for this in the transcript", Fields: []Field{text}}
}

// matching are the offers that begin with what was typed, in whatever case.
func (f *Field) matching() (out []Choice) {
	typed := string(f.text)
	if typed == "" {
		return nil
	}
	for _, h := range f.Hints {
		if len(h.Text) >= len(typed) && strings.EqualFold(h.Text[:len(typed)], typed) {
			out = append(out, h)
		}
	}
	return out
}

// complete writes on as far as all offers that begin so agree.
func (f *Field) complete() {
	all := f.matching()
	if len(all) == 0 {
		return
	}
	text := all[0].Text
	for _, h := range all[1:] {
		for !strings.HasPrefix(h.Text, text) {
			text = text[:len(text)-1]
		}
	}
	f.Set(text)
}

// recall goes through the choices as through what was typed before: up is older, and down from the newest is an empty line.
func (f *Field) recall(step int) bool {
	to := f.Chosen + step
	switch {
	case to == 0:
		f.Clear()
	case to > 0 && to <= len(f.Choices):
		f.Set(f.Choices[to-1].Text)
		f.Chosen = to
	}
	return true
}
