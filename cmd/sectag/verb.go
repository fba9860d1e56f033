package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"example.org/sectag/cred"
)

// document is what a verb answers with: one JSON object, and the same as lines for people.
type document interface {
	failed(*cred.Fault)
	people(w io.Writer)
}

// result is embedded by every document: the failure stands beside what was known by then.
type result struct {
	Failure *cred.Fault `json:"failure,omitempty"`
}

func (r *result) failed(f *cred.Fault) { r.Failure = f }

// verb wraps what a verb does: it prints the document, whole or as far as it got, and passes the failure on to the exit code.
// A nil document prints nothing but the failure.
func (a *app) verb(do func(ctx context.Context, args []string) (document, error)) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		doc, err := do(c.Context(), args)
		if doc == nil {
			return err
		}
		if fault := cred.AsFault(err); fault != nil {
			doc.failed(fault)
		}
		if a.json {
			a.printJSON(doc)
		} else {
			doc.people(a.out)
		}
		if err != nil {
			return &printed{err}
		}
		return nil
	}
}
