// Package guard keeps Bubble Tea from questioning the terminal before main begins. Bubble Tea v1 asks lipgloss in an init
// whether the background is dark, in every binary that links it, headless verbs too. On a terminal that does not answer,
// that costs five seconds and writes escape bytes into output that somebody may parse (style study, section 7).
//
// lipgloss asks only while nobody has told it the answer, so the init below tells it: dark, 16 colours. Neither is used: the
// screens paint with the sixteen colours of the terminal, bold and reverse, which are good on dark and on light.
//
// Two things make this work, and a test holds each. The package imports lipgloss and nothing else, so it is ready as soon as
// lipgloss is. And its import path, example.org/sectag/tui/guard, sorts before github.com/charmbracelet/bubbletea: Go
// initialises packages in the order of their paths as soon as their imports are ready. A module path that sorts later
// (a bare "sectag/…") would let Bubble Tea ask first.
package guard

import "github.com/charmbracelet/lipgloss"

// sixteen is termenv.ANSI, which is not imported to keep lipgloss the only import.
const sixteen = 2

// The one init of the program: it must run before Bubble Tea's.
func init() {
	lipgloss.SetHasDarkBackground(true)
	lipgloss.SetColorProfile(sixteen)
}
