// Package e2e holds the tests that use sectag as people do: they build the real binary once, run it as a process beside a virtual
// modem in its own process, show what the modem then holds to servers and clients that nobody here wrote, kill it at every step,
// type on a real terminal, and search everything that a run leaves for secrets. Nothing of the other rooms is imported: documents
// and state files are parsed here, by the names in the documentation.
//
// main_test.go builds the binaries; stage_test.go is a folder with everything in it that a run needs or leaves; unit_test.go reads
// what a modem holds. Each other file is one theme.
package e2e
