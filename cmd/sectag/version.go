package main

import (
	"context"
	"runtime"

	"github.com/spf13/cobra"

	"example.org/sectag/cmd/sectag/paper"
)

func (a *app) versionVerb() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Say which sectag this is", Args: cobra.NoArgs,
		RunE: a.Verb(func(context.Context, []string) (paper.Document, error) {
			return &paper.Version{Version: version, Commit: commit, Go: runtime.Version()}, nil
		}),
	}
}
