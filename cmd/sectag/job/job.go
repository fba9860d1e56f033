// Package job is what the verbs that work on a unit share: the profile, the ledger, the authority's passphrase and the bench that
// they drive. The verbs themselves parse and print; nothing of that is here.
package job

import (
	"context"
	"io"

	"example.org/sectag/bench"
	"example.org/sectag/bench/ask"
	"example.org/sectag/bench/gang"
	"example.org/sectag/bench/profile"
	"example.org/sectag/ca/keyuri"
	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/port"
	"example.org/sectag/endpoint"
	"example.org/sectag/flows"
	"example.org/sectag/flows/station"
	"example.org/sectag/ledger"
)

// Job is work on units that one command line asked for. Close it.
type Job struct {
	*console.Console
	Settled profile.Profile
	Store   *ledger.Store // nil: nothing is recorded

	dialer device.Dialer
	past   *ledger.Reader // instead of the store, for a run that only looks
	pass   []byte
	keyed  bool
}

// New begins a job with the ports of this computer. Nothing is opened.
func New(c *console.Console, p profile.Profile) *Job {
	return &Job{Console: c, Settled: p, dialer: console.Dialer()}
}

// defaultLedger is where the screens record when neither a profile nor --ledger says: beside the profile that they offer to save.
const defaultLedger = "sqlite:ledger.db"

// ForScreens begins and opens what the ways in share. Without a profile records go beside the one that can be saved, unless nothing can
// be written there: that is no reason not to look.
func ForScreens(ctx context.Context, c *console.Console, p profile.Profile, found bool) (*Job, error) {
	j := New(c, p)
	if p.Ledger == "" && !found {
		j.Settled.Ledger = defaultLedger
	}
	err := j.Open(ctx)
	if err != nil && p.Ledger == "" && cred.AsFault(err).Code == "config.file" {
		j.Settled.Ledger, err = "", nil
	}
	if err != nil {
		j.Close()
		return nil, err
	}
	return j, nil
}

// Prepare opens the ledger and gets the passphrase before any device is touched. A dry run needs no passphrase and leaves the
// ledger as it is: no journal, and what an interrupted run owes waits for one that works.
func (j *Job) Prepare(ctx context.Context, dry bool) (err error) {
	if dry {
		j.past, err = j.ReadLedger(ctx)
		return err
	}
	if j.Settled.Signs() {
		if err := j.passphrase(); err != nil {
			return err
		}
	}
	return j.OpenAloud(ctx)
}

// Open opens the profile's ledger for writing, where it names one.
func (j *Job) Open(ctx context.Context) (err error) {
	j.Store, err = j.WriteLedger(ctx, j.Settled)
	return err
}

// OpenAloud is Open for a verb without screens: where no ledger is named people are told, since nobody finds out later.
func (j *Job) OpenAloud(ctx context.Context) error {
	err := j.Open(ctx)
	if err == nil && j.Store == nil {
		j.Note("no ledger is named, so nothing is recorded\n")
	}
	return err
}

// Keep takes a passphrase that is known already.
func (j *Job) Keep(pass []byte) { j.pass, j.keyed = pass, true }

// passphrase gets it from the file, or from the person when the key needs one.
func (j *Job) passphrase() error {
	encrypted, err := ask.KeyEncrypted(j.Settled)
	if err != nil || !encrypted {
		return err
	}
	if j.PassphraseFile() == "" && !j.Terminal() {
		return nil // a unit that needs nothing signed can do without
	}
	pass, err := j.Passphrase(keyuri.Prompt(j.Settled.Key))
	if err == nil {
		j.Keep(pass)
	}
	return err
}

// Close forgets the passphrase and closes the ledger.
func (j *Job) Close() {
	clear(j.pass)
	console.CloseReader(j.past)
	if j.Store != nil {
		_ = j.Store.Close() // every record was synced when it was written
	}
}

// Config is that of a bench for one unit at a port. The port may be empty.
func (j *Job) Config(port string) bench.Config {
	c := bench.Config{
		Profile: j.Settled, Port: port, Dialer: j.dialer, Ledger: j.Store, Past: j.past, Tool: j.Tool, Now: j.Now, Timeout: j.Timeout,
		Probe: endpoint.ProbeOptions{AIA: true}, Once: true,
	}
	if t := j.Trace(); t != nil {
		c.Trace = t
	}
	return c
}

// Ports are those of this computer on which a unit answers. They are named before anything is opened for work.
func (j *Job) Ports(ctx context.Context) ([]string, error) {
	all, err := port.Lister{}.Ports(ctx)
	if err != nil {
		return nil, err
	}
	d := j.dialer
	d.Memory = nil // a name means that port and no other
	return gang.Find(ctx, all, d.Open)
}

// All drives a bench a port, all at the same time, and tells of each unit when it is done.
func (j *Job) All(ctx context.Context, ports []string, o station.Orders) []bench.Unit {
	done := 0
	return gang.Gang{
		Ports: ports, Terms: j.Terms(), Orders: o, Pass: j.pass, Keyed: j.keyed, Around: Announcer(),
		Bench: func(name string) bench.Config {
			c := j.Config(name)
			if t := j.TraceOf(name + " | "); t != nil {
				c.Trace = t
			}
			return c
		},
		See: func(n int, s bench.Shot) {
			if what := milestone(s); what != "" {
				j.Note("%s: %s\n", ports[n], what)
			}
		},
		Done: func(_ int, u bench.Unit) {
			done++
			j.Tell(func(w io.Writer) { paper.Lane(w, u, o.Look) })
			j.Note("%s: %s, %d of %d units are done\n", u.Port, paper.LastWord(u, o.Look), done, len(ports))
		},
	}.Run(ctx)
}

// milestone is what a person wants to know of a lane while it is at work; "" is nothing.
func milestone(s bench.Shot) string {
	if s.Ignored || s.Err != nil {
		return ""
	}
	switch e := s.Event.(type) {
	case flows.UnitConfirmed:
		return e.IMEI.String() + " is here"
	case flows.Prepared:
		return "the new set is ready, the slots are worked on"
	}
	return ""
}

// One drives a bench through one unit. A bench that broke off (the journal, the ledger) has a document too: what the unit holds is
// told whatever happened.
func (j *Job) One(ctx context.Context, port string, o station.Orders) bench.Unit {
	b := bench.New(j.Config(port))
	if j.keyed {
		o.Pass, o.Keyed = b.Keep(append([]byte(nil), j.pass...)), true
	}
	fault, err := b.Drive(ctx, context.WithoutCancel(ctx), j.Terms(), o, Announcer(), nil)
	if err != nil {
		fault = cred.AsFault(err)
	}
	return b.Document(fault, o.Look)
}

// Terms are what is settled when a command line begins.
func (j *Job) Terms() flows.Terms {
	p := j.Settled
	return flows.Terms{
		Authority: p.Signs(), PSK: p.Shares(), Port: true, Anchor: ask.HasAnchor(p), Endpoint: p.Endpoint.Host != "", Ledger: j.Store != nil, Profile: true,
	}
}
