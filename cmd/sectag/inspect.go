package main

import (
	"context"

	"github.com/spf13/cobra"

	"example.org/sectag/bench/ask"
	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cmd/sectag/target"
)

func (a *app) inspectVerb() *cobra.Command {
	var port string
	c := &cobra.Command{
		Use: "inspect --port P", Short: "Say who is at a port and what is in it, and change nothing", Args: cobra.NoArgs,
		RunE: a.VerbOf(paper.NoUnitSeen, func(ctx context.Context, _ []string) (paper.Document, error) {
			if err := target.NeedPort(port); err != nil {
				return nil, err
			}
			l, err := a.ReadLedger(ctx)
			if err != nil {
				return nil, err
			}
			defer console.CloseReader(l)
			looked, err := ask.Inspect(ctx, console.Dialer(), port, l, a.Trace())
			if looked.IMEI == 0 {
				return nil, err
			}
			return &paper.Inspect{Looked: looked}, err
		}),
	}
	target.PortFlag(c, &port)
	return c
}
