package main

import (
	"context"

	"github.com/spf13/cobra"

	"example.org/sectag/bench"
	"example.org/sectag/bench/ask"
	"example.org/sectag/bench/identity"
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
	var dry, all bool
	c := &cobra.Command{
		Use: "provision --port P", Short: "Give the unit at a port what the profile asks for, and prove it", Args: cobra.NoArgs,
		Example: "  sectag provision --port /dev/ttyACM0 --passphrase-file pass.txt\n  sectag provision --port sim:nrf9151 --dry-run\n  sectag provision --all",
		RunE: a.VerbOf(func() paper.Document { return paper.NoUnitOf(all || len(ports) > 1) }, func(ctx context.Context, _ []string) (paper.Document, error) {
			if err := oneWay(ports, all); err != nil {
				return nil, err
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
			if err := ask.CheckAnchors(p, a.Now()); err != nil {
				return nil, err
			}
			if p.Shares() && p.Ledger == "" {
				return nil, identity.NoLedger()
			}
			j := job.New(a.Console, p)
			defer j.Close()
			if err := j.Prepare(ctx, dry); err != nil {
				return nil, err
			}
			o := station.Orders{Yes: n.Yes, IMEIs: n.IMEIs, Look: dry}
			if len(ports) == 1 {
				u := j.One(ctx, ports[0], o)
				return &paper.Unit{Unit: u, Planned: dry}, worst([]bench.Unit{u})
			}
			return several(ctx, j, ports, o)
		}),
	}
	c.Flags().StringArrayVar(&ports, "port", nil, "/dev/ttyACM0, COM3, tcp://host:port or sim:nrf9151; may be repeated, for several units at the same time")
	c.Flags().BoolVar(&all, "all", false, "the units at all ports of this computer, at the same time")
	c.Flags().BoolVar(&dry, "dry-run", false, "show the plan and change nothing")
	named.Add(c)
	return c
}

// oneWay wants ports to be named or found, not both.
func oneWay(ports []string, all bool) error {
	switch {
	case all && len(ports) > 0:
		return cred.Failed("usage.flag", "--all and --port are two ways to say which units", "write one of them; sectag ports --probe lists what --all would take")
	case !all && len(ports) == 0:
		return target.NeedPort("")
	}
	return nil
}

// several works on the units at the ports, or at all where none is named, at the same time.
func several(ctx context.Context, j *job.Job, ports []string, o station.Orders) (paper.Document, error) {
	doc := &paper.Units{Units: []bench.Unit{}, Planned: o.Look}
	if len(ports) == 0 {
		var err error
		if ports, err = j.Ports(ctx); err != nil {
			return doc, err
		}
	}
	doc.Units = j.All(ctx, ports, o)
	return doc, worst(doc.Units)
}

// worst is the failure with the largest exit code, the first of them; of several units it says which.
func worst(units []bench.Unit) error {
	var f *cred.Fault
	for _, u := range units {
		if u.Failure != nil && (f == nil || console.ExitOf(u.Failure.Code) > console.ExitOf(f.Code)) {
			if f = u.Failure; len(units) > 1 {
				f = cred.Because(f, f.Code, u.Port+": "+f.Text, f.Hint)
			}
		}
	}
	if f == nil {
		return nil
	}
	return f
}
