package main

import (
	"context"

	"github.com/spf13/cobra"

	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/device"
)

func (a *app) portsVerb() *cobra.Command {
	return &cobra.Command{
		Use: "ports", Short: "List the serial ports of this computer", Args: cobra.NoArgs,
		RunE: a.VerbOf(paper.NoPorts, func(ctx context.Context, _ []string) (paper.Document, error) {
			ports, err := device.Ports(ctx)
			d := &paper.Ports{Ports: append([]device.PortInfo{}, ports...)}
			return d, err
		}),
	}
}
