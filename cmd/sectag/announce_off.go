//go:build !announce

package main

import "example.org/sectag/bench"

// announcer is nothing in the program that users run; the test build has one (announce.go).
func announcer() bench.Announcer { return nil }

// heard is told of a signal that asked the job to end, once everybody who asks for it can know.
func heard() {}
