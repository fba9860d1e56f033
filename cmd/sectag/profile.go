package main

import (
	"context"

	"github.com/spf13/cobra"

	"example.org/sectag/bench/firmware"
	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/paper"
)

func (a *app) profileVerb() *cobra.Command {
	c := &cobra.Command{Use: "profile", Short: "Say what else must match a profile"}
	console.Group(c, &cobra.Command{
		Use: "kconfig", Short: "Print the lines that the firmware needs to match the profile", Args: cobra.NoArgs,
		RunE: a.VerbOf(paper.NoKconfig, func(context.Context, []string) (paper.Document, error) {
			p, _, err := a.Profile()
			if err != nil {
				return nil, err
			}
			b, err := firmware.For(p, now())
			return &paper.Kconfig{Build: b}, err
		}),
	})
	return c
}
