// Package machine holds the seven machines of the bench, one a screen and a file: Authority, Port, Unit, Credentials, Endpoint,
// Connection, Record. They are pure: a comparable struct passed by value, whose Step takes an event and returns the next machine
// and the effects that somebody else must perform. No I/O, no clock, no text that is kept, never a secret. None of them knows
// another; package station holds the seven and lets each begin when it is its turn.
//
// Read turn.go (how effects are numbered), then a small machine such as unit.go, then credentials.go and work.go, the heart. The
// tests search the whole space of states of each machine joined with a model of its world; docs/flows has a diagram of each,
// made by the same search.
package machine
