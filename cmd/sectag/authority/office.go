package authority

import (
	"context"

	"github.com/spf13/cobra"

	"example.org/sectag/bench/ask"
	"example.org/sectag/bench/bundle"
	"example.org/sectag/bench/office"
	"example.org/sectag/bench/profile"
	"example.org/sectag/ca/keyuri"
	"example.org/sectag/ca/lint"
	"example.org/sectag/ca/revoke"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cmd/sectag/target"
	"example.org/sectag/cred"
	"example.org/sectag/ledger"
)

// signer is the flags that name the authority.
type signer struct{ cert, key string }

func (s *signer) add(c *cobra.Command) {
	c.Flags().StringVar(&s.cert, "cert", "", "the authority's certificate")
	c.Flags().StringVar(&s.key, "key", "", "and private key: a file, pkcs11:… or exec:…")
}

// unit is the flags that say for whom a certificate is.
type unit struct {
	imei, id, certificate string
	office.Unit
}

func (u *unit) add(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&u.imei, "imei", "", "the unit's IMEI")
	f.StringVar(&u.id, "id", string(cred.DefaultTemplate), "template of the unit's name")
	f.StringVar(&u.certificate, "certificate", string(lint.LwM2M), "whom it is for: lwm2m, rfc7925, nrf-cloud, aws, azure")
	f.IntVar(&u.Days, "days", 5500, "days of life")
	f.BoolVar(&u.Until, "until-issuer", false, "live as long as the authority")
}

// read parses them. An IMEI that was not given stays 0 if it may.
func (u *unit) read(need bool) (err error) {
	if u.imei != "" || need {
		if u.IMEI, err = target.IMEI(u.imei); err != nil {
			return err
		}
	}
	if u.ID, err = cred.ParseTemplate(u.id); err != nil {
		return cred.Because(err, "usage.flag", "--id: "+err.Error(), "write --id urn:imei:{imei}")
	}
	u.For, err = parseProfile(u.certificate)
	return err
}

func parseProfile(s string) (lint.Profile, error) {
	p, err := lint.ParseProfile(s)
	if err != nil {
		return p, cred.Because(err, "usage.flag", "--certificate: "+err.Error(), "write --certificate lwm2m, or another of them")
	}
	return p, nil
}

// at opens what an office works with: the ledger, if there is one, and the authority's passphrase. It has do work there, and clears up.
func (a *app) at(ctx context.Context, s signer, p profile.Profile, do work) (paper.Document, error) {
	return a.with(ctx, s, p, a.WriteLedger, do)
}

// work is what a verb has done at an office.
type work func(office.Office, office.Signer) (paper.Document, error)

// with is at with the ledger opened in a way of the verb's.
func (a *app) with(ctx context.Context, s signer, p profile.Profile, open func(context.Context, profile.Profile) (*ledger.Store, error), do work) (paper.Document, error) {
	encrypted, err := ask.KeyEncrypted(profile.Profile{Cert: s.cert, Key: s.key})
	if err != nil {
		return nil, err
	}
	var pass []byte
	if encrypted {
		if pass, err = a.Passphrase(keyuri.Prompt(s.key)); err != nil {
			return nil, err
		}
		defer clear(pass)
	}
	l, err := open(ctx, p)
	if err != nil {
		return nil, err
	}
	if l != nil {
		defer l.Close()
	}
	return do(office.Office{Ledger: l, Tool: a.Tool, Now: a.Now}, office.Signer{Cert: s.cert, Key: s.key, Passphrase: pass})
}

func (a *app) caSign() *cobra.Command {
	var s signer
	var u unit
	o := office.SignOrder{}
	c := &cobra.Command{
		Use: "sign --cert F --key F --csr F [--imei N] [--out F]", Short: "Sign a certificate for a request: of a modem, or of somebody who keeps the key", Args: cobra.NoArgs,
		Example: "  sectag ca sign --cert root.crt --key root.key --csr unit.csr --imei 352656100367872 --out unit.crt",
		RunE: a.VerbOf(paper.NoFiles, func(ctx context.Context, _ []string) (paper.Document, error) {
			if s.cert == "" || s.key == "" || o.CSR == "" {
				return nil, cred.Failed("usage.flag", "the authority or the request is missing", "write sectag ca sign --cert root.crt --key root.key --csr unit.csr --imei N --out unit.crt")
			}
			if err := u.read(false); err != nil {
				return nil, err
			}
			p, _, err := a.Profile()
			if err != nil {
				return nil, err
			}
			return a.at(ctx, s, p, func(f office.Office, by office.Signer) (paper.Document, error) {
				o.Signer, o.Unit = by, u.Unit
				signed, err := f.Sign(ctx, o)
				if err != nil {
					return nil, err
				}
				return paper.SignOf(signed), nil
			})
		}),
	}
	s.add(c)
	u.add(c)
	c.Flags().StringVar(&o.CSR, "csr", "", "the request: PEM, DER, or the modem's answer to AT%KEYGEN")
	c.Flags().StringVar(&o.Out, "out", "", "new file for the certificate (PEM)")
	return c
}

