//go:build !linux && (!darwin || cgo)

package port

import (
	"strings"

	"go.bug.st/serial/enumerator"
)

func enumerate() ([]Info, error) {
	list, err := enumerator.GetDetailedPortsList()
	if err != nil {
		return nil, err
	}
	var out []Info
	for _, p := range list {
		i := Info{Name: p.Name}
		if p.IsUSB {
			i.VID, i.PID, i.Serial = strings.ToLower(p.VID), strings.ToLower(p.PID), p.SerialNumber
		}
		out = append(out, i)
	}
	return out, nil
}
