//go:build !announce

package job

import "example.org/sectag/bench"

// Announcer is nothing in the program that users run; the test build has one (announce.go).
func Announcer() bench.Announcer { return nil }
