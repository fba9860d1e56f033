package form

// Name names a key that is not a character.
type Name uint8

// The keys. A Char carries the character, a Pasted the text.
const (
	Char Name = iota
	Pasted
	Enter
	Esc
	Tab
	BackTab
	Up
	Down
	Left
	Right
	Home
	End
	PageUp
	PageDown
	Backspace
	Delete
	ClearLine // ctrl+u
	Interrupt // ctrl+c
	Files     // ctrl+o
	Other     // any key that means nothing here
)

// Key is a key press as screens see it: no type of the terminal library.
type Key struct {
	Name Name
	Char rune
	Text string // of a Pasted
}

// Of is the key press of a character.
func Of(r rune) Key { return Key{Char: r} }
