// Package paint turns lines of styled text into a frame that never leaves its window. Screens say what stands where; paint
// knows how wide a character is, how a line is wrapped or cut, which bytes the terminal gets, and that no byte of foreign
// text (a certificate's subject, a server's answer) is ever a control character.
//
// Read style.go (what a piece of text looks like), line.go (pieces, lines, wrapping, tables), layout.go (lines in a room that is
// too small for them), big.go (words that can be read from two metres).
package paint

import (
	"strings"
	"unicode"

	"github.com/charmbracelet/lipgloss"
)

// Style is how a piece of text looks: one of the terminal's sixteen colours, bold, reverse. Nothing is said by a style alone.
type Style uint8

// The styles, by what they are for. Bold and Reverse can be added to any.
const (
	Plain   Style = 0
	Bold    Style = 1
	Reverse Style = 2
	Good    Style = 4  // green
	Bad     Style = 8  // red
	Odd     Style = 16 // yellow: a warning
	Here    Style = 32 // cyan: where the eye should go
)

// Palette says what the terminal can show.
type Palette struct {
	ASCII bool // no character beyond ASCII
	Mono  bool // no colour; bold and reverse stay
	Bare  bool // no escape byte at all: for files and tests
}

// sgr is the escape sequence that begins a style, empty for none.
func (p Palette) sgr(s Style) string {
	if p.Bare {
		return ""
	}
	var codes []string
	add := func(bit Style, code string) {
		if s&bit != 0 {
			codes = append(codes, code)
		}
	}
	add(Bold, "1")
	add(Reverse, "7")
	if !p.Mono {
		add(Good, "32")
		add(Bad, "31")
		add(Odd, "33")
		add(Here, "36")
	}
	if codes == nil {
		return ""
	}
	return "\x1b[" + strings.Join(codes, ";") + "m"
}

// write puts a span into b as the terminal gets it.
func (p Palette) write(b *strings.Builder, s Span) {
	on := p.sgr(s.Style)
	b.WriteString(on)
	for _, r := range s.Text {
		p.show(b, r)
	}
	if on != "" {
		b.WriteString("\x1b[0m")
	}
}

// Say is a text as the terminal may get it, without any look.
func (p Palette) Say(text string) string {
	var b strings.Builder
	for _, r := range text {
		p.show(&b, r)
	}
	return b.String()
}

// show puts a character into b as the terminal may get it, in as many cells as width says.
func (p Palette) show(b *strings.Builder, r rune) {
	if r >= ' ' && r <= '~' {
		b.WriteByte(byte(r))
		return
	}
	if a, ours := ascii[r]; ours {
		if p.ASCII {
			b.WriteByte(a)
		} else {
			b.WriteRune(r)
		}
		return
	}
	w := width(r)
	switch {
	case w == 0:
	case !unicode.IsPrint(r):
		b.WriteByte('?')
	case p.ASCII:
		b.WriteString(strings.Repeat("?", w))
	default:
		b.WriteRune(r)
	}
}

// ascii has a stand-in of one cell for each of our own signs.
var ascii = map[rune]byte{
	'●': '*', '▸': '>', '○': '.', '✗': 'x', '│': '|', '─': '-', '└': '`', '┊': ':', '…': '~', '→': '>', '·': '-', '–': '-',
	'█': '#', '▌': '=', '▕': '[', '▏': ']', '•': '*', '’': '\'', '▁': '_', '▂': '_', '▃': '-', '▄': '-', '▅': '=', '▆': '=', '▇': '#', '“': '"', '”': '"', '↑': '^', '↓': 'v', '←': '<',
}

// width is how many cells a character takes. What cannot be printed takes one, because a question mark stands for it. Marks
// that only change their neighbour's look are dropped: how wide they make it differs from terminal to terminal.
func width(r rune) int {
	if r >= ' ' && r <= '~' {
		return 1
	}
	if _, ours := ascii[r]; ours {
		return 1
	}
	switch {
	case unicode.Is(unicode.M, r):
		return 0
	case !unicode.IsPrint(r):
		return 1
	}
	return lipgloss.Width(string(r))
}

// Width is how many cells a text takes.
func Width(s string) int {
	n := 0
	for _, r := range s {
		n += width(r)
	}
	return n
}
