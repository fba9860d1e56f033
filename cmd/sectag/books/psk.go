package books

import (
	"context"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cmd/sectag/target"
	"example.org/sectag/cred"
	"example.org/sectag/internal/atomicfile"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/sealed"
)

// pskFlags are those of sectag ledger psk.
type pskFlags struct{ identity, imei, out string }

func (a *app) ledgerPSK() *cobra.Command {
	var f pskFlags
	c := &cobra.Command{
		Use: "psk --identity F --imei N --out F", Short: "Open the sealed pre-shared key of a unit, for its server", Args: cobra.NoArgs,
		Example: "  sectag ledger psk --identity firm-key.txt --imei 352656100367872 --out unit.psk",
		RunE:    a.Verb(func(ctx context.Context, _ []string) (paper.Document, error) { return a.openPSK(ctx, f) }),
	}
	c.Flags().StringVar(&f.identity, "identity", "", "the age identity file of one whom the keys are sealed to; one that is encrypted asks for its passphrase")
	c.Flags().StringVar(&f.imei, "imei", "", "the unit's")
	c.Flags().StringVar(&f.out, "out", "", "the new file to write the key to, as hex text, readable by you alone")
	return c
}

func (a *app) openPSK(ctx context.Context, f pskFlags) (paper.Document, error) {
	for _, need := range []struct{ flag, value string }{{"--identity", f.identity}, {"--imei", f.imei}, {"--out", f.out}} {
		if need.value == "" {
			return nil, cred.Failed("usage.flag", need.flag+" is missing", "write sectag ledger psk --identity F --imei N --out F")
		}
	}
	imei, err := target.IMEI(f.imei)
	if err != nil {
		return nil, err
	}
	l, err := a.NeedLedger(ctx)
	if err != nil {
		return nil, err
	}
	defer console.CloseReader(l)
	psk, err := sealed.Find(ctx, l, record.Unit{IMEI: imei})
	if err != nil {
		return nil, err
	}
	ids, err := a.identities(f.identity)
	if err != nil {
		return nil, err
	}
	key, err := psk.Open(ids...)
	if err != nil {
		return nil, err
	}
	key = append(key, '\n')
	defer clear(key)
	if err := atomicfile.Create(f.out, key, 0o600); err != nil {
		return nil, cred.Because(err, "config.file", "the key cannot be written to "+f.out, "name a file that is not there yet, in a folder that you may write to")
	}
	return &paper.LedgerPSK{IMEI: imei, Identity: psk.Identity, SHA256: psk.SHA256, Record: psk.Record, File: f.out}, nil
}

// identities reads an age identity file.
func (a *app) identities(name string) ([]age.Identity, error) {
	text, err := atomicfile.Read(name, target.MaxFile)
	if err != nil {
		return nil, cred.Because(err, "config.file", "the identity file "+name+" cannot be read", "name the file that age-keygen wrote")
	}
	defer clear(text)
	return sealed.Identities(text, func() ([]byte, error) { return a.Passphrase("passphrase of " + name + ": ") })
}
