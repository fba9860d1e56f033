package books

import (
	"context"

	"github.com/spf13/cobra"

	"example.org/sectag/bench/evidence"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

func (a *app) ledgerCorrect() *cobra.Command {
	var note, operator string
	c := &cobra.Command{
		Use: "correct ID --note TEXT", Short: "Say in a new record what is wrong with an older one, which stays as it is", Args: cobra.MaximumNArgs(1),
		RunE: a.Verb(func(ctx context.Context, args []string) (paper.Document, error) {
			if len(args) == 0 || note == "" {
				return nil, cred.Failed("usage.flag", "the record or what is right is missing", `write sectag ledger correct ID --note "the batch is 2026-48"`)
			}
			l, err := a.NeedLedger(ctx) // a name that was mistyped must not make a ledger
			if err != nil {
				return nil, err
			}
			_, _, err = l.Show(ctx, args[0])
			if bad := l.Close(); err == nil {
				err = bad
			}
			if err != nil {
				return nil, err
			}
			p, _, err := a.Profile()
			if err != nil {
				return nil, err
			}
			s, err := a.WriteLedger(ctx, p)
			if err != nil {
				return nil, err
			}
			defer s.Close()
			by := evidence.Bench(a.Tool, "")
			by.Station, by.Operator = p.Station, p.Operator
			if operator != "" {
				by.Operator = operator
			}
			w, err := s.Correct(ctx, args[0], note, by, record.Stamp(a.Now()))
			if err != nil {
				return nil, err
			}
			return &paper.LedgerCorrect{Record: w.ID, Corrects: w.Record.Corrects, Note: w.Record.Note}, nil
		}),
	}
	c.Flags().StringVar(&note, "note", "", "what is right, in a sentence")
	c.Flags().StringVar(&operator, "operator", "", "who says so, as a pseudonym (default the profile's)")
	return c
}
