package console

import (
	"context"

	"example.org/sectag/cmd/sectag/paper"

	"github.com/spf13/cobra"

	"example.org/sectag/cred"
)

// Verb wraps what a verb does: it prints the paper.Document, whole or as far as it got, and passes the failure on to the exit code.
// A nil paper.Document prints nothing but the failure.
func (c *Console) Verb(do func(ctx context.Context, args []string) (paper.Document, error)) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		doc, err := do(cmd.Context(), args)
		if doc == nil {
			return err
		}
		if fault := cred.AsFault(err); fault != nil {
			doc.Failed(fault)
		}
		if c.JSON {
			c.PrintJSON(doc)
		} else {
			doc.People(c.Out)
		}
		if err != nil {
			return &printed{err}
		}
		return nil
	}
}
