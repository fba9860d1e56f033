package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/house"
	"example.org/sectag/cmd/sectag/job"
	"example.org/sectag/cmd/sectag/target"
	"example.org/sectag/cmd/sectag/wizard"
	"example.org/sectag/cred"
	"example.org/sectag/flows/door"
)

// station is sectag without a verb: the screens.
func (a *app) station() *cobra.Command {
	var port, in string
	c := &cobra.Command{
		Use:   "sectag",
		Short: "Give nRF91 modems their identity, and prove it",
		Long: "sectag gives nRF91xx cellular modems their cryptographic identity at a bench and proves that it works.\n" +
			"Without a verb it opens the screens. sectag demo shows the whole job on a virtual modem.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if !a.Terminal() || !console.IsTerminal(a.Out) || a.JSON {
				return cred.Failed("usage.no-terminal", "the screens need a terminal", "use a verb, such as sectag provision --port P; sectag --help lists them")
			}
			return a.screens(c.Context(), port, in)
		},
	}
	target.PortFlag(c, &port)
	c.Flags().StringVar(&in, "way", "", "the way in: "+strings.Join(wayNames(), ", ")+" (default: the start screen asks)")
	asciiFlag(c, a)
	return c
}

func wayNames() (out []string) {
	for w := range door.Way(door.Ways) {
		out = append(out, w.String())
	}
	return out
}

func asciiFlag(c *cobra.Command, a *app) {
	c.Flags().BoolVar(&a.look.ASCII, "ascii", false, "draw the screens with ASCII characters only")
	c.Flags().BoolVar(&a.look.Still, "no-mouse", false, "leave the mouse to the terminal, so that it selects text as everywhere")
	c.Flags().BoolVar(&a.look.Mute, "no-bell", false, "let the station's verdicts and questions ring no bell")
	c.Flags().BoolVar(&a.look.Plain, "plain", false, "say the screens line by line and read lines, for a screen reader")
	c.Flags().BoolVar(&a.look.UTC, "utc", false, "times of day on the screens are UTC instead of local")
}

// screens opens the ways in until the person quits. Of a profile that cannot be used its values are opened first, where that was asked for.
func (a *app) screens(ctx context.Context, port, in string) error {
	first, named := door.Parse(in)
	if in != "" && !named {
		return cred.Failed("usage.flag", "there is no way in named "+in, "the ways are "+strings.Join(wayNames(), ", "))
	}
	p, found, err := a.Profile()
	if err != nil && first != door.Edit {
		return wizard.Mendable(a.Console, err)
	}
	var j *job.Job
	if err == nil {
		if j, err = job.ForScreens(ctx, a.Console, p, found); err != nil {
			return err
		}
	}
	on := house.Take(ctx, a.Console, a.look)
	if j == nil {
		named = false // which way to go is asked afterwards
		if p, found, err = on.Mend(err); err == nil {
			j, err = job.ForScreens(ctx, a.Console, p, found)
		}
	}
	if err == nil {
		err = on.Live(ctx, j, house.Options{Found: found, Port: port}, first, named)
	}
	return on.Hide(ctx, err)
}
