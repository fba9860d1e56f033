//go:build !announce

package main

import "example.org/sectag/bench"

// announcer is nothing in the program that users run; the test build has one (announce.go).
func announcer() bench.Announcer { return nil }
