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
	WheelUp   // of a mouse
	WheelDown
	Other // any key that means nothing here
)

// Key is a key press as screens see it: no type of the terminal library.
type Key struct {
	Name Name
	Char rune
	Text string // of a Pasted
}

// Of is the key press of a character.
func Of(r rune) Key { return Key{Char: r} }

// Named is the key of a name as the foot of a window has it; false for what is none.
func Named(name string) (Key, bool) {
	names := map[string]Name{
		"enter": Enter, "esc": Esc, "tab": Tab, "ctrl+o": Files, "ctrl+c": Interrupt, "page up/down": PageDown, "↑↓": Down, "←→": Right, "←": Left,
	}
	if n, is := names[name]; is {
		return Key{Name: n}, true
	}
	if r := []rune(name); len(r) == 1 {
		return Of(r[0]), true
	}
	return Key{}, false
}

// Step is how many lines a turn of the wheel scrolls: three up or down, 0 for any other key.
func (k Key) Step() int {
	switch k.Name {
	case WheelUp:
		return -3
	case WheelDown:
		return 3
	}
	return 0
}
