package session

import (
	"context"
	"strings"

	"example.org/sectag/device"
	"example.org/sectag/flows"
	"example.org/sectag/flows/codec"
)

// List looks for ports.
func List(ctx context.Context, e flows.ListPorts) (flows.Event, error) {
	ports, err := device.Ports(ctx)
	if err != nil {
		return nil, err
	}
	return flows.PortsListed{ID: e.ID, N: uint8(min(len(ports), 255)), Doc: codec.Doc(struct {
		Ports []device.PortInfo `json:"ports"`
	}{ports})}, nil
}

// Choose checks of a port what can be checked without opening it: a file that is not there, or is a folder, is said at once.
func (s *Session) Choose(e flows.UsePort) (flows.Event, error) {
	name := strings.TrimSpace(e.Name)
	if name == "" {
		name = s.named
	}
	if err := There(name); err != nil {
		return nil, err
	}
	s.Use(name)
	return flows.PortChosen{ID: e.ID, Name: name}, nil
}
