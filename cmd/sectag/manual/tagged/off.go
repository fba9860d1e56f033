//go:build !manual

package tagged

import (
	"time"

	"github.com/spf13/cobra"
)

// Verbs are none: the program that is shipped writes no manual.
func Verbs(string, time.Time) []*cobra.Command { return nil }
