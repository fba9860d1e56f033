package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/device/doctor"
	"example.org/sectag/device/port"
)

func (a *app) doctorVerb() *cobra.Command {
	var named, root string
	var rules bool
	c := &cobra.Command{
		Use: "doctor [--port P]", Short: "Say why a unit does not answer, and what to do about it", Args: cobra.NoArgs,
		RunE: a.VerbOf(paper.NoFindings, func(ctx context.Context, _ []string) (paper.Document, error) {
			if rules {
				return &paper.Rules{Rules: doctor.Rules}, nil
			}
			d := doctor.Doctor{Lister: port.Lister{Root: root}}
			if root == "" || strings.Contains(named, ":") { // the ports of a tree of files are none
				d.Asker = a.asker(true)
			}
			seen, err := d.Look(ctx, named)
			if err != nil {
				return nil, err
			}
			return console.Found(doctor.Judge(seen))
		}),
	}
	c.Flags().StringVar(&named, "port", "", "look at this port only, and at the others of its board")
	c.Flags().BoolVar(&rules, "rules", false, "print the udev rules that keep other programs away from the boards, and look at nothing")
	rootFlag(c, &root)
	return c
}
