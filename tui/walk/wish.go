package walk

import (
	"strconv"
	"strings"

	"example.org/sectag/tui/screen"
)

// maxCopied is how many bytes are copied at most: terminals take no more.
const maxCopied = 64 << 10

// grant does what was asked of all that is seen: the page of the codes, or a copy.
func (w *Walk) grant() {
	h, s := &w.hand, w.scene()
	wish := h.wish
	h.wish = 0
	switch {
	case wish == 'e' && h.over == screen.Explained:
		h.over, h.scroll = screen.Nothing, 0
	case wish == 'e' && !screen.Explains(s):
		h.note = "nothing here has a code to explain"
	case wish == 'e':
		h.over, h.scroll = screen.Explained, 0
	case wish == 'y':
		what, text := screen.Copied(s)
		if text == "" {
			h.note = "there is nothing to copy here"
			return
		}
		if n := len(text) - maxCopied; n > 0 { // the newest stays, from a line's beginning
			text = text[n:]
			text = text[strings.IndexByte(text, '\n')+1:]
		}
		h.copied = text
		h.note = "copied " + what + ", " + strconv.Itoa(len(text)) + " B, if the terminal lets programs write its clipboard"
	}
}

// Copies is what is to be written to the terminal's clipboard since it was asked last; empty for nothing.
func (w *Walk) Copies() string {
	text := w.hand.copied
	w.hand.copied = ""
	return text
}
