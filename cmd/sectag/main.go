// Command sectag gives nRF91xx cellular modems their cryptographic identity at a bench and proves that it works. This folder
// parses, wires, prints and exits: one file a verb, no logic. The rooms that do the work are listed in docs/house.md.
package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"example.org/sectag/bench/evidence"
	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/core"
	"example.org/sectag/cmd/sectag/house"
	"example.org/sectag/cmd/sectag/job"
	"example.org/sectag/cmd/sectag/manual/tagged"
	"example.org/sectag/cred"
)

// Set by the linker (Makefile). built is the time of the commit: a clock that is earlier is wrong.
var (
	version = "dev"
	commit  = "unknown"
	built   = ""
)

func main() {
	core.None()
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// app is the verbs; what they share of the process is the console.
type app struct {
	*console.Console
	look house.Look // of the screens
}

// run is main without the process: it parses, does the verb and answers with the exit code.
func run(args []string, in *os.File, out, errw io.Writer) int {
	a := &app{Console: &console.Console{In: in, Out: out, Err: errw, Now: now, Tool: tool(), Args: args}}
	ctx, stop := a.signals()
	defer stop()
	a.Stop = ctx.Done()
	root := a.root()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errw)
	err := root.ExecuteContext(ctx)
	return a.Exit(err)
}

// root is the command without a verb: the screens.
func (a *app) root() *cobra.Command {
	root := a.station()
	root.SilenceUsage, root.SilenceErrors = true, true
	root.Version = version
	root.SetVersionTemplate("sectag {{.Version}}\n")
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetHelpCommand(console.HelpVerb())
	f := root.PersistentFlags()
	f.BoolVar(&a.JSON, "json", false, "print one JSON object on stdout and nothing else there")
	f.BoolVarP(&a.Quiet, "quiet", "q", false, "say nothing but results and failures")
	f.BoolVarP(&a.Verbose, "verbose", "v", false, "also print the masked AT transcript on stderr")
	f.StringVar(&a.ProfileFile, "profile", "", "profile file (default sectag.toml in the working folder, if there)")
	f.StringVar(&a.LedgerURL, "ledger", "", "ledger, such as sqlite:ledger.db (default the profile's)")
	f.StringVar(&a.PassFile, "passphrase-file", "", "first line of this file is the passphrase (also SECTAG_PASSPHRASE_FILE)")
	f.DurationVar(&a.Timeout, "timeout", 5*time.Second, "how long to wait for a server")
	root.SetFlagErrorFunc(a.misused)
	root.PersistentPreRunE = func(c *cobra.Command, _ []string) error {
		if a.Timeout <= 0 {
			return a.Misused(c, cred.Failed("usage.flag", "the timeout must be longer than nothing", console.TimeHint))
		}
		return nil
	}
	root.AddCommand(a.verbs()...)
	root.AddCommand(tagged.Verbs(version, tool().Built)...)
	a.judgeArgs(root)
	return root
}

// misused tells of a command line that cobra does not understand.
func (a *app) misused(c *cobra.Command, err error) error {
	return a.Misused(c, cred.Because(err, "usage.flag", console.FlagText(err), console.FlagHint(err)))
}

// judgeArgs makes wrong arguments of a verb end like wrong flags: with its document.
func (a *app) judgeArgs(c *cobra.Command) {
	for _, sub := range c.Commands() {
		a.judgeArgs(sub)
	}
	if judge := c.Args; judge != nil && !c.HasSubCommands() {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := judge(c, args); err != nil {
				return a.misused(c, err)
			}
			return nil
		}
	}
}

// errSignal is the cause of a context that a signal ended.
var errSignal = errors.New("a signal ended the job")

// signals ends the context at the first SIGINT, SIGTERM or SIGHUP; jobs then come to a journaled rest. A second one kills the
// process in the ordinary way. A pipe whose reader has gone kills nothing, for a unit may be half written: the write fails instead.
func (a *app) signals() (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	c := make(chan os.Signal, 1)
	signal.Ignore(syscall.SIGPIPE)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // nohup
		signal.Notify(c, syscall.SIGHUP)
	}
	gone := make(chan struct{})
	go func() {
		select {
		case <-c:
			a.Ended.Store(true)
			signal.Stop(c)
			cancel(errSignal)
			job.Heard()
		case <-gone:
		}
	}()
	return ctx, func() { signal.Stop(c); close(gone); cancel(nil) }
}

// now is the clock of the process.
var now = time.Now

// binary is the digest of this process's file, worked out when the first record asks for it; zero where the system tells no file.
var binary = sync.OnceValue(func() cred.Digest {
	name, err := os.Executable()
	if err != nil {
		return cred.Digest{}
	}
	f, err := os.Open(name)
	if err != nil {
		return cred.Digest{}
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return cred.Digest{}
	}
	return cred.Digest(h.Sum(nil))
})

// tool says which sectag this is, and when it was built: a clock that is earlier is wrong.
func tool() evidence.Tool {
	t := evidence.Tool{Version: version, Binary: binary}
	if commit != "unknown" {
		t.Commit = commit
	}
	if at, err := time.Parse(time.RFC3339, built); err == nil {
		t.Built = at
	}
	return t
}
