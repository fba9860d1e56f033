//go:build manual

package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"example.org/sectag/cmd/sectag/manual"
)

// manualVerbs is the one verb by which make manual and make release write the manual pages and the completions. No program that is
// shipped has it, and neither have the pages.
func (a *app) manualVerbs() []*cobra.Command {
	return []*cobra.Command{{
		Use: "manual DIR PAGE", Short: "Write the manual pages and completions", Args: cobra.ExactArgs(2), Hidden: true,
		RunE: func(c *cobra.Command, args []string) error {
			page, err := os.ReadFile(args[1])
			if err != nil {
				return fmt.Errorf("reading the page of the verbs: %w", err)
			}
			return manual.Write(c.Root(), string(page), version, tool().Built, args[0])
		},
	}}
}
