package console

import (
	"bytes"
	"context"
	"io"

	"github.com/spf13/cobra"

	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cred"
)

// Do is what a verb does. Its document is printed whole or as far as it got; nil is none.
type Do func(ctx context.Context, args []string) (paper.Document, error)

// Verb wraps what a verb does: it prints the paper.Document and passes the failure on to the exit code.
func (c *Console) Verb(do Do) func(*cobra.Command, []string) error { return c.VerbOf(nil, do) }

// VerbOf is Verb with the document that a script gets in the place of none, so that the lists of the contract are always there.
func (c *Console) VerbOf(blank func() paper.Document, do Do) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		doc, err := do(cmd.Context(), args)
		if doc == nil && err != nil && blank != nil && c.JSON {
			doc = blank()
		}
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
	if err := c.people(doc.People); err != nil {
		return err
	}
	return c.lost
}

func (c *Console) people(write func(io.Writer)) error {
	var text bytes.Buffer // one write: who reads only the first lines must not make the others fail
	write(&plain{Writer: &text})
	if text.Len() == 0 {
		return nil
	}
	_, err := c.Out.Write(text.Bytes())
	return err
}
