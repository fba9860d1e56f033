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
			o.Timeout, o.Now, o.Life = a.Timeout, now, p.Life
			o.Roots, o.AnchorSHA256 = root.File, root.SHA256
			if to == p.Endpoint && !root.Said() {
				o.Anchor = target.Anchors(p, now())
			}
			report, err := endpoint.Probe(ctx, to, o)
			doc := &paper.Probe{ProbeReport: report, URL: to.String()}
			if err == nil && root.Out != "" {
				doc.File = root.Out
				if err = root.Write(report.AnchorPEM); err != nil {
					doc.File, doc.Verdict = "", cred.Fail
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

// shown is what the flags of connect say of the unit.
type shown struct {
	cert, key, anchor string
	pskID, pskFile    string
	rebind            bool
}

const howToConnect = "write sectag connect URL --cert F --key F --anchor F, or --psk-id S --psk-file F"

// options reads the files.
func (s shown) options(a *app) (o endpoint.ConnectOptions, err error) {
	o = endpoint.ConnectOptions{Timeout: a.Timeout, Now: now, Rebind: s.rebind, PSKID: s.pskID}
	type file struct {
		flag, name string
		to         *[]byte
	}
	files := []file{{"cert", s.cert, &o.Cert}, {"key", s.key, &o.Key}, {"anchor", s.anchor, &o.Anchor}}
	if s.pskID != "" || s.pskFile != "" {
		if s.cert != "" || s.key != "" || s.anchor != "" {
			return o, cred.Failed("usage.flag", "a certificate and a pre-shared key are given, and a unit has one of them", howToConnect)
		}
		if s.pskID == "" {
			return o, cred.Failed("usage.flag", "--psk-id is missing", howToConnect)
		}
		files = []file{{"psk-file", s.pskFile, &o.PSK}}
	}
	for _, f := range files {
		if f.name == "" {
			return o, cred.Failed("usage.flag", "--"+f.flag+" is missing", howToConnect)
		}
		if *f.to, err = atomicfile.Read(f.name, maxFile); err != nil {
			return o, cred.Because(err, "config.file", "the file "+f.name+" cannot be read", "name the file behind --"+f.flag)
		}
	}
	return o, nil
}

func (a *app) connectVerb() *cobra.Command {
	var s shown
	c := &cobra.Command{
		Use:   "connect [URL] (--cert F --key F --anchor F | --psk-id S --psk-file F)",
		Short: "Make the mutual DTLS handshake that a unit makes", Args: cobra.MaximumNArgs(1),
		RunE: a.VerbOf(paper.NoConnect, func(ctx context.Context, args []string) (paper.Document, error) {
			to, err := a.target(args)
			if err != nil {
				return nil, err
			}
			o, err := s.options(a)
			defer func() {
				clear(o.Key)
				clear(o.PSK)
			}()
			if err != nil {
				return nil, err
			}
			report, err := endpoint.Connect(ctx, to, o)
			return &paper.Connect{ConnectReport: report, URL: to.String()}, err
		}),
	}
	f := c.Flags()
	f.StringVar(&s.cert, "cert", "", "the unit's certificate")
	f.StringVar(&s.key, "key", "", "its private key, in clear")
	f.StringVar(&s.anchor, "anchor", "", "the root that the unit trusts the server by")
	f.StringVar(&s.pskID, "psk-id", "", "instead of these: the identity of the unit's pre-shared key")
	f.StringVar(&s.pskFile, "psk-file", "", "and the file with that key, as hex text")
	f.BoolVar(&s.rebind, "rebind", false, "go on from another port, and tell whether the session survives")
	return c
}
