package tui

import (
	tea "github.com/charmbracelet/bubbletea"

	"example.org/sectag/tui/form"
)

// maxPaste is how many characters of a paste are looked at; no field takes more.
const maxPaste = 4096

var named = map[tea.KeyType]form.Name{
	tea.KeyEnter: form.Enter, tea.KeyEsc: form.Esc, tea.KeyTab: form.Tab, tea.KeyShiftTab: form.BackTab,
	tea.KeyUp: form.Up, tea.KeyDown: form.Down, tea.KeyLeft: form.Left, tea.KeyRight: form.Right,
	tea.KeyHome: form.Home, tea.KeyEnd: form.End, tea.KeyCtrlA: form.Home, tea.KeyCtrlE: form.End,
	tea.KeyPgUp: form.PageUp, tea.KeyPgDown: form.PageDown,
	tea.KeyBackspace: form.Backspace, tea.KeyDelete: form.Delete, tea.KeyCtrlU: form.ClearLine, tea.KeyCtrlC: form.Interrupt,
	tea.KeyCtrlO: form.Files,
}

// keysOf translates the library's key message. A paste is one key, never a command. A slow line may bring several characters in
// one message: each is a key of its own.
func keysOf(m tea.KeyMsg) []form.Key {
	if m.Paste {
		return []form.Key{{Name: form.Pasted, Text: string(m.Runes[:min(len(m.Runes), maxPaste)])}}
	}
	if m.Type == tea.KeyRunes || m.Type == tea.KeySpace {
		if m.Alt {
			return []form.Key{{Name: form.Other}}
		}
		var out []form.Key
		for _, r := range m.Runes {
			out = append(out, form.Of(r))
		}
		return out
	}
	if n, ok := named[m.Type]; ok && !m.Alt {
		return []form.Key{{Name: n}}
	}
	return []form.Key{{Name: form.Other}}
}

// quits tells of the keys that leave the program where no way is shown that could take them.
func quits(k form.Key) bool { return k.Name == form.Interrupt || k.Char == 'q' }
