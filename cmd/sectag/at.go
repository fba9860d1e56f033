package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"example.org/sectag/bench/ask"
	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cmd/sectag/target"
	"example.org/sectag/cred"
	"example.org/sectag/device"
)

func (a *app) atVerb() *cobra.Command {
	var port, file string
	var named target.Unit
	c := &cobra.Command{
		Use: "at --port P [--file F|-] CMD…", Short: "Send AT commands and show the answers, masked",
		Example: "  sectag at --port /dev/ttyACM0 AT+CGSN=1 AT%CMNG=1",
		RunE: a.VerbOf(paper.NoCommands, func(ctx context.Context, args []string) (paper.Document, error) {
			if err := target.NeedPort(port); err != nil {
				return nil, err
			}
			for _, c := range args {
				if strings.TrimSpace(c) == "" {
					return nil, cred.Failed("usage.flag", "a command is empty", "write sectag at --port P AT+CGMR")
				}
				if device.Weigh(c).Secret {
					return nil, cred.Failed("usage.secret-argument", "a command that carries credential content was given as an argument, where every user of this computer can read it",
						"put it in a file and name it with --file, or pipe it in with --file -")
				}
			}
			more, err := a.commandFile(file)
			if err != nil {
				return nil, err
			}
			commands := append(args, more...)
			if len(commands) == 0 {
				return nil, cred.Failed("usage.flag", "no command is given", "write sectag at --port P AT+CGMR")
			}
			n, err := named.Named()
			if err != nil {
				return nil, err
			}
			answers, err := ask.Talk(ctx, console.Dialer(), port, commands, n, a.Trace())
			if len(answers) == 0 && err != nil {
				return nil, err
			}
			return &paper.AT{Commands: answers}, err
		}),
	}
	target.PortFlag(c, &port)
	c.Flags().StringVar(&file, "file", "", "file with one command a line, - for standard input")
	named.Add(c)
	return c
}

// commandFile reads one command a line; a quoted content may go over several lines.
func (a *app) commandFile(name string) ([]string, error) {
	if name == "" {
		return nil, nil
	}
	lines, err := a.Input(name, target.MaxFile)
	if err != nil && a.Ended.Load() {
		return nil, err
	}
	if err != nil {
		return nil, cred.Because(err, "config.file", "the commands cannot be read: "+err.Error(), "name a file with one AT command a line")
	}
	var out []string
	open := ""
	for line := range strings.Lines(string(lines)) {
		text := open + strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if strings.Count(text, `"`)%2 == 1 {
			open = text + "\n"
			continue
		}
		open = ""
		if strings.TrimSpace(text) != "" {
			out = append(out, text)
		}
	}
	if open != "" {
		return nil, cred.Failed("config.value", "the last command has a quote that is not closed", "close it: an open quote would block the unit's AT host")
	}
	return out, nil
}
