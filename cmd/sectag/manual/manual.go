// Package manual writes what a system keeps beside a program: a manual page for each verb and the completions of the shells.
// Both come from the tree of verbs. The prose and the words for the flags come from docs/cli.md, so that the page on paper and
// the page in man are one. Only a program that is built with the tag "manual" links it (make manual): the renderer is not shipped.
package manual

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"
)

// Write makes the folder dir with man1/*.1 and completions/*. page is the text of docs/cli.md, version that of the program, and
// date what stands at the foot of each page: the time of the commit, so that the same source gives the same bytes (the zero time
// is today). It changes root, which is of no other use afterwards. Errors are those of the file system.
func Write(root *cobra.Command, page, version string, date time.Time, dir string) error {
	if err := pages(root, page, version, date, filepath.Join(dir, "man1")); err != nil {
		return err
	}
	return completions(root, filepath.Join(dir, "completions"))
}

func pages(root *cobra.Command, page, version string, date time.Time, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the folder of the manual pages: %w", err)
	}
	root.DisableAutoGenTag = true
	describe(root, sections(page))
	header := &doc.GenManHeader{Section: "1", Source: "sectag " + version, Manual: "sectag"}
	if date = date.UTC(); !date.IsZero() {
		header.Date = &date
	}
	if err := doc.GenManTree(root, header, dir); err != nil {
		return fmt.Errorf("writing the manual pages: %w", err)
	}
	return nil
}

// describe gives each verb the prose of its section and each flag the words of its row. That verbs, flags and page agree is held
// by a test of cmd/sectag; a group such as "sectag ca" has no section and keeps its one line.
func describe(c *cobra.Command, secs map[string]string) {
	text := secs[c.CommandPath()]
	reword(c.LocalNonPersistentFlags(), text)
	if forms, rest := synopsis(text, c.CommandPath()); forms != "" {
		c.Use, c.DisableFlagsInUseLine, text = c.Name()+forms, true, rest
	}
	if !c.HasParent() {
		reword(c.PersistentFlags(), secs["Everywhere"])
		text = secs[""] + "\n" + text + "\n# EVERYWHERE\n\n" + secs["Everywhere"]
	}
	if text != "" {
		c.Long = prose(text)
	}
	for _, sub := range c.Commands() {
		describe(sub, secs)
	}
}

func reword(flags *pflag.FlagSet, section string) {
	words := rows(section)
	flags.VisitAll(func(f *pflag.Flag) {
		if w := words[f.Name]; w != "" {
			f.Usage = w
		}
	})
}

// completions writes the scripts under the names by which the shells find them. What they offer they ask of the program.
func completions(root *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the folder of the completions: %w", err)
	}
	for name, write := range map[string]func(file string) error{
		"sectag.bash": func(file string) error { return root.GenBashCompletionFileV2(file, true) },
		"_sectag":     root.GenZshCompletionFile,
		"sectag.fish": func(file string) error { return root.GenFishCompletionFile(file, true) },
		"sectag.ps1":  root.GenPowerShellCompletionFileWithDesc,
	} {
		if err := write(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("writing the completion %s: %w", name, err)
		}
	}
	return nil
}
