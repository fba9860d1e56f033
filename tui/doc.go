// Package tui is the terminal mouth of the bench: it shows the machine that the bench publishes and turns key presses into
// that machine's events. It performs nothing: no port, file, folder or socket is opened here, and nothing is decided here. All
// that it may ask of the bench is in the interface Bench.
//
// Read it in this order. screen draws a state (pure functions, one file a screen); form holds what a person is typing and how
// an answer becomes an event; words says numbers and names as people do; paint knows cells, colours and large letters. In this folder, hand.go is what a person has in
// hand (open question, page on top, note) and what a key does to it; route.go gives each kind of message to its one
// addressee; keys.go translates the library's keys; program.go runs it all on a terminal. guard must come before Bubble Tea.
//
// Bubble Tea's types are seen in program.go, route.go and keys.go only, so that the next major version is a small port.
package tui
