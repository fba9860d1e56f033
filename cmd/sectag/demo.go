package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"example.org/sectag/bench"
	"example.org/sectag/bench/profile"
	"example.org/sectag/ca"
	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/house"
	"example.org/sectag/cmd/sectag/job"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cmd/sectag/stage"
	"example.org/sectag/cred"
	"example.org/sectag/flows/station"
)

func (a *app) demoVerb() *cobra.Command {
	units := 1
	c := &cobra.Command{
		Use: "demo", Short: "Show the whole job on a virtual modem and a local server", Args: cobra.NoArgs,
		RunE: a.VerbOf(paper.NoUnits, func(ctx context.Context, _ []string) (paper.Document, error) {
			if units < 1 || units > 100 {
				return nil, cred.Failed("usage.flag", "--units takes 1 to 100", "write --units 3")
			}
			dir, err := os.MkdirTemp("", "sectag-demo-")
			if err != nil {
				return nil, cred.Because(err, "config.file", "no temporary folder could be made", "set TMPDIR to a folder that you may write to")
			}
			return a.demo(ctx, dir, units)
		}),
	}
	c.Flags().IntVar(&units, "units", 1, "how many units, one after the other")
	asciiFlag(c, a)
	return c
}

// demo sets the stage and does the job: on the screens when there is a terminal, else as lines.
func (a *app) demo(ctx context.Context, dir string, units int) (paper.Document, error) {
	s := stage.Stage{Dir: dir, Clock: ca.Clock{Now: now(), Build: tool().Built}, Now: now, Timeout: a.Timeout, Say: a.Say}
	a.Say("folder       %s\n", dir)
	url, stop, err := s.Serve(context.WithoutCancel(ctx))
	if err != nil {
		return nil, err
	}
	defer stop()
	p, err := s.Set(ctx, url)
	if err != nil {
		return nil, err
	}
	if a.Terminal() && !a.JSON && console.IsTerminal(a.Out) {
		return nil, a.demoScreens(ctx, p, s)
	}
	return a.demoLines(ctx, p, s, units)
}

func (a *app) demoLines(ctx context.Context, p profile.Profile, s stage.Stage, units int) (paper.Document, error) {
	j := job.New(a.Console, p)
	defer j.Close()
	j.Keep([]byte(stage.Passphrase))
	if err := j.Open(ctx); err != nil {
		return nil, err
	}
	doc := &paper.Demo{Units: []bench.Unit{}, Folder: s.Dir}
	for n := range units {
		u := j.One(ctx, s.Port(n+1), station.Orders{})
		doc.Units = append(doc.Units, u)
		if u.Failure != nil {
			return doc, u.Failure
		}
	}
	return doc, nil
}

func (a *app) demoScreens(ctx context.Context, p profile.Profile, s stage.Stage) error {
	j := job.New(a.Console, p)
	if err := j.Open(ctx); err != nil {
		return err
	}
	a.Say("passphrase   %s\n", stage.Passphrase)
	a.ProfileFile = p.File // that is the one that can be changed here
	on := house.Take(ctx, a.Console, a.look)
	err := on.Live(ctx, j, house.Options{Found: true, Port: s.Port(1), Title: "demo: the passphrase is " + stage.Passphrase}, 0, false)
	err = on.Hide(ctx, err)
	fmt.Fprintf(a.Out, "everything is in %s: look at it with\n  sectag ledger list --profile %s\n", s.Dir, p.File)
	return err
}
