//go:build !linux && !windows && !darwin

package system

import (
	"context"
	"strings"

	"go.bug.st/serial/enumerator"
)

// Ports are the serial ports of this computer, as far as the serial library knows them: without interface numbers.
func Ports(context.Context, string) ([]Port, error) {
	list, err := enumerator.GetDetailedPortsList()
	if err != nil {
		return nil, err
	}
	var out []Port
	for _, p := range list {
		i := Port{Name: p.Name}
		if p.IsUSB {
			i.VID, i.PID, i.Serial = strings.ToLower(p.VID), strings.ToLower(p.PID), serialNo(p.SerialNumber)
			if i.Serial != "" {
				i.Device = i.VID + ":" + i.PID + ":" + i.Serial
			}
		}
		out = append(out, i)
	}
	return out, nil
}
