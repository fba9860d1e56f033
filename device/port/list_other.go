//go:build !linux

package port

import (
	"context"
	"errors"
	"runtime"
	"strings"

	"example.org/sectag/cred"
)

// find asks the serial library. It knows no interface numbers here: the ports of a device are told apart by their names.
func (l Lister) find(context.Context) ([]Info, error) {
	ports, err := enumerate()
	if err != nil {
		return nil, cred.Because(err, "port.denied", "the list of ports cannot be read", "type the name of the port instead")
	}
	out := ports[:0]
	for _, p := range ports {
		if p.Name == "" || strings.HasPrefix(p.Name, "/dev/tty.") { // macOS: each port is there twice, /dev/cu. is ours
			continue
		}
		if p.VID != "" && p.Serial != "" {
			p.device = p.VID + ":" + p.PID + ":" + p.Serial
		}
		out = append(out, p)
	}
	return out, nil
}

func (l Lister) access(*Info) {}

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
