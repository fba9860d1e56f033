//go:build unix

package main

import "syscall"

// noCore forbids core files: one would hold the authority's key. That it cannot is no reason not to work.
func noCore() {
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})
	undumpable()
}
