//go:build !manual

package main

import "github.com/spf13/cobra"

// manualVerbs are none: the program that is shipped writes no manual.
func (a *app) manualVerbs() []*cobra.Command { return nil }
