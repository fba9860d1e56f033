package main

import (
	"context"

	"github.com/spf13/cobra"

	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cmd/sectag/target"
	"example.org/sectag/cred"
	"example.org/sectag/endpoint"
	"example.org/sectag/internal/atomicfile"
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
			return e, cred.Because(err, "usage.flag", err.Error(), "write coaps://host:port")
		}
		return e, nil
	}
	p, _, err := a.Profile()
	if err != nil {
		return cred.Endpoint{}, err
	}
	if p.Endpoint.Host == "" {
		return cred.Endpoint{}, cred.Failed("usage.flag", "no server is named", "write coaps://host:port, or a profile with [endpoint]")
	}
	return p.Endpoint, nil
}

// maxFile bounds what is read of a file that should hold a certificate or a key.
const maxFile = 1 << 20

func (a *app) connectVerb() *cobra.Command {
	var cert, key, anchor string
	var psk target.PSK
	var rebind bool
	c := &cobra.Command{
		Use:   "connect [URL] (--cert F --key F --anchor F | --psk-id S --psk-file F)",
		Short: "Make the mutual DTLS handshake that a unit makes", Args: cobra.MaximumNArgs(1),
		RunE: a.VerbOf(paper.NoConnect, func(ctx context.Context, args []string) (paper.Document, error) {
			to, err := a.target(args)
			if err != nil {
				return nil, err
			}
			o := endpoint.ConnectOptions{Timeout: a.Timeout, Now: now, Rebind: rebind}
			defer func() {
				clear(o.Key)
				clear(o.PSK)
			}()
			if psk.Given() {
				o.PSKID, o.PSK, err = psk.Read(cert+key+anchor != "")
			} else {
				err = readFiles(cert, key, anchor, &o)
			}
			if err != nil {
				return nil, err
			}
			report, err := endpoint.Connect(ctx, to, o)
			return &paper.Connect{ConnectReport: report, URL: to.String()}, err
		}),
	}
	f := c.Flags()
	f.StringVar(&cert, "cert", "", "the unit's certificate")
	f.StringVar(&key, "key", "", "its private key, in clear")
	f.StringVar(&anchor, "anchor", "", "the root that the unit trusts the server by")
	f.BoolVar(&rebind, "rebind", false, "go on from another port, and tell whether the session survives")
	psk.Add(c)
	return c
}

// readFiles reads what a unit with a certificate shows.
func readFiles(cert, key, anchor string, o *endpoint.ConnectOptions) (err error) {
	for _, f := range []struct {
		flag, name string
		to         *[]byte
	}{{"cert", cert, &o.Cert}, {"key", key, &o.Key}, {"anchor", anchor, &o.Anchor}} {
		if f.name == "" {
			return cred.Failed("usage.flag", "--"+f.flag+" is missing", "write sectag connect URL --cert F --key F --anchor F, or --psk-id S --psk-file F")
		}
		if *f.to, err = atomicfile.Read(f.name, maxFile); err != nil {
			return cred.Because(err, "config.file", "the file "+f.name+" cannot be read", "name the file behind --"+f.flag)
		}
	}
	return nil
}
