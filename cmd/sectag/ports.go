package main

import (
	"context"

	"github.com/spf13/cobra"

	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/device"
	"example.org/sectag/device/port"
	"example.org/sectag/device/scout"
	"example.org/sectag/flows"
)

func (a *app) portsVerb() *cobra.Command {
	var probe bool
	var root string
	c := &cobra.Command{
		Use: "ports [--probe]", Short: "List the serial ports of this computer, and ask them who is there", Args: cobra.NoArgs,
		RunE: a.VerbOf(paper.NoPorts, func(ctx context.Context, _ []string) (paper.Document, error) {
			ports, err := port.Lister{Root: root}.Ports(ctx)
			if err != nil {
				return nil, err
			}
			d := paper.NoPorts().(*paper.Ports)
			if !probe {
				for _, p := range ports {
					d.Ports = append(d.Ports, paper.Port{PortInfo: p})
				}
				return d, nil
			}
			may := func(p port.Info) bool { return root == "" && scout.Candidate(p) } // the ports of a tree of files are none
			for _, f := range scout.Ask(ctx, ports, may, a.asker(false)) {
				d.Ports = append(d.Ports, paper.Port{PortInfo: f.Info, Asked: f.Asked, NotAT: f.Answer.Fault})
			}
			return d, ctx.Err()
		}),
	}
	c.Flags().BoolVar(&probe, "probe", false, "open each port that nobody has and send AT to it; boards without an nRF91 are left alone")
	rootFlag(c, &root)
	return c
}

// rootFlag adds --root, for tests and for whoever looks into a report.
func rootFlag(c *cobra.Command, root *string) {
	c.Flags().StringVar(root, "root", "", "look at a copy of /sys, /dev, /proc and /run below this folder, and open nothing")
	_ = c.Flags().MarkHidden("root")
}

// asker asks ports by opening them. A name means that port and no other: nothing is looked for under another name.
func (a *app) asker(who bool) scout.Modem {
	d := console.Dialer()
	d.Memory = nil
	m := scout.Modem{Open: d.Open, Who: who}
	if show := a.Trace(); show != nil {
		m.Trace = func(t device.Trace) { show(flows.TraceLine{At: t.At, Out: t.Out, Text: t.Text}) }
	}
	return m
}
