package main

import (
	"github.com/spf13/cobra"

	"example.org/sectag/cmd/sectag/authority"
	"example.org/sectag/cmd/sectag/books"
)

// verbs are all of them, in the order in which help lists them: the job, what it stands on, what helps.
func (a *app) verbs() []*cobra.Command {
	return []*cobra.Command{
		a.demoVerb(), a.provisionVerb(), a.inspectVerb(), a.slotsVerb(), a.portsVerb(), a.doctorVerb(), a.atVerb(), a.evidenceVerb(),
		authority.Verb(a.Console), a.profileVerb(), a.probeVerb(), a.connectVerb(), books.Verb(a.Console), a.simVerb(), a.versionVerb(),
	}
}
