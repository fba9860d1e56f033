// Package flows decides what happens next at the bench and does nothing itself. Each screen is backed by one machine of the
// same name (Authority, Port, Unit, Credentials, Endpoint, Connection, Record), and Bench orders them. A machine is a
// comparable struct passed by value: Step takes an event and returns the next machine and the effects that somebody else
// must perform. There is no I/O here, no clock, no text that decides, and never a secret.
//
// This package is the vocabulary that everybody shares. The machines are in flows/machine; Bench, the facts' fold and the headless
// policy in flows/station; the names and the journal's form of the events in flows/codec.
//
// Read in this order: event.go (what can happen), effect.go (what can be asked of the world), machine.go (the interface),
// compare.go (how a plan is made), facts.go (what is shown and recorded, deciding nothing); then flows/machine.
package flows
