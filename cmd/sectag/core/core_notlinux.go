//go:build unix && !linux

package core

// undumpable: only Linux lets a process say so of itself.
func undumpable() {}
