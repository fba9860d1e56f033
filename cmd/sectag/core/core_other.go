//go:build !unix

package core

// None: Windows writes no core files by itself.
func None() {}
