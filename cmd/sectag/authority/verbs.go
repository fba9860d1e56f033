// Package authority is the verbs of sectag ca: each parses its flags, asks for a passphrase where one is needed, and hands on to
// the authority (package ca).
package authority

import (
	"context"

	"github.com/spf13/cobra"

	"example.org/sectag/bench/ask"
	"example.org/sectag/bench/office"
	"example.org/sectag/bench/profile"
	"example.org/sectag/ca"
	"example.org/sectag/ca/keyuri"
	"example.org/sectag/ca/lint"
	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cmd/sectag/target"
	"example.org/sectag/cred"
)

type app struct{ *console.Console }

// Verb is sectag ca with all below it.
func Verb(c *console.Console) *cobra.Command {
	a := &app{c}
	return console.Group(&cobra.Command{Use: "ca", Short: "Make and judge the authority that signs your units"},
		a.caInit(), a.caShow(), a.caIssue(), a.caSign(), a.caBundle(), a.caRevoke(), a.caCRL(), a.caChain(), a.caCross(), a.caAudit(), a.caVerify())
}

func (a *app) caShow() *cobra.Command {
	var cert, key string
	c := &cobra.Command{
		Use: "show --cert F", Short: "Say what a certificate is", Args: cobra.NoArgs,
		RunE: a.Verb(func(context.Context, []string) (paper.Document, error) {
			if cert == "" {
				return nil, cred.Failed("usage.flag", "the certificate is missing", "write sectag ca show --cert root.crt")
			}
			info, err := keyuri.Show(cert, key)
			if err != nil {
				return nil, err
			}
			return &paper.CAShow{Info: &info}, nil
		}),
	}
	c.Flags().StringVar(&cert, "cert", "", "certificate file")
	c.Flags().StringVar(&key, "key", "", "private key: a file, pkcs11:… or exec:… (default: the certificate's name with .key, if there)")
	return c
}

func (a *app) caAudit() *cobra.Command {
	var certificate string
	c := &cobra.Command{
		Use: "audit FILE…", Short: "Find what is wrong with an authority and the units' certificates it signed",
		RunE: a.VerbOf(paper.NoFindings, func(_ context.Context, args []string) (paper.Document, error) {
			if len(args) == 0 {
				return nil, cred.Failed("usage.flag", "no file is named", "write sectag ca audit root.crt device.crt, or name a folder")
			}
			p := lint.Profile("")
			if certificate != "" {
				var err error
				if p, err = parseProfile(certificate); err != nil {
					return nil, err
				}
			}
			fs, err := ca.Audit(args, p, a.Now())
			if err != nil {
				return nil, err
			}
			return console.Found(fs)
		}),
	}
	c.Flags().StringVar(&certificate, "certificate", "", "hold units' names to a profile, too: lwm2m, rfc7925, nrf-cloud, aws, azure")
	return c
}

func (a *app) caVerify() *cobra.Command {
	var root string
	c := &cobra.Command{
		Use: "verify --cert ROOT FILE…", Short: "Say whether units' certificates chain to this root, today and at their end",
		RunE: a.VerbOf(paper.NoFindings, func(_ context.Context, args []string) (paper.Document, error) {
			if root == "" || len(args) == 0 {
				return nil, cred.Failed("usage.flag", "the root or the units' certificates are missing", "write sectag ca verify --cert root.crt device.crt")
			}
			fs, err := ca.Verify(root, args, a.Now())
			if err != nil {
				return nil, err
			}
			return console.Found(fs)
		}),
	}
	c.Flags().StringVar(&root, "cert", "", "the root's certificate")
	return c
}

func (a *app) caIssue() *cobra.Command {
	var o office.Order
	var imei, id, certificate string
	var encrypt bool
	c := &cobra.Command{
		Use: "issue --cert F --key F --imei N --out D", Short: "Make a key and certificate for one unit, as files", Args: cobra.NoArgs,
		Long: "Make a key and certificate for one unit, as files. The private key is written in clear (mode 0600), because it is for one write or one test; --encrypt asks for a passphrase.",
		RunE: a.VerbOf(paper.NoFiles, func(ctx context.Context, _ []string) (paper.Document, error) {
			if o.Cert == "" || o.Key == "" || o.Dir == "" {
				return nil, cred.Failed("usage.flag", "the authority or the folder is missing", "write sectag ca issue --cert root.crt --key root.key --imei N --out D")
			}
			var err error
			if o.IMEI, err = target.IMEI(imei); err != nil {
				return nil, err
			}
			if o.ID, err = cred.ParseTemplate(id); err != nil {
				return nil, cred.Because(err, "usage.flag", "--id: "+err.Error(), "write --id urn:imei:{imei}")
			}
			if o.Profile, err = parseProfile(certificate); err != nil {
				return nil, err
			}
			return a.issue(ctx, o, encrypt)
		}),
	}
	f := c.Flags()
	f.StringVar(&o.Cert, "cert", "", "the authority's certificate")
	f.StringVar(&o.Key, "key", "", "and private key: a file, pkcs11:… or exec:…")
	f.StringVar(&imei, "imei", "", "the unit's IMEI")
	f.StringVar(&o.Dir, "out", "", "folder to write <imei>.crt and <imei>.key to")
	f.StringVar(&id, "id", string(cred.DefaultTemplate), "template of the unit's name")
	f.StringVar(&certificate, "certificate", string(lint.LwM2M), "whom it is for: lwm2m, rfc7925, nrf-cloud, aws, azure")
	f.IntVar(&o.Days, "days", 5500, "days of life")
	f.BoolVar(&o.Until, "until-issuer", false, "live as long as the authority")
	f.BoolVar(&encrypt, "encrypt", false, "encrypt the unit's key with a passphrase")
	return c
}

func (a *app) issue(ctx context.Context, o office.Order, encrypt bool) (paper.Document, error) {
	p, _, err := a.Profile()
	if err != nil {
		return nil, err
	}
	encrypted, err := ask.KeyEncrypted(profile.Profile{Cert: o.Cert, Key: o.Key})
	if err != nil {
		return nil, err
	}
	if encrypted {
		if o.Passphrase, err = a.Passphrase(keyuri.Prompt(o.Key)); err != nil {
			return nil, err
		}
		defer clear(o.Passphrase)
	}
	if encrypt {
		if o.Encrypt, err = a.unitPassphrase(); err != nil {
			return nil, err
		}
		defer clear(o.Encrypt)
	}
	l, err := a.WriteLedger(ctx, p)
	if err != nil {
		return nil, err
	}
	if l != nil {
		defer l.Close()
	}
	issued, err := office.Issue(ctx, o, l, a.Tool, a.Now)
	if err != nil {
		return nil, err
	}
	return &paper.CAIssue{Issued: issued}, nil
}

// unitPassphrase is typed twice; it is never the authority's from the file.
func (a *app) unitPassphrase() ([]byte, error) {
	if !a.Terminal() {
		return nil, cred.Failed("usage.no-terminal", "a passphrase for the unit's key is needed and nobody can be asked",
			"run it on a terminal (--passphrase-file is the authority's), or leave --encrypt out")
	}
	return a.TypedTwice("passphrase for the unit's key: ")
}
