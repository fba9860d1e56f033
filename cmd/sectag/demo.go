package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"example.org/sectag/cmd/sectag/console"

	"example.org/sectag/cmd/sectag/paper"

	"github.com/spf13/cobra"

	"example.org/sectag/bench"
	"example.org/sectag/bench/profile"
	"example.org/sectag/ca"
	"example.org/sectag/cred"
	"example.org/sectag/endpoint"
	farsim "example.org/sectag/endpoint/sim"
	"example.org/sectag/flows"
	"example.org/sectag/flows/station"
	"example.org/sectag/internal/atomicfile"
)

// demoPassphrase protects a key that signs for virtual modems only.
const demoPassphrase = "demonstration"

func (a *app) demoVerb() *cobra.Command {
	units := 1
	c := &cobra.Command{
		Use: "demo", Short: "Show the whole job on a virtual modem and a local server", Args: cobra.NoArgs,
		RunE: a.Verb(func(ctx context.Context, _ []string) (paper.Document, error) {
			if units < 1 || units > 100 {
				return nil, cred.Failed("usage.flag", "--units takes 1 to 100", "write --units 3")
			}
			dir, err := os.MkdirTemp("", "sectag-demo-")
			if err != nil {
				return nil, cred.Because(err, "config.file", "no temporary folder could be made", "set TMPDIR to a folder that you may write to")
			}
			d := &demo{app: a, dir: dir}
			return d.run(ctx, units)
		}),
	}
	c.Flags().IntVar(&units, "units", 1, "how many units, one after the other")
	return c
}

// demo is the stage: a folder with an authority, a profile, a ledger, and a server that runs beside the bench.
type demo struct {
	app *app
	dir string
}

func (d *demo) file(name string) string { return filepath.Join(d.dir, name) }

// run starts the server, sets the folder up and does the job: on the screens when there is a terminal, else as lines.
func (d *demo) run(ctx context.Context, units int) (paper.Document, error) {
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	url := make(chan string, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- farsim.Serve(serving, farsim.Config{Dir: d.file("server"), ClientCA: d.file("root.crt"), AIA: "127.0.0.1:0"}, func(u string) { url <- u })
	}()
	defer func() { stop(); <-ended }()
	var at string
	select {
	case at = <-url:
	case err := <-ended:
		ended <- err
		return nil, err
	}
	p, err := d.set(ctx, at)
	if err != nil {
		return nil, err
	}
	if d.app.Terminal() && !d.app.JSON && console.IsTerminal(d.app.Out) {
		return nil, d.screens(ctx, p)
	}
	return d.lines(ctx, p, units)
}

// set makes the authority, finds the server's root and writes the profile.
func (d *demo) set(ctx context.Context, url string) (profile.Profile, error) {
	d.app.Say("folder       %s\n", d.dir)
	made, err := ca.Init(ca.InitOptions{Dir: d.dir, Subject: "CN=Demo Devices,O=sectag demo", Passphrase: []byte(demoPassphrase), Clock: ca.Clock{Now: now(), Build: tool().Built}})
	if err != nil {
		return profile.Profile{}, err
	}
	if err := atomicfile.Create(d.file("passphrase.txt"), []byte(demoPassphrase+"\n"), 0o600); err != nil {
		return profile.Profile{}, err
	}
	d.app.Say("authority    %s, until %s, key encrypted\n", made.Subject, made.NotAfter.Format("2006-01-02"))
	to, err := cred.ParseEndpoint(url)
	if err != nil {
		return profile.Profile{}, err
	}
	r, err := endpoint.Probe(ctx, to, endpoint.ProbeOptions{Timeout: d.app.Timeout, Now: now, AIA: true, Roots: farsim.RootFile(d.file("server"))})
	if err != nil {
		return profile.Profile{}, err
	}
	d.app.Say("server       %s sends %d certificates, %d B; the modem could use %d of its suites\n", url, len(r.Chain), r.ChainBytes, len(r.Suites.ModemUsable))
	if err := atomicfile.Create(d.file("server-root.pem"), r.AnchorPEM, 0o644); err != nil {
		return profile.Profile{}, err
	}
	d.app.Say("anchor       %s, until %s, %d B\n", r.Anchor.Subject, r.Anchor.NotAfter.Format("2006-01-02"), r.Anchor.PEMBytes)
	p := profile.Profile{
		File: d.file(profile.DefaultName), Product: "demo", Life: 3650 * 24 * time.Hour, Station: "1", Cert: made.Cert, Key: made.Key, ID: cred.DefaultTemplate,
		Origin: profile.Host, Days: profile.DefaultDays, Slots: []profile.Slot{{SecTag: 42, Anchor: d.file("server-root.pem")}},
		Endpoint: to, Ledger: "sqlite:" + d.file("ledger.db"),
	}
	if err := p.Save(p.File); err != nil {
		return p, err
	}
	loaded, err := profile.Load(p.File)
	if err != nil {
		return p, err
	}
	return *loaded, nil
}

// port is the n-th virtual modem, which keeps what it holds in the folder.
func (d *demo) port(n int) string {
	return fmt.Sprintf("sim:nrf9151?baud=115200&flash=30ms&state=%s", d.file(fmt.Sprintf("unit-%d.json", n)))
}

func (d *demo) lines(ctx context.Context, p profile.Profile, units int) (paper.Document, error) {
	j := &job{app: d.app, profile: p, pass: []byte(demoPassphrase), keyed: true}
	defer j.close()
	store, err := console.WriteLedger(ctx, p)
	if err != nil {
		return nil, err
	}
	j.store = store
	doc := &paper.Demo{Units: []bench.Unit{}, Folder: d.dir}
	modems := console.Dialer()
	for n := range units {
		c := j.config(d.port(n + 1))
		c.Dialer = modems
		u, err := j.one(ctx, c, station.Orders{}, false)
		if err != nil {
			return doc, err
		}
		doc.Units = append(doc.Units, u)
		if u.Failure != nil {
			return doc, u.Failure
		}
	}
	return doc, nil
}

func (d *demo) screens(ctx context.Context, p profile.Profile) error {
	j := &job{app: d.app, profile: p}
	defer j.close()
	store, err := console.WriteLedger(ctx, p)
	if err != nil {
		return err
	}
	j.store = store
	t := flows.Terms{Authority: true, Port: true, Anchor: true, Endpoint: true, Ledger: true, Profile: true}
	err = d.app.show(ctx, j.config(d.port(1)), t, "demo: the passphrase is "+demoPassphrase, p.Station)
	fmt.Fprintf(d.app.Out, "everything is in %s: look at it with\n  sectag ledger list --profile %s\n", d.dir, p.File)
	return err
}
