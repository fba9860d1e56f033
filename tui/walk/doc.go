// Package walk is the way through the seven screens of one unit: it shows the machine that the bench publishes and turns keys
// into that machine's events. It performs nothing: no port, file, folder or socket is opened here, and nothing is decided here.
// All that it may ask of the bench is in the interface Bench.
//
// hand.go is what a person has in hand (open question, page on top, note) and what a key does to it; sight.go and view.go are
// what was seen of the bench; walk.go gives each kind of message to its one addressee. screen draws what comes of it.
package walk
