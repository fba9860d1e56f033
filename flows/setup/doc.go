// Package setup is the machine behind the questions that make a profile: which one is asked, which one comes after it, and when
// something may be written. It holds no text: what a person typed is a Draft, which the bench has judged by the one reader of
// profiles. It is pure, like all of flows.
//
// Read draft.go (what is asked for, and what the bench says of it), then setup.go (the machine).
package setup
