//go:build manual

package tagged

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"example.org/sectag/cmd/sectag/manual"
)

// Verbs are the one by which make manual and make release write the manual pages and the completions of this version, as of the
// time when its commit was made.
func Verbs(version string, built time.Time) []*cobra.Command {
	return []*cobra.Command{{
		Use: "manual DIR PAGE", Short: "Write the manual pages and completions", Args: cobra.ExactArgs(2), Hidden: true,
		RunE: func(c *cobra.Command, args []string) error {
			page, err := os.ReadFile(args[1])
			if err != nil {
				return fmt.Errorf("reading the page of the verbs: %w", err)
			}
			return manual.Write(c.Root(), string(page), version, built, args[0])
		},
	}}
}
