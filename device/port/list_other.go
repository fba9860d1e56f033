//go:build !linux

package port

import (
	"errors"
	"runtime"

	"example.org/sectag/cred"
)

// access is told by opening, on these systems.
func (l Lister) access(string) *cred.Fault { return nil }

func occupied(string, string) error { return nil }

func busyHint(string) string {
	return "close the terminal program, monitor or other bench that has it open"
}

func denied(path string, err error) error {
	hint := "close the program that has the port open, or start as a user who may use it"
	if runtime.GOOS == "windows" {
		hint = "another program has the port open: close it, or unplug the unit and plug it in again"
	}
	return cred.Because(errors.Join(err), "port.denied", "no permission for "+path, hint)
}
