// Package tui is the terminal mouth of the benches: a shell that shows one way in at a time. It performs nothing: no port, file,
// folder or socket is opened under this folder, and nothing is decided here.
//
// Read it in this order. way says what a way in is; walk is the way through the seven screens of one unit; screen draws its
// states (pure functions, one file a screen); form holds what a person is typing and how an answer becomes an event; words says
// numbers and names as people do; paint knows cells, colours and large letters. In this folder, route.go gives each message to
// its one addressee; keys.go translates the library's keys; program.go runs it all on a terminal. guard must come before Bubble
// Tea.
//
// Bubble Tea's types are seen in program.go, route.go and keys.go only, so that the next major version is a small port.
package tui
