//go:build unix

package core

import "syscall"

// None forbids core files: one would hold the authority's key. That it cannot is no reason not to work.
func None() {
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})
	undumpable()
}
