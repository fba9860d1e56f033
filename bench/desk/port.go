package desk

import (
	"context"
	"os"
	"strings"

	"example.org/sectag/cred"
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
	if name == "" {
		return nil, cred.Failed("port.missing", "no port is named", "plug the board in and choose it from the list, or type its name")
	}
	if strings.HasPrefix(name, "/") {
		st, err := os.Stat(name)
		if err != nil {
			return nil, cred.Because(err, "port.missing", "there is no port "+name, "plug the board in; sectag ports lists what is there")
		}
		if st.IsDir() {
			return nil, cred.Failed("port.not-a-port", name+" is a folder, not a port", "sectag ports lists what is there")
		}
	}
	d.session.Use(name)
	return flows.PortChosen{ID: e.ID, Name: name}, nil
}
