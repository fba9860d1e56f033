package form

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Field is one line of input. What is typed lives in one buffer of a fixed size, so that Clear leaves no copy of a secret
// behind.
type Field struct {
	Label   string
	Secret  bool
	Path    bool            // a file is named here: a person may choose it from a list (package pick)
	Max     int             // bytes; more is not taken
	Accept  func(rune) bool // which characters are taken; nil takes all that can be printed
	Choices []Choice        // what up and down go through
	Chosen  int             // index into Choices plus one; 0 when the text was typed
	Back    bool            // Choices are what was typed before, the newest first
	Hints   []Choice        // what tab completes
	offered bool            // the text was only offered: typing replaces it
	text    []byte
	at      int // the cursor, a byte offset into text
}

// Choice is one offer of a field: Text goes into the field, Note is shown beside it. A Bar is shown and cannot be chosen.
type Choice struct {
	Text, Note string
	Bar        bool
}

// newField makes a field that offers a text.
func newField(label string, limit int, text string) Field {
	f := Field{Label: label, Max: limit, text: make([]byte, 0, limit)}
	f.offer(text)
	return f
}

// Input makes a field of at most so many bytes that offers a text.
func Input(label string, limit int, text string) Field { return newField(label, limit, text) }

// Insert types or pastes a text at the cursor. Characters that the field does not take are left out, and so is what is too long.
// It tells whether anything was taken.
func (f *Field) Insert(s string) bool {
	taken := false
	for _, r := range s {
		n := utf8.RuneLen(r)
		if !f.takes(r) || n < 0 || len(f.text)+n > f.Max {
			continue
		}
		f.text = f.text[:len(f.text)+n]
		copy(f.text[f.at+n:], f.text[f.at:])
		utf8.EncodeRune(f.text[f.at:f.at+n], r)
		f.at += n
		taken, f.Chosen = true, 0
	}
	return taken
}

// takes tells whether a character belongs into the field.
func (f *Field) takes(r rune) bool {
	return unicode.IsPrint(r) && r != utf8.RuneError && (f.Accept == nil || f.Accept(r))
}

// Press edits the field; false when the key is not for it.
func (f *Field) Press(k Key) bool {
	switch k.Name {
	case Char:
		return f.typed(string(k.Char)) || f.takes(k.Char)
	case Pasted:
		f.typed(k.Text)
	case Left:
		f.at = f.before()
	case Right:
		f.at = f.after()
	case Home:
		f.at = 0
	case End:
		f.at = len(f.text)
	case Backspace:
		f.cut(f.before(), f.at)
	case Delete:
		f.cut(f.at, f.after())
	case ClearLine:
		f.Clear()
	case Up, Down:
		step := map[Name]int{Up: -1, Down: 1}[k.Name]
		if f.Back {
			return f.recall(-step)
		}
		return f.choose(step)
	default:
		return false
	}
	f.offered = false
	return true
}

// typed inserts what a person typed; an offer goes with the first character that is taken.
func (f *Field) typed(s string) bool {
	if f.offered && strings.ContainsFunc(s, f.takes) {
		f.Clear()
	}
	return f.Insert(s)
}

func (f *Field) before() int {
	_, n := utf8.DecodeLastRune(f.text[:f.at])
	return f.at - n
}

func (f *Field) after() int {
	_, n := utf8.DecodeRune(f.text[f.at:])
	return f.at + n
}

func (f *Field) cut(from, to int) {
	copy(f.text[from:], f.text[to:])
	end := len(f.text) - (to - from)
	clear(f.text[end:])
	f.text, f.at, f.Chosen = f.text[:end], from, 0
}

// choose puts the next or previous choice into the field.
func (f *Field) choose(step int) bool {
	for i := f.Chosen - 1 + step; i >= 0 && i < len(f.Choices); i += step {
		if c := f.Choices[i]; !c.Bar {
			f.Set(c.Text)
			f.Chosen = i + 1
			return true
		}
	}
	return len(f.Choices) > 0
}

// Set replaces the text.
func (f *Field) Set(s string) {
	f.Clear()
	f.Insert(s)
}

// Clear empties the field and overwrites what was in it.
func (f *Field) Clear() {
	clear(f.text[:cap(f.text)])
	f.text, f.at, f.Chosen, f.offered = f.text[:0], 0, 0, false
}

// offer puts a text into the field that typing replaces.
func (f *Field) offer(s string) {
	f.Set(s)
	f.offered = s != ""
}

// String keeps what was typed out of every text that a field could be printed into.
func (f Field) String() string { return "field " + f.Label }

// GoString is String for %#v.
func (f Field) GoString() string { return f.String() }

// Len is how many characters were typed.
func (f *Field) Len() int { return utf8.RuneCount(f.text) }

// Value is the text without spaces around it. It is empty for a secret, which only Take gives out.
func (f *Field) Value() string {
	if f.Secret {
		return ""
	}
	return strings.TrimSpace(string(f.text))
}

// Take gives a copy of a secret to its keeper and empties the field.
func (f *Field) Take() []byte {
	out := append(make([]byte, 0, len(f.text)), f.text...)
	f.Clear()
	return out
}

// Same tells whether two secrets are equal.
func (f *Field) Same(g *Field) bool { return string(f.text) == string(g.text) }

// Shown is what stands on the screen, in w cells, and the cursor's place in it: a secret as dots, a long text by its end.
func (f *Field) Shown(w int) (text string, cursor int) {
	r, at := []rune(string(f.text)), utf8.RuneCount(f.text[:f.at])
	if f.Secret {
		r = []rune(strings.Repeat("•", len(r)))
	}
	from := max(0, min(at-w+1, len(r)-w+1))
	return string(r[from:min(from+w, len(r))]), at - from
}
