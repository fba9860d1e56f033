package authority

import (
	"context"

	"github.com/spf13/cobra"

	"example.org/sectag/ca"
	"example.org/sectag/ca/keyuri"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cred"
)

func (a *app) caInit() *cobra.Command {
	var o ca.InitOptions
	var up above
	var own held
	c := &cobra.Command{
		Use: "init --dir D", Short: "Make a root, or an intermediate under one: certificates for the server, key encrypted", Args: cobra.NoArgs,
		Example: "  sectag ca init --dir authority --subject \"CN=Acme Devices 2026,O=Acme,C=NL\"\n" +
			"  sectag ca init --intermediate --cert authority/root.crt --key authority/root.key --dir authority/2026 --subject \"CN=Acme 2026\"",
		RunE: a.VerbOf(paper.NoFiles, func(ctx context.Context, _ []string) (paper.Document, error) {
			if o.Dir == "" {
				return nil, cred.Failed("usage.flag", "the folder is missing", "write sectag ca init --dir authority")
			}
			if o.Plaintext && a.PassphraseFile() != "" {
				return nil, cred.Failed("usage.flag", "a passphrase and --insecure-plaintext do not go together", "leave one of them out")
			}
			if err := own.settle(o); err != nil {
				return nil, err
			}
			if err := up.settle(&o); err != nil {
				return nil, err
			}
			o.Clock = ca.Clock{Now: a.Now(), Build: a.Tool.Built}
			made, err := a.create(ctx, o, up, own)
			if err != nil {
				return nil, err
			}
			return &paper.CAInit{Created: &made}, nil
		}),
	}
	f := c.Flags()
	f.StringVar(&o.Dir, "dir", "", "folder to write root.crt and root.key to, or intermediate.crt and intermediate.key")
	f.StringVar(&o.Subject, "subject", "", `name, such as "CN=Acme Devices 2026,O=Acme,C=NL"`)
	f.IntVar(&o.Days, "days", ca.DefaultDays, "days of life (an intermediate's default: as long as the root)")
	f.BoolVar(&o.Plaintext, "insecure-plaintext", false, "leave the private key in clear, for trying things out")
	own.add(c)
	up.add(c)
	return c
}

// held is the flags of ca init that name a key which is there already, somewhere else than in a file.
type held struct{ signer, public string }

func (h *held) add(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&h.signer, "signer", "", "the new authority's key exists already, pkcs11:… or exec:…: only the certificate is made")
	f.StringVar(&h.public, "public", "", "with --signer: file of its public half (BEGIN PUBLIC KEY), needed for exec:")
}

// settle refuses flags that do not go together.
func (h *held) settle(o ca.InitOptions) error {
	if h.signer == "" && h.public != "" || h.signer != "" && o.Plaintext {
		return cred.Failed("usage.flag", "--public is for --signer, and --insecure-plaintext is not", "with --signer pkcs11:… or exec:… no key is made and none is written")
	}
	return nil
}

// create asks for what opens the keys, the root's above an intermediate and the new authority's own, and has the authority made.
func (a *app) create(ctx context.Context, o ca.InitOptions, up above, own held) (made ca.Created, err error) {
	var root func() (*ca.Authority, error)
	if up.wanted {
		root = func() (*ca.Authority, error) { return a.open(ctx, up.cert, up.key, up.pass) }
	}
	if own.signer != "" {
		return a.over(ctx, o, own, root)
	}
	if root != nil {
		if o.Under, err = root(); err != nil {
			return made, err
		}
		defer o.Under.Lock()
	}
	if !o.Plaintext {
		if o.Passphrase, err = a.NewPassphrase("passphrase for the authority's key: "); err != nil {
			return made, err
		}
		defer clear(o.Passphrase)
	}
	return ca.Init(o)
}

// over is create over a key that is there already.
func (a *app) over(ctx context.Context, o ca.InitOptions, own held, root func() (*ca.Authority, error)) (made ca.Created, err error) {
	pin, err := keyuri.NeedsPIN(own.signer)
	if err != nil {
		return made, err
	}
	if pin {
		if o.Passphrase, err = a.Passphrase(keyuri.Prompt(own.signer)); err != nil {
			return made, err
		}
		defer clear(o.Passphrase)
	}
	return keyuri.Init(ctx, o, own.signer, own.public, root)
}
