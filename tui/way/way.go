// Package way is what every way in is for the terminal: it takes keys and what its bench sends, and draws its window. The shell
// (package tui) shows one at a time and knows no more of it than this. No type of the terminal library is seen here.
package way

import (
	"time"

	"example.org/sectag/tui/form"
)

// Act is what must be done after a message.
type Act uint8

// The acts. Quit and the leaves end the way; who holds the benches learns which one it was.
const (
	Nothing Act = iota
	Quit        // leave the program
	Home        // leave for the start screen
)

// Way is one of the ways in while it is open. All methods but Wake are called in the terminal's goroutine.
type Way interface {
	Wake() <-chan struct{}  // its bench has sent something
	Come(now time.Time) Act // take in what has come
	Press(k form.Key) Act   // a key
	Tick(now time.Time) Act // what Next asked for has gone by
	Next() time.Duration    // when the clock must tick next; 0: it need not
	Resize(w, h int)        // the window, in cells
	View() string           // the window's content, never wider nor taller
	Close()                 // it is not shown any more: what was typed is overwritten
}

// Ringer is a way that can ask for the terminal's bell.
type Ringer interface {
	Way
	Rings() bool // since it was asked last, something happened that is to be heard
}

// Pointed is a way with places that can be clicked. The wheel is a key.
type Pointed interface {
	Way
	Click(x, y int) Act // the cell of the window, from 0
}

// Speaker is a way that can be read out line by line: for a screen reader, a teletype, a log.
type Speaker interface {
	Way
	Speech() Speech
}

// Speech is all that a person who sees no window must know. What moves while something works is not in it.
type Speech struct {
	Lines  []string // what stands there, from top to bottom; the first says where one is
	Keys   []string // what may be done now, such as "enter start"
	Asks   string   // what the next line of text answers, such as "passphrase"; empty: it is a key, or a key's name
	Secret bool     // what is asked for must not be shown while it is typed
	Types  bool     // a line that is no key is text, such as a label; elsewhere it is a mistake, and no letter of it may be pressed
	Works  bool     // something is at work: nothing is waited for from a person
	Holds  bool     // what is asked next is not known yet: no line is read meanwhile, for it would answer the wrong question
}

// Copier is a way that can ask for something to be put into the terminal's clipboard.
type Copier interface {
	Way
	Copies() string // since it was asked last; "" for nothing. Nothing secret, 64 kB at most
}
