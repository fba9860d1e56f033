//go:build !announce

package job

import "example.org/sectag/bench"

// Announcer is nothing in the program that users run; the test build has one (announce.go).
func Announcer() bench.Announcer { return nil }

// Heard is told of a signal that asked the job to end, once everybody who asks for it can know.
func Heard() {}
