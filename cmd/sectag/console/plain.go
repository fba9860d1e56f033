package console

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"example.org/sectag/cred"
)

// plain is a mouth to people: what others wrote (a name in a certificate, what a modem says, a file's name) reaches the terminal
// as characters and never as orders. Each write holds whole characters and lines.
type plain struct{ io.Writer }

// Write makes each line printable.
func (p *plain) Write(b []byte) (int, error) {
	if harmless(b) {
		return p.Writer.Write(b)
	}
	lines := strings.Split(string(b), "\n")
	for i, l := range lines {
		lines[i] = cred.Line(l)
	}
	if _, err := io.WriteString(p.Writer, strings.Join(lines, "\n")); err != nil {
		return 0, err
	}
	return len(b), nil
}

// escaped writes what a terminal could obey or hide as \u escapes, which mean the same to every reader of JSON; the encoder does
// that for the first 32 only.
func escaped(doc []byte) []byte {
	if harmless(doc) || !bytes.ContainsFunc(doc, odd) {
		return doc
	}
	var out bytes.Buffer
	for _, r := range string(doc) {
		switch {
		case !odd(r):
			out.WriteRune(r)
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, hi, lo)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.Bytes()
}

// harmless tells of most texts at a glance that they are printable: of a million units' lines each character counts.
func harmless(text []byte) bool {
	for _, b := range text {
		if (b < ' ' || b > '~') && b != '\n' {
			return false
		}
	}
	return true
}

func odd(r rune) bool { return r != '\n' && r != utf8.RuneError && !unicode.IsPrint(r) }