func (a *app) caRevoke() *cobra.Command {
	var s signer
	var o office.RevokeOrder
	var serial, imei, reason string
	c := &cobra.Command{
		Use: "revoke --cert F --key F (--serial HEX | --imei N)", Short: "Record that a unit's certificate is to be believed no more", Args: cobra.NoArgs,
		Example: "  sectag ca revoke --cert root.crt --key root.key --imei 352656100367872 --reason cessationOfOperation",
		RunE: a.VerbOf(paper.NoRevoked, func(ctx context.Context, _ []string) (paper.Document, error) {
			if s.cert == "" || s.key == "" || serial == "" && imei == "" || o.Unknown && (serial == "" || imei == "") || !o.Unknown && serial != "" && imei != "" {
				return nil, cred.Failed("usage.flag", "the authority is missing, or what is to be revoked is not one thing",
					"write --cert F --key F with --serial HEX, or with --imei N for all that the unit got; of a certificate that was never recorded --unknown --serial HEX --imei N")
			}
			var err error
			if o.Reason, err = revoke.ParseReason(reason); err != nil {
				return nil, err
			}
			if serial != "" {
				if o.Serial, err = revoke.ParseSerial(serial); err != nil {
					return nil, err
				}
			}
			if imei != "" {
				if o.IMEI, err = target.IMEI(imei); err != nil {
					return nil, err
				}
			}
			p, err := a.remembering(ctx)
			if err != nil {
				return nil, err
			}
			return a.at(ctx, s, p, func(f office.Office, by office.Signer) (paper.Document, error) {
				o.Signer = by
				done, err := f.Revoke(ctx, o)
				if err != nil && done == nil {
					return nil, err
				}
				return &paper.CARevoke{Revoked: done}, err
			})
		}),
	}
	s.add(c)
	c.Flags().StringVar(&serial, "serial", "", "serial of the certificate, in hex")
	c.Flags().StringVar(&imei, "imei", "", "all certificates that this authority gave the unit; with --unknown the unit that has the one of --serial")
	c.Flags().StringVar(&reason, "reason", string(revoke.Unspecified), "why, by the names of RFC 5280: keyCompromise, superseded, cessationOfOperation, …")
	c.Flags().BoolVar(&o.Unknown, "unknown", false, "revoke a certificate that the ledger does not know")
	return c
}

// remembering is the profile of a verb that needs a ledger which is there already: a name that was mistyped must not make one.
func (a *app) remembering(ctx context.Context) (profile.Profile, error) {
	l, err := a.NeedLedger(ctx)
	if err != nil {
		return profile.Profile{}, err
	}
	if err := l.Close(); err != nil {
		return profile.Profile{}, err
	}
	p, _, err := a.Profile()
	return p, err
}

func (a *app) caCRL() *cobra.Command {
	var s signer
	var o office.ListOrder
	c := &cobra.Command{
		Use: "crl --cert F --key F --out F", Short: "Write the authority's revocation list, for servers that read one", Args: cobra.NoArgs,
		Example: "  sectag ca crl --cert root.crt --key root.key --out acme.crl",
		RunE: a.Verb(func(ctx context.Context, _ []string) (paper.Document, error) {
			if s.cert == "" || s.key == "" || o.Out == "" {
				return nil, cred.Failed("usage.flag", "the authority or the new file is missing", "write sectag ca crl --cert root.crt --key root.key --out acme.crl")
			}
			p, err := a.remembering(ctx)
			if err != nil {
				return nil, err
			}
			return a.with(ctx, s, p, a.CountLedger, func(f office.Office, by office.Signer) (paper.Document, error) {
				o.Signer = by
				l, err := f.List(ctx, o)
				if err != nil {
					return nil, err
				}
				return paper.CRLOf(l), nil
			})
		}),
	}
	s.add(c)
	c.Flags().StringVar(&o.Out, "out", "", "new file for the list (PEM)")
	c.Flags().IntVar(&o.Days, "days", 30, "days until the next list must be there")
	return c
}

func (a *app) caBundle() *cobra.Command {
	var s signer
	var u unit
	var o office.BundleOrder
	var tag, format string
	c := &cobra.Command{
		Use: "bundle --cert F --key F --imei N --sec-tag T --anchor F --format at|c-header|shell --out F", Args: cobra.NoArgs,
		Short:   "Put a unit's key, certificate and anchor into a file that something else writes into the modem",
		Example: "  sectag ca bundle --cert root.crt --key root.key --imei 352656100367872 --sec-tag 42 --anchor server-root.pem --format at --out unit.at",
		RunE: a.VerbOf(paper.NoBundle, func(ctx context.Context, _ []string) (paper.Document, error) {
			if s.cert == "" || s.key == "" || tag == "" || o.Anchor == "" || format == "" || o.Out == "" {
				return nil, cred.Failed("usage.flag", "one of --cert, --key, --imei, --sec-tag, --anchor, --format and --out is missing",
					"write sectag ca bundle --cert root.crt --key root.key --imei N --sec-tag 42 --anchor server-root.pem --format at --out unit.at")
			}
			err := u.read(true)
			if err != nil {
				return nil, err
			}
			if o.SecTag, err = cred.ParseSecTag(tag); err != nil {
				return nil, cred.Because(err, "usage.flag", "--sec-tag: "+err.Error(), "write --sec-tag 42")
			}
			if o.Format, err = bundle.Parse(format); err != nil {
				return nil, err
			}
			if o.Profile, _, err = a.Profile(); err != nil {
				return nil, err
			}
			return a.at(ctx, s, o.Profile, func(f office.Office, by office.Signer) (paper.Document, error) {
				o.Signer, o.Unit = by, u.Unit
				b, err := f.Bundle(ctx, o)
				if err != nil {
					return nil, err
				}
				return paper.BundleOf(o, b), nil
			})
		}),
	}
	s.add(c)
	u.add(c)
	f := c.Flags()
	f.StringVar(&tag, "sec-tag", "", "the security tag to write")
	f.StringVar(&o.Anchor, "anchor", "", "certificate that the unit trusts its server by (PEM)")
	f.StringVar(&format, "format", "", "at (AT commands), c-header (buffers for firmware) or shell (a Zephyr shell)")
	f.StringVar(&o.Out, "out", "", "new file, readable by you alone: it holds the private key")
	return c
}
