// Package console is what the verbs have of the process: where they read and print, the flags that stand everywhere, questions to
// the person, the profile and the ledger that were named, and the exit code. No verb is here.
package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"example.org/sectag/bench/evidence"
	"example.org/sectag/bench/profile"
	"example.org/sectag/cmd/sectag/air"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/port"
	"example.org/sectag/device/sim"
	"example.org/sectag/flows"
	"example.org/sectag/ledger"
)

// Console is what the verbs share of the process: its mouths, the flags that stand everywhere, and what it is.
type Console struct {
	In       *os.File
	Out, Err io.Writer
	Now      func() time.Time
	Tool     evidence.Tool

	JSON, Quiet, Verbose             bool
	ProfileFile, LedgerURL, PassFile string
	Timeout                          time.Duration

	Args   []string // of the process, for what cannot be read from the flags
	misuse error    // why the command line could not be understood
	served bool     // the one document is on stdout already

	Stop  <-chan struct{} // closed when a signal asked the job to end; nil in a process that none can ask
	Ended atomic.Bool     // a signal asked the job to end

	lost error // a part of the result that could not be written
}

// Dialer opens ports of every kind; virtual modems live in this process. A unit that reboots and comes back under another name is
// found again as long as the Dialer is kept.
func Dialer() device.Dialer {
	rack := &sim.Rack{Dialer: air.Dialer{}}
	return device.Dialer{Sim: rack.Open, Memory: &port.Memory{}}
}

// Profile reads the profile that was named, or the one in the working folder if there is one.
func (c *Console) Profile() (p profile.Profile, found bool, err error) {
	name := c.ProfileFile
	if name == "" {
		name = profile.DefaultName
		if _, err := os.Stat(name); errors.Is(err, os.ErrNotExist) {
			return profile.Profile{ID: cred.DefaultTemplate, Origin: profile.Auto, Days: profile.DefaultDays, Ledger: c.LedgerURL}, false, nil
		}
	}
	loaded, err := profile.Load(name)
	if err != nil {
		return profile.Profile{}, false, err
	}
	if c.LedgerURL != "" {
		loaded.Ledger = c.LedgerURL
	}
	return *loaded, true, nil
}

// ReadLedger opens a ledger for questions; nil when there is none, or none yet.
func (c *Console) ReadLedger(ctx context.Context) (*ledger.Reader, error) {
	url, err := c.ledgerURL()
	if err != nil || url == "" {
		return nil, err
	}
	r, err := ledger.OpenReader(ctx, url)
	if f := cred.AsFault(err); f != nil && errors.Is(err, os.ErrNotExist) {
		if c.LedgerURL != "" { // a profile's is made by the first run; a name that was typed may be wrong
			c.Note("there is no ledger %s, so no record is known\n", c.LedgerURL)
		}
		return nil, nil
	}
	return r, err
}

// ServeModem serves a virtual modem until a signal, or until a fault unplugs it, which is what was asked for.
func (c *Console) ServeModem(ctx context.Context, m *sim.Modem, link string) error {
	err := sim.ServePTY(ctx, m, link, func(path string) { c.Serving(path, paper.SimModem{Port: path}) })
	if errors.Is(err, sim.ErrUnplugged) {
		c.Note("a fault unplugged the unit; with the same --state it comes back as it is now\n")
		return nil
	}
	return err
}

// NeedLedger is ReadLedger for the verbs that can do nothing without one.
func (c *Console) NeedLedger(ctx context.Context) (*ledger.Reader, error) {
	url, err := c.NeedURL()
	if err != nil {
		return nil, err
	}
	return ledger.OpenReader(ctx, url)
}

// NeedURL is the address of the ledger that was named; without one there is a fault.
func (c *Console) NeedURL() (string, error) {
	url, err := c.ledgerURL()
	if err == nil && url == "" {
		err = cred.Failed("config.value", "no ledger is named", "give --ledger sqlite:ledger.db, or a profile with [ledger]")
	}
	return url, err
}

// ledgerURL is the ledger to read; "" when there is none. Whoever names it does not need the working folder's profile, whose
// authority an auditor may not even be allowed to read.
func (c *Console) ledgerURL() (string, error) {
	if c.LedgerURL != "" && c.ProfileFile == "" {
		return c.LedgerURL, nil
	}
	p, _, err := c.Profile()
	return p.Ledger, err
}

// CloseReader closes one that may be nil.
func CloseReader(r *ledger.Reader) {
	if r != nil {
		_ = r.Close() // it only read
	}
}

// Trace prints the masked transcript on stderr when it was asked for.
func (c *Console) Trace() func(flows.TraceLine) { return c.TraceOf("") }

// TraceOf is Trace with something before each line, where there are several transcripts.
func (c *Console) TraceOf(who string) func(flows.TraceLine) {
	if !c.Verbose {
		return nil
	}
	return func(t flows.TraceLine) {
		arrow := "<"
		if t.Out {
			arrow = ">"
		}
		fmt.Fprintf(&plain{Writer: c.Err}, "%s%s %s %s\n", who, t.At.Format("15:04:05.000"), arrow, t.Text)
	}
}

// Tell prints a part of the result before the whole is there, as it is for people; one call at a time. A part that could not be written
// is told with the result.
func (c *Console) Tell(people func(io.Writer)) {
	if c.JSON {
		return
	}
	if err := c.people(people); err != nil {
		c.lost = err
	}
}

// Note prints a line on stderr about what goes on, unless people want quiet or JSON.
func (c *Console) Note(format string, args ...any) {
	if !c.Quiet && !c.JSON {
		fmt.Fprintf(&plain{Writer: c.Err}, format, args...)
	}
}

// Say prints a line for people beside the result, unless they want quiet or JSON.
func (c *Console) Say(format string, args ...any) {
	if !c.Quiet && !c.JSON {
		fmt.Fprintf(&plain{Writer: c.Out}, format, args...)
	}
}
