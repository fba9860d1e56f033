// Package negative is what connect --negative needs of a command line: its flags, the authority and its passphrase, the profile's
// server, the ledger. What is proven is in the room bench/negative.
package negative

import (
	"cmp"
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
}

// Add adds them.
func (f *Flags) Add(c *cobra.Command) {
	c.Flags().BoolVar(&f.on, "negative", false, "also make the handshakes that must fail, at the profile's server")
	c.Flags().StringVar(&f.cert, "ca-cert", "", "with --negative: the certificate of the unit's authority")
	c.Flags().StringVar(&f.key, "ca-key", "", "and its private key: what it signs for this lives for minutes")
}

// Given tells whether any of them was.
func (f *Flags) Given() bool { return f.on || f.cert != "" || f.key != "" }

// Run makes the unit's handshake, those that must fail, and the unit's again.
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
	auth, err := f.open(c)
	if err != nil {
		return nil, err
	}
	defer auth.Lock()
	l, err := console.WriteLedger(ctx, p)
	if err != nil {
		return nil, err
	}
	if l != nil {
		defer l.Close()
	}
	r, err := negative.Run(ctx, negative.Options{
		Server: to, Profile: p.Endpoint, Unit: unit,
		Auth: auth, ID: p.ID, Ledger: l, Tool: c.Tool, Now: c.Now,
		Tell:     func(attempt string) { c.Note("%s: must fail\n", attempt) },
		Register: registrar(to, unit),
	})
	if err == nil {
		err = console.Judged(r.Unit.Findings)
	}
	return &paper.Connect{ConnectReport: r.Unit, Negative: r.Attempts, Record: r.Record, URL: to.String()}, err
}

// registrar registers a stranger under the unit's name, where the unit itself registers; else nobody does.
func registrar(to cred.Endpoint, unit endpoint.ConnectOptions) func(context.Context, string, []byte, []byte) (endpoint.ConnectReport, string, error) {
	if !unit.Register {
		return nil
	}
	return func(ctx context.Context, name string, cert, key []byte) (endpoint.ConnectReport, string, error) {
		o := unit
		o.Cert, o.Key, o.Rebind, o.Endpoint = cert, key, false, cmp.Or(unit.Endpoint, name)
		r, err := endpoint.Connect(ctx, to, o)
		if r.Register == nil {
			return r, "", err
		}
		return r, r.Register.Code, err
	}
}

func (f *Flags) check(psk bool) error {
	const hint = "write sectag connect URL --cert F --key F --anchor F --negative --ca-cert F --ca-key F"
	switch {
	case !f.on:
		return cred.Failed("usage.flag", "--ca-cert and --ca-key are for --negative", hint)
	case psk:
		return cred.Failed("usage.flag", "--negative is about certificates, and the unit has a pre-shared key", hint)
	case f.cert == "" || f.key == "":
		return cred.Failed("usage.flag", "--negative needs the unit's authority", hint)
	}
	return nil
}

// open asks for the passphrase where the key has one.
func (f *Flags) open(c *console.Console) (*ca.Authority, error) {
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
	return keyuri.Open(root, f.key, pass)
}
