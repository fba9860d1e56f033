package cred

import (
	"strings"
	"unicode"
)

// Line makes one printable line of a text that somebody else wrote (a name in a certificate, a file's name, what a modem says):
// what could move a terminal's cursor, hide or turn text, or break a line becomes a question mark.
func Line(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}
