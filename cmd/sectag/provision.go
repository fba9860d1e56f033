package main

import (
	"context"

	"github.com/spf13/cobra"

	"example.org/sectag/bench"
	"example.org/sectag/bench/ask"
	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/job"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cmd/sectag/target"
	"example.org/sectag/cred"
	"example.org/sectag/flows/station"
)

func (a *app) provisionVerb() *cobra.Command {
	var ports []string
	var named target.Unit
	var dry bool
	c := &cobra.Command{
		Use: "provision --port P", Short: "Give the unit at a port what the profile asks for, and prove it", Args: cobra.NoArgs,
		Example: "  sectag provision --port /dev/ttyACM0 --passphrase-file pass.txt\n  sectag provision --port sim:nrf9151 --dry-run",
		RunE: a.VerbOf(paper.NoUnit, func(ctx context.Context, _ []string) (paper.Document, error) {
			if len(ports) == 0 {
				return nil, target.NeedPort("")
			}
			n, err := named.Named()
			if err != nil {
				return nil, err
			}
			p, found, err := a.Profile()
			if err != nil {
				return nil, err
			}
			if !found || len(p.Slots) == 0 {
				return nil, cred.Failed("config.value", "no profile says what the unit must hold", "write a sectag.toml (docs/profile.md), or run sectag and let the screens save one")
			}
			if err := ask.CheckAnchors(p); err != nil {
				return nil, err
			}
			j := job.New(a.Console, p)
			defer j.Close()
			if err := j.Prepare(ctx, dry); err != nil {
				return nil, err
			}
			return provision(ctx, j, ports, n, dry)
		}),
	}
	c.Flags().StringArrayVar(&ports, "port", nil, "/dev/ttyACM0, COM3, tcp://host:port or sim:nrf9151; may be repeated")
	c.Flags().BoolVar(&dry, "dry-run", false, "show the plan and change nothing")
	named.Add(c)
	return c
}

func provision(ctx context.Context, j *job.Job, ports []string, n ask.Named, dry bool) (paper.Document, error) {
	var units []bench.Unit
	var worst *cred.Fault
	for _, port := range ports {
		u := j.One(ctx, port, station.Orders{Yes: n.Yes, IMEIs: n.IMEIs, Look: dry})
		units = append(units, u)
		if u.Failure != nil && (worst == nil || console.ExitOf(u.Failure.Code) > console.ExitOf(worst.Code)) {
			worst = u.Failure
		}
		if ctx.Err() != nil {
			break
		}
	}
	var doc paper.Document = &paper.Units{Units: units, Planned: dry}
	if len(ports) == 1 {
		doc = &paper.Unit{Unit: units[0], Planned: dry}
	}
	if worst != nil {
		return doc, worst
	}
	return doc, nil
}
