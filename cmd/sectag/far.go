package main

import (
	"context"

	"github.com/spf13/cobra"

	"example.org/sectag/bench/ask"
	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/negative"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cmd/sectag/target"
	"example.org/sectag/cred"
	"example.org/sectag/endpoint"
)

func (a *app) probeVerb() *cobra.Command {
	var root target.Root
	o := endpoint.ProbeOptions{}
	c := &cobra.Command{
		Use: "probe [URL]", Short: "Look at a server as the modem will see it, and find the root to trust", Args: cobra.MaximumNArgs(1),
		Example: "  sectag probe coaps://lwm2m.example.eu:5684 --anchor-out server-root.pem",
		RunE: a.VerbOf(paper.NoProbe, func(ctx context.Context, args []string) (paper.Document, error) {
			to, err := a.target(args)
			if err != nil {
				return nil, err
			}
			if err = root.Check(); err != nil {
				return nil, err
			}
			p, _, err := a.Profile()
			if err != nil {
				return nil, err
			}
			o.Timeout, o.Now, o.Life, o.Room = a.Timeout, now, p.Life, p.Room()
			o.Roots, o.AnchorSHA256 = root.File, root.SHA256
			if to == p.Endpoint && !root.Said() {
				o.Anchor = target.Anchors(p, now())
			}
			report, err := endpoint.Probe(ctx, to, o)
			doc := &paper.Probe{ProbeReport: report, URL: to.String()}
			if err == nil {
				if doc.Files, err = root.Write(report.AnchorPEM, report.BackupPEM, report.NoBackup()); err != nil {
					doc.Verdict = cred.Fail
				}
			}
			return doc, err
		}),
	}
	root.Add(c)
	f := c.Flags()
	f.BoolVar(&o.AIA, "aia", true, "follow the issuers' addresses in the certificates")
	f.BoolVar(&o.AIAPrivate, "aia-private", false, "follow them into private networks too")
	return c
}

// target is the server that is named, or the profile's.
func (a *app) target(args []string) (cred.Endpoint, error) {
	if len(args) == 1 {
		e, err := cred.ParseEndpoint(args[0])
		if err != nil {
			return e, cred.Because(err, "usage.flag", err.Error(), "coaps://host:port is DTLS over UDP, tls://host:port is TLS over TCP")
		}
		return e, nil
	}
	p, _, err := a.Profile()
	if err != nil {
		return cred.Endpoint{}, err
	}
	if p.Endpoint.Host == "" {
		return cred.Endpoint{}, cred.Failed("usage.flag", "no server is named", "write coaps://host:port or tls://host:port, or a profile with [endpoint]")
	}
	return p.Endpoint, nil
}

func (a *app) connectVerb() *cobra.Command {
	var id target.Identity
	var via target.Via
	var dialogue target.Dialogue
	var no negative.Flags
	c := &cobra.Command{
		Use:   "connect [URL] (--cert F --key F --anchor F | --psk-id S --psk-file F | --via-modem P --sec-tag N)",
		Short: "Make the mutual DTLS handshake that a unit makes, or have its modem make it, and register it", Args: cobra.MaximumNArgs(1),
		RunE: a.VerbOf(paper.NoConnect, func(ctx context.Context, args []string) (paper.Document, error) {
			to, err := a.target(args)
			if err != nil {
				return nil, err
			}
			through, modem, err := via.Through(a.Timeout, dialogue, no.Given())
			if err != nil {
				return nil, err
			}
			files, err := id.Read(!modem)
			defer files.Clear()
			if err != nil {
				return nil, err
			}
			if modem {
				through.Server, through.Files = to, files
				return a.through(ctx, through)
			}
			o := files.Options()
			o.Timeout, o.Now = a.Timeout, now
			if err = dialogue.Ask(&o); err != nil {
				return nil, err
			}
			if no.Given() {
				return no.Run(ctx, a.Console, to, o)
			}
			report, err := endpoint.Connect(ctx, to, o)
			return &paper.Connect{ConnectReport: report, URL: to.String()}, err
		}),
	}
	id.Add(c)
	via.Add(c)
	no.Add(c)
	dialogue.Add(c)
	return c
}

// through has a modem connect by itself.
func (a *app) through(ctx context.Context, o ask.Through) (paper.Document, error) {
	p, _, err := a.Profile()
	if err != nil {
		return nil, err
	}
	o.ID, o.Now, o.Trace = p.ID, now, a.Trace()
	o.Tell = func(line string) { a.Note("%s\n", line) }
	report, err := ask.ConnectThrough(ctx, console.Dialer(), o)
	return &paper.Connect{ConnectReport: report.ConnectReport, Modem: report.Modem, URL: o.Server.String()}, err
}
