package desk

import (
	"context"
	"strings"

	"example.org/sectag/bench/desk/session"
	"example.org/sectag/device"
	"example.org/sectag/flows"
	"example.org/sectag/flows/codec"
)

func (d *Desk) listPorts(ctx context.Context, e flows.ListPorts) (flows.Event, error) {
	ports, err := device.Ports(ctx)
	if err != nil {
		return nil, err
	}
	return flows.PortsListed{ID: e.ID, N: uint8(min(len(ports), 255)), Doc: codec.Doc(struct {
		Ports []device.PortInfo `json:"ports"`
	}{ports})}, nil
}

// usePort checks what can be checked without opening: a file that is not there, or is a folder, is said at once.
func (d *Desk) usePort(e flows.UsePort) (flows.Event, error) {
	name := strings.TrimSpace(e.Name)
	if name == "" {
		name = d.Port
	}
	if err := session.There(name); err != nil {
		return nil, err
	}
	d.session.Use(name)
	return flows.PortChosen{ID: e.ID, Name: name}, nil
}
