package console

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"example.org/sectag/cred"
)

// Group makes a command that only holds others say which, instead of printing help as if all were well.
func Group(c *cobra.Command, subs ...*cobra.Command) *cobra.Command {
	c.AddCommand(subs...)
	var names []string
	for _, s := range subs {
		names = append(names, s.Name())
	}
	c.RunE = func(_ *cobra.Command, args []string) error {
		what := "what to do is missing"
		if len(args) > 0 {
			what = fmt.Sprintf("sectag %s has no verb %q", c.Name(), args[0])
		}
		return cred.Failed("usage.flag", what, "write sectag "+c.Name()+" and one of "+strings.Join(names, ", "))
	}
	return c
}
