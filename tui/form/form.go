// Package form holds what a person is typing: the questions that an action may ask (flows.Ask), their fields, and how the
// answers become an event. A typed character never is one. A secret leaves its field only towards the bench's keeper and is
// overwritten here; the event carries the reference.
//
// Read field.go (one line of input), form.go (fields in order), asks.go (one question after the other, from its fields to its
// event), draw.go.
package form

import (
	"example.org/sectag/flows"
)

// Keeper takes a secret, clears the slice, and gives a reference for the event.
type Keeper func(secret []byte) flows.Ref

// Form is one open question.
type Form struct {
	Action  flows.Action
	Title   string // the question in one line
	Lines   []string
	Fields  []Field
	At      int    // the field that is being typed into
	Wrong   string // why the answer cannot be taken, in one line
	touched bool   // a person has begun to type
	answer  func(*Form, Keeper) (flows.Event, string)
}

// Press gives a key to the form. Taken is false for a key that the form has no use for; send is true when the answer is
// to be given.
func (f *Form) Press(k Key) (taken, send bool) {
	if f.Wrong != "" && k.Name != Enter {
		f.Wrong = ""
	}
	switch k.Name {
	case Tab:
		if x := &f.Fields[f.At]; x.Hints != nil {
			x.complete()
			f.touched = true
			return true, false
		}
		f.At = (f.At + 1) % len(f.Fields)
		return true, false
	case BackTab:
		f.At = (f.At + len(f.Fields) - 1) % len(f.Fields)
		return true, false
	case Enter:
		if f.At < len(f.Fields)-1 {
			f.At++
			return true, false
		}
		return true, true
	}
	taken = f.Fields[f.At].Press(k)
	f.touched = f.touched || taken
	return taken, false
}

// Answer makes the event of what was typed. When it cannot be made, Wrong says why, the field to look at is the current one,
// and the event is nil. Secrets are handed to the keeper only when everything else is right.
func (f *Form) Answer(keep Keeper) flows.Event {
	e, wrong := f.answer(f, keep)
	f.Wrong = wrong
	if wrong != "" {
		return nil
	}
	return e
}

// Typed is what was typed, to be offered again should the answer lead to a failure. Secrets are not in it, and neither is
// what a person must type each time anew because typing it is the proof of having looked.
func (f *Form) Typed() []string {
	switch f.Action.Ask {
	case flows.AskDigits, flows.AskLast8, flows.AskSend, flows.AskCommand:
		return nil
	}
	out := make([]string, len(f.Fields))
	for i := range f.Fields {
		out[i] = f.Fields[i].Value()
	}
	return out
}

// Renew brings an open form up to date with newer facts. What a person began to type stays.
func (f *Form) Renew(a flows.Action, facts flows.Facts, b Before) *Form {
	n := Open(a, facts, b)
	if !f.touched {
		f.Clear()
		n.At, n.Wrong = min(f.At, len(n.Fields)-1), f.Wrong
		return n
	}
	for i := range f.Fields {
		f.Fields[i].Choices = n.Fields[i].Choices
		f.Fields[i].Chosen = min(f.Fields[i].Chosen, len(f.Fields[i].Choices))
	}
	f.Action = a
	return f
}

// Fill puts a text that was chosen into the field that is typed into.
func (f *Form) Fill(text string) {
	f.Fields[f.At].Set(text)
	f.touched, f.Wrong = true, ""
}

// Hides tells whether a part of a secret stands in the field that is typed into.
func (f *Form) Hides() bool { return f.Fields[f.At].Secret && f.Fields[f.At].Len() > 0 }

// Clear overwrites what was typed.
func (f *Form) Clear() {
	for i := range f.Fields {
		f.Fields[i].Clear()
	}
}

// value is the text of the field with a label.
func (f *Form) value(i int) string { return f.Fields[i].Value() }

// at turns to a field and says what is wrong with it.
func (f *Form) at(i int, wrong string) (flows.Event, string) {
	f.At = i
	return nil, wrong
}
