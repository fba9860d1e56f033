package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"example.org/sectag/cred"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/seal"
)

func (a *app) ledgerVerb() *cobra.Command {
	c := &cobra.Command{Use: "ledger", Short: "Read and verify what was done to which unit"}
	c.AddCommand(a.ledgerList(), a.ledgerShow(), a.ledgerVerify())
	return c
}

type ledgerListDoc struct {
	result
	Records []ledger.Summary `json:"records"`
}

func (d *ledgerListDoc) people(w io.Writer) {
	for _, r := range d.Records {
		fmt.Fprintf(w, "%6s  %s  %s  %-11s %s\n", r.Record, r.Time, r.IMEI, r.Kind, r.Verdict)
	}
	if len(d.Records) == 0 {
		fmt.Fprintln(w, "no records yet")
	}
}

func (a *app) ledgerList() *cobra.Command {
	var imei string
	c := &cobra.Command{
		Use: "list", Short: "List the records, the oldest first", Args: cobra.NoArgs,
		RunE: a.verb(func(ctx context.Context, _ []string) (document, error) {
			var q ledger.Query
			if imei != "" {
				i, err := cred.ParseIMEI(imei)
				if err != nil {
					return nil, cred.Because(err, "usage.flag", "--imei: "+err.Error(), "write 15 digits")
				}
				q.IMEI = i
			}
			l, err := a.needLedger(ctx)
			if err != nil {
				return nil, err
			}
			defer closeReader(l)
			records, err := l.List(ctx, q)
			if err != nil {
				return nil, err
			}
			return &ledgerListDoc{Records: records}, nil
		}),
	}
	c.Flags().StringVar(&imei, "imei", "", "only this unit's")
	return c
}

// ledgerShowDoc is a record as it was written: JSON in both forms, because that is what it is.
type ledgerShowDoc struct {
	body json.RawMessage
}

func (d *ledgerShowDoc) failed(*cred.Fault) {}

func (d *ledgerShowDoc) MarshalJSON() ([]byte, error) { return d.body, nil }

func (d *ledgerShowDoc) people(w io.Writer) {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(d.body)
}

func (a *app) ledgerShow() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show one record as it was written", Args: cobra.ExactArgs(1),
		RunE: a.verb(func(ctx context.Context, args []string) (document, error) {
			l, err := a.needLedger(ctx)
			if err != nil {
				return nil, err
			}
			defer closeReader(l)
			_, body, err := l.Show(ctx, args[0])
			if err != nil {
				return nil, err
			}
			return &ledgerShowDoc{body: body}, nil
		}),
	}
}

type ledgerVerifyDoc struct {
	result
	Verdict  cred.Verdict   `json:"verdict"`
	Records  int64          `json:"records"`
	Root     string         `json:"root"`
	Findings []cred.Finding `json:"findings"`
}

func (d *ledgerVerifyDoc) people(w io.Writer) {
	findings(w, d.Findings)
	fmt.Fprintf(w, "%d records, root %s\n", d.Records, d.Root)
	if d.Verdict == cred.Pass {
		fmt.Fprintln(w, "PASS: nothing was changed, dropped or moved")
	} else {
		fmt.Fprintln(w, "FAIL")
	}
}

func (a *app) ledgerVerify() *cobra.Command {
	var checkpoint string
	c := &cobra.Command{
		Use: "verify", Short: "Recompute the whole log and say what was changed, dropped or moved", Args: cobra.NoArgs,
		RunE: a.verb(func(ctx context.Context, _ []string) (document, error) {
			var kept *seal.Checkpoint
			if checkpoint != "" {
				text, err := os.ReadFile(checkpoint)
				if err != nil {
					return nil, cred.Because(err, "config.file", "the checkpoint "+checkpoint+" cannot be read", "name the file that was kept")
				}
				c, err := seal.Parse(text)
				if err != nil {
					return nil, cred.Because(err, "config.value", "the checkpoint "+checkpoint+" cannot be read: "+err.Error(), "name the file that was kept")
				}
				kept = &c
			}
			l, err := a.needLedger(ctx)
			if err != nil {
				return nil, err
			}
			defer closeReader(l)
			r, err := l.Verify(ctx, kept)
			if err != nil {
				return nil, err
			}
			doc := &ledgerVerifyDoc{Verdict: r.Verdict, Records: r.Records, Root: r.Root.String(), Findings: r.Findings}
			if f := r.Fault(); f != nil {
				return doc, f
			}
			return doc, nil
		}),
	}
	c.Flags().StringVar(&checkpoint, "checkpoint", "", "a checkpoint that was kept elsewhere: the log must contain it")
	return c
}
