//go:build !unix

package main

// noCore: Windows writes no core files by itself.
func noCore() {}
