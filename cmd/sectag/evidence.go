package main

import (
	"context"

	"github.com/spf13/cobra"

	"example.org/sectag/bench/typetest"
	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/job"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cmd/sectag/target"
)

func (a *app) evidenceVerb() *cobra.Command {
	var port string
	c := &cobra.Command{
		Use: "evidence --port P", Short: "Make the tests of EN 18031 evidence that one unit of a type is enough for", Args: cobra.NoArgs,
		RunE: a.VerbOf(paper.NoEvidence, func(ctx context.Context, _ []string) (paper.Document, error) {
			if err := target.NeedPort(port); err != nil {
				return nil, err
			}
			p, _, err := a.Profile()
			if err != nil {
				return nil, err
			}
			j := job.New(a.Console, p)
			defer j.Close()
			if err := j.OpenAloud(ctx); err != nil {
				return nil, err
			}
			r, err := typetest.Run(ctx, typetest.Options{
				Port: port, Dialer: console.Dialer(), Profile: p, Ledger: j.Store, Tool: a.Tool, Now: now, Trace: a.Trace(),
				Tell: func(line string) { a.Note("%s\n", line) },
			})
			return &paper.Evidence{Tested: r}, err
		}),
	}
	target.PortFlag(c, &port)
	return c
}
