package authority

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"example.org/sectag/bench/ask"
	"example.org/sectag/bench/profile"
	"example.org/sectag/ca"
	"example.org/sectag/ca/certfile"
	"example.org/sectag/ca/chain"
	"example.org/sectag/ca/cross"
	"example.org/sectag/ca/keyuri"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cred"
	"example.org/sectag/internal/atomicfile"
)

// above is the flags of ca init that say which root a new intermediate stands under.
type above struct {
	wanted          bool
	cert, key, pass string
	cmd             *cobra.Command
}

func (u *above) add(c *cobra.Command) {
	u.cmd = c
	f := c.Flags()
	f.BoolVar(&u.wanted, "intermediate", false, "make an intermediate, signed by the root of --cert and --key")
	f.StringVar(&u.cert, "cert", "", "with --intermediate: the root's certificate")
	f.StringVar(&u.key, "key", "", "with --intermediate: and private key: a file, pkcs11:… or exec:…")
	f.StringVar(&u.pass, "root-passphrase-file", "", "with --intermediate: first line of this file is the root's passphrase (--passphrase-file is the new key's)")
}

// settle refuses flags that do not go together, and leaves an intermediate's life open where it was not said.
func (u *above) settle(o *ca.InitOptions) error {
	said := u.cmd.Flags().Changed("days")
	switch {
	case !u.wanted && u.cert+u.key+u.pass != "":
		return cred.Failed("usage.flag", "--cert, --key and --root-passphrase-file are for an intermediate", "write --intermediate too, or leave them out: a root signs itself, and a key of its own that exists already is named with --signer")
	case u.wanted && (u.cert == "" || u.key == ""):
		return cred.Failed("usage.flag", "the root is missing", "write sectag ca init --intermediate --cert root.crt --key root.key --dir authority/2026")
	case said && o.Days == 0: // to the room, 0 is "not said"
		return cred.Failed("config.value", "an authority cannot live 0 days", "give 1 or more; 7300 is twenty years")
	case u.wanted && !said:
		o.Days = 0
	}
	return nil
}

// open unlocks an authority for one signature, which ends with ctx. passFile is where the passphrase of its key is, or its token's PIN, "" to ask.
func (a *app) open(ctx context.Context, cert, key, passFile string) (*ca.Authority, error) {
	r, err := ca.Load(cert, a.Now())
	if err != nil {
		return nil, err
	}
	encrypted, err := ask.KeyEncrypted(profile.Profile{Cert: cert, Key: key})
	if err != nil {
		return nil, err
	}
	var pass []byte
	if encrypted {
		pass, err = a.PassphraseOf(passFile, keyuri.Prompt(key))
		if f := cred.AsFault(err); f != nil && f.Code == "usage.no-terminal" && a.PassphraseFile() != "" {
			return nil, cred.Because(err, f.Code, f.Text, "name the file of the root's passphrase with --root-passphrase-file: --passphrase-file is the new key's")
		}
		if err != nil {
			return nil, err
		}
		defer clear(pass)
	}
	return keyuri.Open(ctx, r, key, pass)
}

func (a *app) caChain() *cobra.Command {
	var cert, root, out string
	c := &cobra.Command{
		Use: "chain --cert F --out F", Short: "Write what a server must know to let units in: the intermediates and the root", Args: cobra.NoArgs,
		Example: "  sectag ca chain --cert authority/2026/intermediate.crt --out client-ca.pem",
		RunE: a.VerbOf(paper.NoChain, func(context.Context, []string) (paper.Document, error) {
			if cert == "" || out == "" {
				return nil, cred.Failed("usage.flag", "the authority or the new file is missing", "write sectag ca chain --cert intermediate.crt --out client-ca.pem")
			}
			var more []string
			if root != "" {
				more = []string{root}
			}
			c, err := chain.Read(cert, more...)
			if err != nil {
				return nil, err
			}
			return written(out, c)
		}),
	}
	f := c.Flags()
	f.StringVar(&cert, "cert", "", "the certificate of the authority that signs units; its root may stand behind it")
	f.StringVar(&root, "root", "", "its root, and what stands between, where they are not in that file")
	f.StringVar(&out, "out", "", "new file to write (PEM)")
	return c
}

func (a *app) caCross() *cobra.Command {
	var cert, key, next, out string
	c := &cobra.Command{
		Use: "cross --cert OLD --key OLDKEY --subject-cert NEW --out F", Short: "Have the old root vouch for the new one, for servers that know only the old", Args: cobra.NoArgs,
		Example: "  sectag ca cross --cert 2016/root.crt --key 2016/root.key --subject-cert 2026/root.crt --out cross.crt",
		RunE: a.VerbOf(paper.NoChain, func(ctx context.Context, _ []string) (paper.Document, error) {
			if cert == "" || key == "" || next == "" || out == "" {
				return nil, cred.Failed("usage.flag", "the old root, the new root or the new file is missing",
					"write sectag ca cross --cert old.crt --key old.key --subject-cert new.crt --out cross.crt")
			}
			to, err := certfile.Root(next)
			if err != nil {
				return nil, err
			}
			old, err := a.open(ctx, cert, key, a.PassphraseFile())
			if err != nil {
				return nil, err
			}
			defer old.Lock()
			der, err := cross.Sign(old, to, ca.Clock{Now: a.Now(), Build: a.Tool.Built})
			if err != nil {
				return nil, err
			}
			bridge, err := x509.ParseCertificate(der)
			if err != nil {
				return nil, fmt.Errorf("reading the cross certificate back: %w", err)
			}
			return written(out, chain.Chain{bridge})
		}),
	}
	f := c.Flags()
	f.StringVar(&cert, "cert", "", "the old root's certificate")
	f.StringVar(&key, "key", "", "and private key: a file, pkcs11:… or exec:…")
	f.StringVar(&next, "subject-cert", "", "the new root's certificate")
	f.StringVar(&out, "out", "", "new file to write the cross certificate to (PEM)")
	return c
}

// written writes certificates into a new file and tells of them.
func written(out string, c chain.Chain) (paper.Document, error) {
	if err := atomicfile.Create(out, c.PEM(), 0o644); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil, cred.Because(err, "ca.exists", out+" is already there and is not overwritten", "name another file, or move the old one away first")
		}
		return nil, cred.Because(err, "config.file", "the file "+out+" cannot be written", "name a file in a folder that you may write to")
	}
	return paper.ChainOf(out, c), nil
}
