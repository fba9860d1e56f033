package main

import (
	"context"
	"os"
	"sync/atomic"

	"github.com/spf13/cobra"

	"example.org/sectag/bench"
	"example.org/sectag/bench/ask"
	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/job"
	"example.org/sectag/cmd/sectag/target"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/tui"
)

// station is sectag without a verb: the screens.
func (a *app) station() *cobra.Command {
	var port string
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
			return a.screens(c.Context(), port)
		},
	}
	target.PortFlag(c, &port)
	asciiFlag(c, a)
	return c
}

func asciiFlag(c *cobra.Command, a *app) {
	c.Flags().BoolVar(&a.ascii, "ascii", false, "draw the screens with ASCII characters only")
}

// screens shows the bench until the person quits. The bench outlives the screen: it comes to a rest and is closed after it.
func (a *app) screens(ctx context.Context, port string) error {
	p, found, err := a.Profile()
	if err != nil {
		return err
	}
	j := job.New(a.Console, p)
	defer j.Close()
	if p.Ledger == "" && !found {
		j.Settled.Ledger = defaultLedger
	}
	err = j.Open(ctx)
	if err != nil && p.Ledger == "" && cred.AsFault(err).Code == "config.file" {
		j.Settled.Ledger, err = "", nil // a folder that cannot be written to is no reason not to look
	}
	if err != nil {
		return err
	}
	t := flows.Terms{
		Authority: p.Signs(), PSK: p.Shares(), Port: port != "", Anchor: ask.HasAnchor(p), Endpoint: p.Endpoint.Host != "", Ledger: j.Store != nil, Profile: found,
	}
	return a.show(ctx, j.Config(port), t, p.Product, p.Station)
}

// modemAt is the port at which a modem has just told who it is. A name that was mistyped is not worth remembering.
func modemAt(s bench.Shot) string {
	if _, told := s.Event.(flows.Identified); !told || s.Err != nil {
		return ""
	}
	return s.Facts.Port
}

// defaultLedger is where the screens record when neither a profile nor --ledger says: beside the profile that they offer to save.
const defaultLedger = "sqlite:ledger.db"

// show runs the bench and the screens on it side by side. A person who leaves while the bench is at work has waited for it, and
// does not want to any more: the work is given up, as if the process had been killed. A signal lets the effect in flight end.
func (a *app) show(ctx context.Context, c bench.Config, t flows.Terms, title, station string) error {
	var screen *tui.Program
	c.Progress = func(p flows.Progress) { screen.Progress(p) }
	c.Trace = func(l flows.TraceLine) { screen.Trace(l) }
	c.Once = false
	b := bench.New(c)
	screen = tui.New(b, tui.Options{
		In: a.In, Out: a.Out, Title: title, Station: station, NoColor: os.Getenv("NO_COLOR") != "", ASCII: a.ascii, LastPort: console.LastPort(), Now: now,
		Touch: b.Touch,
	})
	loop, end := context.WithCancel(ctx)
	defer end()
	work, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	var busy, torn atomic.Bool
	view, hide := context.WithCancel(ctx)
	defer hide()
	shown := make(chan error, 1)
	go func() {
		err := screen.Run(view)
		torn.Store(busy.Load())
		if ctx.Err() == nil && torn.Load() {
			giveUp()
		}
		end()
		shown <- err
	}()
	err := b.Run(loop, work, t, job.Announcer(), func(s bench.Shot) {
		busy.Store(!s.Machine.Rest())
		if name := modemAt(s); name != "" {
			console.RememberPort(name)
		}
		screen.Shot(s.Shot, s.Facts)
	})
	end()
	if err != nil {
		hide() // a bench that did not come to its first event has shown nothing that could end the screen
	}
	if e := <-shown; err == nil && e != nil && ctx.Err() == nil {
		err = e
	}
	if err == nil && torn.Load() {
		err = cred.Failed("store.stopped", "left in the middle of the work", "start again with the same unit: it is read first")
	}
	return err
}
