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
		if lost := c.print(doc); lost != nil && err == nil {
			err = cred.Because(lost, "output.lost", "it is done, and the result could not be written: "+lost.Error(),
				"look where standard output leads; what was done stands in the ledger and in the unit")
		}
		if err != nil {
			return &printed{err}
		}
		return nil
	}
}

// print writes the document as it was asked for, and says whether it arrived.
func (c *Console) print(doc paper.Document) error {
	if c.JSON {
		return c.PrintJSON(doc)
	}
	w := &plain{Writer: c.Out}
	doc.People(w)
	return w.err
}
