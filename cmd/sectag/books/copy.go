package books

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cred"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/transfer"
)

// ledgerInit makes an empty ledger, or brings the tables of an old one up to date.
func (a *app) ledgerInit() *cobra.Command {
	return &cobra.Command{
		Use: "init", Short: "Make an empty ledger, or bring the tables of an older one up to date", Args: cobra.NoArgs,
		RunE: a.Verb(func(ctx context.Context, _ []string) (paper.Document, error) {
			url, err := a.NeedURL()
			if err != nil {
				return nil, err
			}
			l, err := ledger.Open(ctx, url)
			if err != nil {
				return nil, err
			}
			head, err := l.Head(ctx)
			doc := &paper.LedgerInit{Ledger: url, Origin: l.Origin(), Records: head.Size}
			if err == nil {
				err = l.Close()
			} else {
				_ = l.Close() // the first error is the one to tell
			}
			return doc, err
		}),
	}
}

func (a *app) ledgerBackup() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use: "backup", Short: "Copy the whole ledger, as it is at one moment, to a new file, and verify the copy", Args: cobra.NoArgs,
		RunE: a.Verb(func(ctx context.Context, _ []string) (paper.Document, error) {
			if out == "" {
				return nil, cred.Failed("usage.flag", "no file is named for the backup", "write --out FILE")
			}
			url, err := a.NeedURL()
			if err != nil {
				return nil, err
			}
			copied, err := transfer.Backup(ctx, url, out)
			if err != nil {
				return nil, err
			}
			return paper.Copied(url, "sqlite:"+out, copied), nil
		}),
	}
	c.Flags().StringVar(&out, "out", "", "the new file, with mode 0600")
	return c
}

func (a *app) ledgerRestore() *cobra.Command {
	var from, to string
	c := &cobra.Command{
		Use: "restore", Short: "Copy a backup to where there is no ledger yet, and verify the copy", Args: cobra.NoArgs,
		RunE: a.Verb(func(ctx context.Context, _ []string) (paper.Document, error) {
			if from == "" || to == "" {
				return nil, cred.Failed("usage.flag", "a backup and a new place are needed", "write --from FILE --to URL, such as --to sqlite:ledger.db")
			}
			if !strings.HasPrefix(from, "sqlite:") && !strings.HasPrefix(from, "postgres") {
				from = "sqlite:" + from
			}
			copied, err := transfer.Restore(ctx, from, to)
			if err != nil {
				return nil, err
			}
			return paper.Copied(from, to, copied), nil
		}),
	}
	c.Flags().StringVar(&from, "from", "", "the backup")
	c.Flags().StringVar(&to, "to", "", "where it goes on, such as sqlite:ledger.db or postgres://user@host/database")
	return c
}

func (a *app) ledgerMove() *cobra.Command {
	var to string
	c := &cobra.Command{
		Use: "move", Short: "Copy the ledger to another place, verify the copy, and close the old one", Args: cobra.NoArgs,
		RunE: a.Verb(func(ctx context.Context, _ []string) (paper.Document, error) {
			if to == "" {
				return nil, cred.Failed("usage.flag", "no new place is named", "write --to URL, such as --to postgres://user@host/database")
			}
			url, err := a.NeedURL()
			if err != nil {
				return nil, err
			}
			copied, err := transfer.Move(ctx, url, to, "")
			if err != nil {
				return nil, err
			}
			return paper.Copied(url, to, copied), nil
		}),
	}
	c.Flags().StringVar(&to, "to", "", "where it goes on, such as postgres://user@host/database")
	return c
}
