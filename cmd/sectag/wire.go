package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"example.org/sectag/bench/evidence"
	"example.org/sectag/bench/profile"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
	"example.org/sectag/flows"
	"example.org/sectag/ledger"
)

// now is the clock of the process. A release has one; a test build may set it (announce.go).
var now = time.Now

// builtAt is when this program was built, zero when nobody said.
func builtAt() time.Time {
	t, err := time.Parse(time.RFC3339, built)
	if err != nil {
		return time.Time{}
	}
	return t
}

func tool() evidence.Tool {
	return evidence.Tool{Version: version, Commit: hexOnly(commit), Built: builtAt()}
}

// hexOnly leaves out a commit that is not known.
func hexOnly(s string) string {
	if s == "unknown" {
		return ""
	}
	return s
}

// dialer opens ports of every kind; virtual modems live in this process.
func dialer() device.Dialer {
	rack := &sim.Rack{}
	return device.Dialer{Sim: rack.Open}
}

// loadProfile reads the profile that was named, or the one in the working folder if there is one.
func (a *app) loadProfile() (p profile.Profile, found bool, err error) {
	name := a.profile
	if name == "" {
		name = profile.DefaultName
		if _, err := os.Stat(name); errors.Is(err, os.ErrNotExist) {
			return profile.Profile{ID: cred.DefaultTemplate, Origin: profile.Auto, Days: profile.DefaultDays, Ledger: a.ledger}, false, nil
		}
	}
	loaded, err := profile.Load(name)
	if err != nil {
		return profile.Profile{}, false, err
	}
	if a.ledger != "" {
		loaded.Ledger = a.ledger
	}
	return *loaded, true, nil
}

// writeLedger opens the profile's ledger for writing; nil when there is none.
func writeLedger(ctx context.Context, p profile.Profile) (*ledger.Store, error) {
	if p.Ledger == "" {
		return nil, nil
	}
	return ledger.Open(ctx, p.Ledger)
}

// readLedger opens a ledger for questions; nil when there is none, or none yet.
func (a *app) readLedger(ctx context.Context) (*ledger.Reader, error) {
	p, _, err := a.loadProfile()
	if err != nil || p.Ledger == "" {
		return nil, err
	}
	r, err := ledger.OpenReader(ctx, p.Ledger)
	if f := cred.AsFault(err); f != nil && errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return r, err
}

// needLedger is readLedger for the verbs that can do nothing without one.
func (a *app) needLedger(ctx context.Context) (*ledger.Reader, error) {
	p, _, err := a.loadProfile()
	if err != nil {
		return nil, err
	}
	if p.Ledger == "" {
		return nil, cred.Failed("config.value", "no ledger is named", "give --ledger sqlite:ledger.db, or a profile with [ledger]")
	}
	return ledger.OpenReader(ctx, p.Ledger)
}

func closeReader(r *ledger.Reader) {
	if r != nil {
		_ = r.Close() // it only read
	}
}

// trace prints the masked transcript on stderr when it was asked for.
func (a *app) trace() func(flows.TraceLine) {
	if !a.verbose {
		return nil
	}
	return func(t flows.TraceLine) {
		arrow := "<"
		if t.Out {
			arrow = ">"
		}
		fmt.Fprintf(a.err, "%s %s %s\n", t.At.Format("15:04:05.000"), arrow, t.Text)
	}
}

// say prints a line for people beside the result, unless they want quiet or JSON.
func (a *app) say(format string, args ...any) {
	if !a.quiet && !a.json {
		fmt.Fprintf(a.out, format, args...)
	}
}

func line(w io.Writer, name, value string) {
	if value != "" {
		fmt.Fprintf(w, "%-12s %s\n", name, value)
	}
}
