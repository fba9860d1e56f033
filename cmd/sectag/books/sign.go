package books

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"example.org/sectag/bench/notary"
	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/outfile"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cred"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/seal"
)

func (a *app) ledgerKey() *cobra.Command {
	var out string
	var plain bool
	c := &cobra.Command{
		Use: "key --out F", Short: "Make the key that signs the log's checkpoints: F encrypted, and beside it a .pub for those who verify", Args: cobra.NoArgs,
		Long:    "Make the key that signs the log's checkpoints: F, encrypted, and beside it a .pub for those who verify. It is the ledger's own and no authority's. A ledger that is not there yet is made.",
		Example: "  sectag ledger key --out ledger.key --ledger sqlite:ledger.db",
		RunE: a.Verb(func(ctx context.Context, _ []string) (paper.Document, error) {
			if out == "" {
				return nil, cred.Failed("usage.flag", "the file is missing", "write sectag ledger key --out ledger.key")
			}
			if plain && a.LedgerPassphraseFile() != "" {
				return nil, cred.Failed("usage.flag", "a passphrase and --insecure-plaintext do not go together", "leave one of them out")
			}
			origin, err := a.origin(ctx)
			if err != nil {
				return nil, err
			}
			var pass []byte
			if !plain {
				if pass, err = a.NewLedgerPassphrase("passphrase for the ledger's key: "); err != nil {
					return nil, err
				}
				defer clear(pass)
			}
			public, err := notary.Create(out, origin, pass)
			if err != nil {
				return nil, err
			}
			return &paper.LedgerKey{Key: out, PublicFile: notary.PublicFile(out), PublicKey: public}, nil
		}),
	}
	c.Flags().StringVar(&out, "out", "", "file for the private key")
	c.Flags().BoolVar(&plain, "insecure-plaintext", false, "leave the private key in clear, for trying things out")
	return c
}

// origin is the name of the ledger; one that is not there is made.
func (a *app) origin(ctx context.Context) (string, error) {
	l, err := a.NeedLedger(ctx)
	if err == nil {
		defer console.CloseReader(l)
		return l.Origin(), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	p, _, err := a.Profile()
	if err != nil {
		return "", err
	}
	s, err := ledger.OpenAs(ctx, p.Ledger, p.Station)
	if err != nil {
		return "", err
	}
	return s.Origin(), s.Close()
}

// keyFile is the key that was named, or the profile's.
func (a *app) keyFile(named string) (string, error) {
	if named != "" {
		return named, nil
	}
	p, _, err := a.Profile()
	if err == nil && p.Notary == "" {
		err = cred.Failed("usage.flag", "no key is named that signs checkpoints", "give --key F, or a profile with key under [ledger]; sectag ledger key makes one")
	}
	return p.Notary, err
}

func (a *app) ledgerCheckpoint() *cobra.Command {
	var out, key string
	c := &cobra.Command{
		Use: "checkpoint --out F", Short: "Verify the log and sign its state, to be kept elsewhere", Args: cobra.NoArgs,
		RunE: a.VerbOf(paper.NoFindings, func(ctx context.Context, _ []string) (paper.Document, error) {
			if out == "" {
				return nil, cred.Failed("usage.flag", "the file is missing", "write sectag ledger checkpoint --out F")
			}
			file, err := a.keyFile(key)
			if err != nil {
				return nil, err
			}
			l, err := a.NeedLedger(ctx)
			if err != nil {
				return nil, err
			}
			defer console.CloseReader(l)
			return a.signState(ctx, l, file, out)
		}),
	}
	c.Flags().StringVar(&out, "out", "", "file for the signed checkpoint")
	c.Flags().StringVar(&key, "key", "", "the ledger's private key (default the profile's)")
	return c
}

// signState signs a log that is right, and none else: what is signed once cannot be taken back.
func (a *app) signState(ctx context.Context, l *ledger.Reader, file, out string) (paper.Document, error) {
	key, err := a.LedgerKey(file)
	if err != nil {
		return nil, err
	}
	note, public, err := l.SignHead(ctx, key)
	if err != nil {
		return nil, err
	}
	kept, err := seal.ParseNote(note)
	if err != nil {
		return nil, err
	}
	r, err := l.Verify(ctx, &kept)
	if err != nil {
		return nil, err
	}
	doc := &paper.LedgerCheckpoint{Records: kept.Size, Root: cred.Digest(kept.Root).String(), Findings: r.Findings}
	if f := r.Fault(); f != nil {
		return doc, f
	}
	if err := outfile.Write(out, "the checkpoint", note); err != nil {
		return doc, err
	}
	doc.Out, doc.Checkpoint, doc.PublicKey = out, string(note), public
	return doc, nil
}
