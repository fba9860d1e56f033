package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"example.org/sectag/cred"
)

// group makes a command that only holds others say which, instead of printing help as if all were well.
func group(c *cobra.Command, subs ...*cobra.Command) *cobra.Command {
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

// verbs are all of them, in the order in which help lists them: the job, what it stands on, what helps.
func (a *app) verbs() []*cobra.Command {
	return []*cobra.Command{
		a.demoVerb(), a.provisionVerb(), a.inspectVerb(), a.slotsVerb(), a.portsVerb(), a.doctorVerb(), a.atVerb(),
		a.caVerb(), a.profileVerb(), a.probeVerb(), a.connectVerb(), a.ledgerVerb(), a.simVerb(), a.versionVerb(),
	}
}
