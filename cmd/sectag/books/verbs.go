// Package books is the verbs of sectag ledger: each parses its flags, opens the ledger and asks it (package ledger).
package books

import (
	"context"

	"github.com/spf13/cobra"

	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cmd/sectag/target"
	"example.org/sectag/cred"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

type app struct{ *console.Console }

// Verb is sectag ledger with all below it.
func Verb(c *console.Console) *cobra.Command {
	a := &app{c}
	return console.Group(&cobra.Command{Use: "ledger", Short: "Read and verify what was done to which unit"},
		a.ledgerList(), a.ledgerShow(), a.ledgerVerify(), a.ledgerKey(), a.ledgerCheckpoint(), a.ledgerProve(), a.ledgerCheck(), a.ledgerCorrect(), a.ledgerPSK(), a.ledgerReport(),
		a.ledgerUnique(), a.ledgerAffected(), a.ledgerExport(),
		a.ledgerInit(), a.ledgerBackup(), a.ledgerRestore(), a.ledgerMove())
}

func (a *app) ledgerList() *cobra.Command {
	var imei string
	c := &cobra.Command{
		Use: "list", Short: "List the records, the oldest first", Args: cobra.NoArgs,
		RunE: a.VerbOf(paper.NoRecords, func(ctx context.Context, _ []string) (paper.Document, error) {
			var q ledger.Query
			if imei != "" {
				i, err := target.IMEI(imei)
				if err != nil {
					return nil, err
				}
				q.IMEIs = []cred.IMEI{i}
			}
			l, err := a.NeedLedger(ctx)
			if err != nil {
				return nil, err
			}
			defer console.CloseReader(l)
			records, err := l.List(ctx, q)
			if err != nil {
				return nil, err
			}
			return &paper.LedgerList{Records: records}, nil
		}),
	}
	c.Flags().StringVar(&imei, "imei", "", "only this unit's")
	return c
}

// noteRevoked says beside a record that its certificate is to be believed no more.
func (a *app) noteRevoked(ctx context.Context, l *ledger.Reader, c *record.Certificate) error {
	if c == nil {
		return nil
	}
	all, err := l.Revocations(ctx)
	for _, r := range all {
		if r.Revoked != nil && r.Revoked.Serial == c.Serial && r.Revoked.Issuer == c.IssuerSHA {
			a.Note("record %s revokes its certificate: %s, %s\n", r.ID, r.Revoked.Time, r.Revoked.Reason)
		}
	}
	return err
}

func (a *app) ledgerShow() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show one record as it was written", Args: cobra.MaximumNArgs(1),
		RunE: a.Verb(func(ctx context.Context, args []string) (paper.Document, error) {
			if len(args) == 0 {
				return nil, cred.Failed("usage.flag", "no record is named", "write sectag ledger show ID; sectag ledger list shows the records")
			}
			l, err := a.NeedLedger(ctx)
			if err != nil {
				return nil, err
			}
			defer console.CloseReader(l)
			rec, body, err := l.Show(ctx, args[0])
			if err != nil {
				return nil, err
			}
			notes, err := l.Corrections(ctx, args[0])
			if err != nil {
				return nil, err
			}
			for _, n := range notes { // beside the record, which stays as it was written
				a.Note("record %s corrects it: %s\n", n.Record, n.Text)
			}
			if err := a.noteRevoked(ctx, l, rec.Cert); err != nil {
				return nil, err
			}
			return &paper.LedgerShow{Body: body}, nil
		}),
	}
}
