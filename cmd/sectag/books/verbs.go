// Package books is the verbs of sectag ledger: each parses its flags, opens the ledger and asks it (package ledger).
package books

import (
	"context"

	"github.com/spf13/cobra"

	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cmd/sectag/target"
	"example.org/sectag/cred"
	"example.org/sectag/internal/atomicfile"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/seal"
)

type app struct{ *console.Console }

// Verb is sectag ledger with all below it.
func Verb(c *console.Console) *cobra.Command {
	a := &app{c}
	return console.Group(&cobra.Command{Use: "ledger", Short: "Read and verify what was done to which unit"},
		a.ledgerList(), a.ledgerShow(), a.ledgerVerify(), a.ledgerUnique(), a.ledgerAffected(), a.ledgerExport())
}

func (a *app) ledgerList() *cobra.Command {
	var imei string
	c := &cobra.Command{
		Use: "list", Short: "List the records, the oldest first", Args: cobra.NoArgs,
		RunE: a.VerbOf(paper.NoRecords, func(ctx context.Context, _ []string) (paper.Document, error) {
			var q ledger.Query
			if imei != "" {
				i, err := cred.ParseIMEI(imei)
				if err != nil {
					return nil, cred.Because(err, "usage.flag", "--imei: "+err.Error(), "write 15 digits")
				}
				q.IMEI = i
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
			_, body, err := l.Show(ctx, args[0])
			if err != nil {
				return nil, err
			}
			return &paper.LedgerShow{Body: body}, nil
		}),
	}
}

func (a *app) ledgerVerify() *cobra.Command {
	var checkpoint, out string
	c := &cobra.Command{
		Use: "verify", Short: "Recompute the whole log and say what was changed, dropped or moved", Args: cobra.NoArgs,
		RunE: a.VerbOf(paper.NoFindings, func(ctx context.Context, _ []string) (paper.Document, error) {
			var kept *seal.Checkpoint
			if checkpoint != "" {
				text, err := atomicfile.Read(checkpoint, target.MaxFile)
				if err != nil {
					return nil, cred.Because(err, "config.file", "the checkpoint "+checkpoint+" cannot be read", "name the file that was kept")
				}
				c, err := seal.Parse(text)
				if err != nil {
					return nil, cred.Because(err, "config.value", "the checkpoint "+checkpoint+" cannot be read: "+err.Error(), "name the file that was kept")
				}
				kept = &c
			}
			l, err := a.NeedLedger(ctx)
			if err != nil {
				return nil, err
			}
			defer console.CloseReader(l)
			r, err := l.Verify(ctx, kept)
			if err != nil {
				return nil, err
			}
			doc := &paper.LedgerVerify{Verdict: r.Verdict, Records: r.Records, Root: r.Root.String(), Findings: r.Findings, Checkpoint: r.Checkpoint}
			if f := r.Fault(); f != nil {
				return doc, f
			}
			if out != "" {
				if err := atomicfile.Write(out, []byte(r.Checkpoint), 0o644); err != nil {
					return doc, cred.Because(err, "config.file", "the checkpoint cannot be written to "+out, "name a file in a folder that you may write to")
				}
			}
			return doc, nil
		}),
	}
	c.Flags().StringVar(&out, "checkpoint-out", "", "write the state of the log to this file, to be kept elsewhere")
	c.Flags().StringVar(&checkpoint, "checkpoint", "", "a checkpoint that was kept elsewhere: the log must contain it")
	return c
}
