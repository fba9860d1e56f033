package main

import (
	"context"

	"github.com/spf13/cobra"

	"example.org/sectag/bench"
	"example.org/sectag/bench/ask"
	"example.org/sectag/bench/profile"
	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cmd/sectag/target"
	"example.org/sectag/cred"
	"example.org/sectag/endpoint"
	"example.org/sectag/flows"
	"example.org/sectag/flows/station"
	"example.org/sectag/ledger"
)

// job is what the verbs that work on a unit share.
type job struct {
	app     *app
	profile profile.Profile
	store   *ledger.Store
	past    *ledger.Reader // instead of the store, for a run that only looks
	pass    []byte
	keyed   bool
}

func (a *app) provisionVerb() *cobra.Command {
	var ports []string
	var named target.Unit
	var dry bool
	c := &cobra.Command{
		Use: "provision --port P", Short: "Give the unit at a port what the profile asks for, and prove it", Args: cobra.NoArgs,
		Example: "  sectag provision --port /dev/ttyACM0 --passphrase-file pass.txt\n  sectag provision --port sim:nrf9151 --dry-run",
		RunE: a.VerbOf(func() paper.Document { return paper.NoUnitOf(len(ports)) }, func(ctx context.Context, _ []string) (paper.Document, error) {
			if len(ports) == 0 {
				return nil, target.NeedPort("")
			}
			n, err := named.Named()
			if err != nil {
				return nil, err
			}
			p, found, err := a.Profile()
			if err != nil {
				return nil, err
			}
			if !found || len(p.Slots) == 0 {
				return nil, cred.Failed("config.value", "no profile says what the unit must hold", "write a sectag.toml (docs/profile.md), or run sectag and let the screens save one")
			}
			if err := ask.CheckAnchors(p); err != nil {
				return nil, err
			}
			j := &job{app: a, profile: p}
			defer j.close()
			if err := j.prepare(ctx, dry); err != nil {
				return nil, err
			}
			return j.provision(ctx, ports, n, dry)
		}),
	}
	c.Flags().StringArrayVar(&ports, "port", nil, "/dev/ttyACM0, COM3, tcp://host:port or sim:nrf9151; may be repeated")
	c.Flags().BoolVar(&dry, "dry-run", false, "show the plan and change nothing")
	named.Add(c)
	return c
}

// prepare opens the ledger and gets the passphrase before any device is touched. A dry run needs no passphrase and leaves the
// ledger as it is: no journal, and what an interrupted run owes waits for one that works.
func (j *job) prepare(ctx context.Context, dry bool) (err error) {
	if dry {
		j.past, err = j.app.ReadLedger(ctx)
		return err
	}
	if j.profile.Key != "" {
		if err := j.passphrase(); err != nil {
			return err
		}
	}
	j.store, err = console.WriteLedger(ctx, j.profile)
	return err
}

// passphrase gets it from the file, or from the person when the key needs one.
func (j *job) passphrase() (err error) {
	encrypted, err := ask.KeyEncrypted(j.profile)
	if err != nil || !encrypted {
		return err
	}
	if j.app.PassphraseFile() == "" && !j.app.Terminal() {
		return nil // a unit that needs nothing signed can do without
	}
	j.pass, err = j.app.Passphrase("passphrase of " + j.profile.Key + ": ")
	j.keyed = err == nil
	return err
}

func (j *job) close() {
	clear(j.pass)
	console.CloseReader(j.past)
	if j.store != nil {
		_ = j.store.Close() // every record was synced when it was written
	}
}

func (j *job) provision(ctx context.Context, ports []string, n ask.Named, dry bool) (paper.Document, error) {
	d := console.Dialer()
	var units []bench.Unit
	var worst *cred.Fault
	for _, port := range ports {
		c := j.config(port)
		c.Dialer = d
		o := station.Orders{Yes: n.Yes, IMEIs: n.IMEIs, Look: dry}
		u := j.one(ctx, c, o)
		units = append(units, u)
		if u.Failure != nil && (worst == nil || console.ExitOf(u.Failure.Code) > console.ExitOf(worst.Code)) {
			worst = u.Failure
		}
		if ctx.Err() != nil {
			break
		}
	}
	var doc paper.Document = &paper.Units{Units: units, Planned: dry}
	if len(ports) == 1 {
		doc = &paper.Unit{Unit: units[0], Planned: dry}
	}
	if worst != nil {
		return doc, worst
	}
	return doc, nil
}

func (j *job) config(port string) bench.Config {
	c := bench.Config{
		Profile: j.profile, Port: port, Dialer: console.Dialer(), Ledger: j.store, Past: j.past, Tool: tool(), Now: now, Timeout: j.app.Timeout,
		Probe: endpoint.ProbeOptions{AIA: true}, Once: true,
	}
	if t := j.app.Trace(); t != nil {
		c.Trace = t
	}
	return c
}

// one drives a bench through one unit. A bench that broke off (the journal, the ledger) has a document too: what the unit holds is
// told whatever happened.
func (j *job) one(ctx context.Context, c bench.Config, o station.Orders) bench.Unit {
	b := bench.New(c)
	if j.keyed {
		o.Pass, o.Keyed = b.Keep(append([]byte(nil), j.pass...)), true
	}
	t := flows.Terms{
		Authority: j.profile.Key != "", Port: true, Anchor: ask.HasAnchor(j.profile), Endpoint: j.profile.Endpoint.Host != "",
		Ledger: j.store != nil, Profile: true,
	}
	fault, err := b.Drive(ctx, context.WithoutCancel(ctx), t, o, announcer(), nil)
	if err != nil {
		fault = cred.AsFault(err)
	}
	return b.Document(fault, o.Look)
}
