// Package negative is what connect --negative needs of a command line: its flags, the authority and its passphrase, the profile's
// server, the ledger. What is proven is in the room bench/negative.
package negative

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"example.org/sectag/bench/ask"
	"example.org/sectag/bench/negative"
	"example.org/sectag/bench/profile"
	"example.org/sectag/ca"
	"example.org/sectag/ca/keyuri"
	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cred"
	"example.org/sectag/endpoint"
)

// Flags are those of connect --negative.
type Flags struct {
	on        bool
	cert, key string
	said      func(flag string) bool
}

// Add adds them.
func (f *Flags) Add(c *cobra.Command) {
	f.said = func(flag string) bool { return c.Flags().Changed(flag) }
	c.Flags().BoolVar(&f.on, "negative", false, "also make the handshakes that must fail, at the profile's server")
	c.Flags().StringVar(&f.cert, "ca-cert", "", "with --negative: the certificate of the unit's authority")
	c.Flags().StringVar(&f.key, "ca-key", "", "and its private key: what it signs for this lives for minutes")
}

// Given tells whether any of them was, with or without a name: who gives an authority means to have the server tried.
func (f *Flags) Given() bool { return f.on || f.said("ca-cert") || f.said("ca-key") }

// Run makes the unit's handshake, those that must fail, and the unit's again behind each that was not let in.
func (f *Flags) Run(ctx context.Context, c *console.Console, to cred.Endpoint, unit endpoint.ConnectOptions) (paper.Document, error) {
	if err := f.check(unit.PSKID != ""); err != nil {
		return nil, err
	}
	p, _, err := c.Profile()
	if err != nil {
		return nil, err
	}
	if err := negative.Named(to, p.Endpoint); err != nil {
		return nil, err
	}
	auth, err := f.open(ctx, c)
	if err != nil {
		return nil, err
	}
	defer auth.Lock()
	l, err := c.WriteLedger(ctx, p)
	if err != nil {
		return nil, err
	}
	if l != nil {
		defer l.Close()
	}
	r, err := negative.Run(ctx, negative.Options{
		Server: to, Profile: p.Endpoint, Unit: unit,
		Auth: auth, ID: p.ID, Ledger: l, Tool: c.Tool, Now: c.Now,
		Tell: func(attempt string) { c.Note("%s: must fail\n", attempt) },
	})
	if err == nil {
		err = console.Judged(r.Unit.Findings)
	}
	return &paper.Connect{ConnectReport: r.Unit, Negative: r.Attempts, Record: r.Record, URL: to.String()}, err
}

func (f *Flags) check(psk bool) error {
	const hint = "write sectag connect URL --cert F --key F --anchor F --negative --ca-cert F --ca-key F"
	switch {
	case !f.on:
		return cred.Failed("usage.flag", "--ca-cert and --ca-key are for --negative", hint)
	case psk:
		return cred.Failed("usage.flag", "--negative is about certificates, and the unit has a pre-shared key", hint)
	case f.said("ca-cert") && f.cert == "", f.said("ca-key") && f.key == "":
		return cred.Failed("usage.flag", "--ca-cert or --ca-key names no file", "a variable of the shell may be empty; "+hint)
	case f.cert == "" || f.key == "":
		return cred.Failed("usage.flag", "--negative needs the unit's authority", hint)
	}
	return nil
}

// open asks for the passphrase where the key has one.
func (f *Flags) open(ctx context.Context, c *console.Console) (*ca.Authority, error) {
	root, err := ca.Load(f.cert, c.Now())
	encrypted, failed := ask.KeyEncrypted(profile.Profile{Cert: f.cert, Key: f.key})
	if err = errors.Join(err, failed); err != nil {
		return nil, err
	}
	var pass []byte
	if encrypted {
		if pass, err = c.Passphrase(keyuri.Prompt(f.key)); err != nil {
			return nil, err
		}
		defer clear(pass)
	}
	return keyuri.Open(ctx, root, f.key, pass)
}
