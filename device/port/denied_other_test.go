//go:build !linux

package port

// unprivileged is for Linux: elsewhere a port's permission is only known by opening it.
func unprivileged() bool { return false }
