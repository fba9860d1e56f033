package main

import "github.com/spf13/cobra"

// verbs are all of them, in the order in which help lists them: the job, what it stands on, what helps.
func (a *app) verbs() []*cobra.Command {
	return []*cobra.Command{
		a.demoVerb(), a.provisionVerb(), a.inspectVerb(), a.slotsVerb(), a.portsVerb(), a.atVerb(),
		a.caVerb(), a.probeVerb(), a.connectVerb(), a.ledgerVerb(), a.simVerb(), a.versionVerb(),
	}
}
