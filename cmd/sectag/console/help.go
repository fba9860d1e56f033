package console

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"example.org/sectag/cred"
)

// HelpVerb is --help for those who type it as a verb. It is not listed, because it is no other way to do anything.
func HelpVerb() *cobra.Command {
	return &cobra.Command{
		Use: "help [VERB]", Short: "Show what a verb takes, as --help behind it does", Hidden: true,
		RunE: func(c *cobra.Command, args []string) error {
			of, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return cred.Failed("usage.flag", fmt.Sprintf("there is no verb %q", strings.Join(args, " ")), "sectag --help lists the verbs")
			}
			return of.Help()
		},
	}
}

// TimeHint is how a time is written.
const TimeHint = "write a number and its unit, such as 5s or 1m"

// FlagHint is what to do about a complaint about the command line.
func FlagHint(err error) string {
	if strings.Contains(err.Error(), `for "--timeout" flag`) {
		return TimeHint
	}
	return "see sectag --help, or --help behind the verb"
}
