// Package traits finds out what a server can do beside its suites and its chain: versions, curves, signatures, what it answers to the
// extensions of a hello, and whom it says it lets in. Much of that stands in the flights that a probe has seen anyway; for the rest
// hellos are said, one after the other, each of them ended before the next begins.
//
// Read traits.go for what is told, look.go for the hellos, judge.go for what of it matters to a modem.
package traits
