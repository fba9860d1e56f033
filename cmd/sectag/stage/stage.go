// Package stage sets up what a demo needs in one folder: an authority, a local server that runs beside the bench, the server's root
// as trust anchor, a profile, and virtual modems that keep what they hold. It does no provisioning.
package stage

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"example.org/sectag/bench/profile"
	"example.org/sectag/ca"
	"example.org/sectag/cred"
	"example.org/sectag/endpoint"
	"example.org/sectag/endpoint/sim"
	"example.org/sectag/internal/atomicfile"
)

// Passphrase protects a key that signs for virtual modems only.
const Passphrase = "demonstration"

// Stage is the folder and how to tell what was put there.
type Stage struct {
	Dir     string
	Clock   ca.Clock
	Now     func() time.Time
	Timeout time.Duration
	Say     func(format string, args ...any)
}

func (s Stage) file(name string) string { return filepath.Join(s.Dir, name) }

// Serve runs the server until stop is called; stop waits for its end.
func (s Stage) Serve(ctx context.Context) (url string, stop func(), err error) {
	serving, cancel := context.WithCancel(ctx)
	at, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- sim.Serve(serving, sim.Config{Dir: s.file("server"), ClientCA: s.file("root.crt"), AIA: "127.0.0.1:0"}, func(u string) { at <- u })
	}()
	select {
	case url = <-at:
		return url, func() { cancel(); <-ended }, nil
	case err = <-ended:
		cancel()
		return "", func() {}, err
	}
}

// Set makes the authority, finds the server's root and writes the profile.
func (s Stage) Set(ctx context.Context, url string) (profile.Profile, error) {
	var none profile.Profile
	made, err := ca.Init(ca.InitOptions{Dir: s.Dir, Subject: "CN=Demo Devices,O=sectag demo", Passphrase: []byte(Passphrase), Clock: s.Clock})
	if err != nil {
		return none, err
	}
	if err := atomicfile.Create(s.file("passphrase.txt"), []byte(Passphrase+"\n"), 0o600); err != nil {
		return none, err
	}
	s.Say("authority    %s, until %s, key encrypted\n", made.Subject, made.NotAfter.Format("2006-01-02"))
	to, err := s.anchor(ctx, url)
	if err != nil {
		return none, err
	}
	p := profile.Profile{
		File: s.file(profile.DefaultName), Product: "demo", Life: 3650 * 24 * time.Hour, Station: "1", Cert: made.Cert, Key: made.Key,
		ID: cred.DefaultTemplate, Origin: profile.Auto, Days: profile.DefaultDays,
		Slots: []profile.Slot{{SecTag: 42, Anchor: s.file("server-root.pem")}}, Endpoint: to, Ledger: "sqlite:" + s.file("ledger.db"),
	}
	if err := p.Save(p.File); err != nil {
		return none, err
	}
	loaded, err := profile.Load(p.File)
	if err != nil {
		return none, err
	}
	return *loaded, nil
}

// anchor probes the server as the modem would see it and keeps its root, which is known here because the server is ours.
func (s Stage) anchor(ctx context.Context, url string) (cred.Endpoint, error) {
	to, err := cred.ParseEndpoint(url)
	if err != nil {
		return to, err
	}
	r, err := endpoint.Probe(ctx, to, endpoint.ProbeOptions{Timeout: s.Timeout, Now: s.Now, AIA: true, Roots: sim.RootFile(s.file("server"))})
	if err != nil {
		return to, err
	}
	s.Say("server       %s sends %d certificates, %d B; the modem could use %d of its suites\n", url, len(r.Chain), r.ChainBytes, len(r.Suites.ModemUsable))
	if err := atomicfile.Create(s.file("server-root.pem"), r.AnchorPEM, 0o644); err != nil {
		return to, err
	}
	s.Say("anchor       %s, until %s, %d B\n", r.Anchor.Subject, r.Anchor.NotAfter.Format("2006-01-02"), r.Anchor.PEMBytes)
	return to, nil
}

// Port is the n-th virtual modem, on a line of 115200 baud with a flash of 30 ms; it keeps what it holds in the folder.
func (s Stage) Port(n int) string {
	return fmt.Sprintf("sim:nrf9151?baud=115200&flash=30ms&state=%s", s.file(fmt.Sprintf("unit-%d.json", n)))
}
