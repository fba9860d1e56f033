package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"example.org/sectag/bench"
	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/job"
	"example.org/sectag/cmd/sectag/target"
	"example.org/sectag/cmd/sectag/wizard"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
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
	c.Flags().BoolVar(&a.ascii, "ascii", false, "draw the screens with ASCII characters only")
	c.Flags().BoolVar(&a.still, "no-mouse", false, "leave the mouse to the terminal, so that it selects text as everywhere")
	c.Flags().BoolVar(&a.plain, "plain", false, "say the screens line by line and read lines, for a screen reader")
	c.Flags().BoolVar(&a.utc, "utc", false, "times of day on the screens are UTC instead of local")
}

// screens opens the ways in, one after the other, until the person quits. Each bench comes to a rest and is closed after its screens.
func (a *app) screens(ctx context.Context, port, in string) error {
	p, found, err := a.Profile()
	if err != nil && in == door.Edit.String() {
		in = "" // which way to go is asked afterwards
		p, found, err = wizard.Mend(a.Console, a.terminal(ctx), err, a.palette())
	}
	if err != nil {
		return err
	}
	first, named := door.Parse(in)
	if in != "" && !named {
		return cred.Failed("usage.flag", "there is no way in named "+in, "the ways are "+strings.Join(wayNames(), ", "))
	}
	j, err := job.ForScreens(ctx, a.Console, p, found)
	if err != nil {
		return err
	}
	h := &house{app: a, on: a.terminal(ctx), job: j, found: found, port: port}
	defer func() { h.job.Close() }() // set-up may have put another one in its place
	err = h.live(ctx, first, named)
	if e := h.on.Hide(); err == nil && ctx.Err() == nil {
		err = e
	}
	return err
}

// modemAt is the port at which a modem has just told who it is. A name that was mistyped is not worth remembering.
func modemAt(s bench.Shot) string {
	if _, told := s.Event.(flows.Identified); !told || s.Err != nil {
		return ""
	}
	return s.Facts.Port
}
