//go:build unix && !linux

package main

// undumpable: only Linux lets a process say so of itself.
func undumpable() {}
