package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"example.org/sectag/device"
)

type portsDoc struct {
	result
	Ports []device.PortInfo `json:"ports"`
}

func (d *portsDoc) people(w io.Writer) {
	if len(d.Ports) == 0 {
		fmt.Fprintln(w, "no ports: plug a board in, or use tcp://host:port or sim:nrf9151")
	}
	for _, p := range d.Ports {
		state := string(p.Role)
		if p.Busy {
			state = "busy"
		}
		fmt.Fprintf(w, "%-16s %-8s %s\n", p.Name, state, p.Board)
		if p.Blocked != nil {
			fmt.Fprintf(w, "  %s (%s)\n  hint: %s\n", p.Blocked.Text, p.Blocked.Code, p.Blocked.Hint)
		}
	}
}

func (a *app) portsVerb() *cobra.Command {
	return &cobra.Command{
		Use: "ports", Short: "List the serial ports of this computer", Args: cobra.NoArgs,
		RunE: a.verb(func(ctx context.Context, _ []string) (document, error) {
			ports, err := device.Ports(ctx)
			d := &portsDoc{Ports: append([]device.PortInfo{}, ports...)}
			return d, err
		}),
	}
}
