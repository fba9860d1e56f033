package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
		var doc paper.Document
		err := c.misuse
		if err == nil {
			doc, err = do(cmd.Context(), args)
			err = c.stopped(err)
		}
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

// stopped says of a job that a signal broke off before its bench had begun what it says of all others: rooms that only ask, the ledger
// among them, hand a cancelled context up as it is.
func (c *Console) stopped(err error) error {
	var told *cred.Fault
	if !errors.Is(err, context.Canceled) || errors.As(err, &told) || !c.Ended.Load() {
		return err
	}
	return cred.Because(err, "store.stopped", "the work was stopped before it was done", "run it again")
}

// Misused ends a verb whose command line could not be understood. Its document is printed all the same, so that the lists of the
// contract are there. Commands that only hold others have none.
func (c *Console) Misused(cmd *cobra.Command, err error) error {
	c.JSON = c.JSON || c.wantsJSON()
	if cmd.HasSubCommands() {
		return err
	}
	c.misuse = err
	return cmd.RunE(cmd, nil)
}

// wantsJSON looks for --json where the flags could not be read up to it.
func (c *Console) wantsJSON() bool {
	for _, a := range c.Args {
		switch a {
		case "--":
			return false
		case "--json", "--json=true":
			return true
		}
	}
	return false
}

// Serving says where a verb serves that goes on until a signal: in its first line, which is the whole document of --json.
func (c *Console) Serving(where string, doc any) {
	c.served = true
	if !c.JSON {
		fmt.Fprintln(c.Out, where)
		return
	}
	if line, err := json.Marshal(doc); err == nil {
		_, _ = c.Out.Write(append(escaped(line), '\n')) // who has gone is told nothing, and served all the same
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
