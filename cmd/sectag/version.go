package main

import (
	"context"
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"
)

type versionDoc struct {
	result
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Go      string `json:"go"`
}

func (d *versionDoc) people(w io.Writer) {
	fmt.Fprintf(w, "sectag %s (%s, %s)\n", d.Version, d.Commit, d.Go)
}

func (a *app) versionVerb() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Say which sectag this is", Args: cobra.NoArgs,
		RunE: a.verb(func(context.Context, []string) (document, error) {
			return &versionDoc{Version: version, Commit: commit, Go: runtime.Version()}, nil
		}),
	}
}
