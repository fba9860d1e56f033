package books

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"example.org/sectag/cmd/sectag/books/proof"
	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/outfile"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cmd/sectag/target"
	"example.org/sectag/cred"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/report"
	"example.org/sectag/ledger/report/page"
	"example.org/sectag/ledger/report/sheet"
	"example.org/sectag/ledger/seal"
)

// reportFlags say what a report is over and where it goes.
type reportFlags struct {
	out, proofs, batch, since, until, format string
	under                                    proof.Under
	imeis                                    []string
}

func (a *app) ledgerReport() *cobra.Command {
	var f reportFlags
	c := &cobra.Command{
		Use: "report", Short: "Write what was measured as evidence for a technical file", Args: cobra.NoArgs,
		RunE: a.VerbOf(paper.NoReport, func(ctx context.Context, _ []string) (paper.Document, error) {
			return a.report(ctx, f)
		}),
	}
	c.Flags().StringVar(&f.out, "out", "", "the file to write; one that is there is replaced")
	c.Flags().StringVar(&f.format, "format", "html", "html: one page; json: everything; csv: rows for assessment sheets")
	c.Flags().StringVar(&f.proofs, "proofs", "", "a folder for the proof of each unit: its record is in the signed log")
	f.under.Flags(c.Flags())
	c.Flags().StringVar(&f.batch, "batch", "", "only the units of this batch")
	c.Flags().StringVar(&f.since, "since", "", "only records from this day (2026-11-22) or time (RFC 3339) on")
	c.Flags().StringVar(&f.until, "until", "", "only records up to this day or time, which is included")
	c.Flags().StringArrayVar(&f.imeis, "imei", nil, "only this unit's; may be repeated")
	return c
}

// writers are the forms of a report.
var writers = map[string]func(*bytes.Buffer, *report.Model) error{
	"html": func(b *bytes.Buffer, m *report.Model) error { return page.Write(b, m) },
	"csv":  func(b *bytes.Buffer, m *report.Model) error { return sheet.CSV(b, sheet.Rows(m)) },
	"json": func(b *bytes.Buffer, m *report.Model) error {
		e := json.NewEncoder(b)
		e.SetIndent("", " ")
		return e.Encode(struct {
			*report.Model
			Sheets []sheet.Row `json:"sheets"`
		}{m, sheet.Rows(m)})
	},
}

func (a *app) report(ctx context.Context, f reportFlags) (paper.Document, error) {
	write := writers[f.format]
	switch {
	case f.out == "":
		return nil, cred.Failed("usage.flag", "no file is named for the report", "write --out report.html")
	case write == nil:
		return nil, cred.Failed("usage.flag", fmt.Sprintf("--format: %q is no form of a report", f.format), "write html, json or csv")
	}
	if err := f.signing(); err != nil {
		return nil, err
	}
	part, err := f.part()
	if err != nil {
		return nil, err
	}
	frame := report.Frame{Made: a.Now(), Tool: report.Tool{Version: a.Tool.Version, Commit: a.Tool.Commit}, Scope: scope(part)}
	if frame.Life, err = a.life(); err != nil {
		return nil, err
	}
	m, err := a.model(ctx, frame, part, f)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if err := write(&text, m); err != nil {
		return nil, err
	}
	doc := reported(m)
	if err := outfile.Write(f.out, "the report", text.Bytes()); err != nil {
		return doc, err
	}
	doc.Proofs = f.proofs
	doc.Report, doc.Format, doc.Bytes, doc.SHA256 = f.out, f.format, text.Len(), cred.Sum(text.Bytes())
	return doc, nil
}

// model folds the ledger's records into a report, and writes the proofs of its units if they are wanted.
func (a *app) model(ctx context.Context, frame report.Frame, part ledger.Part, f reportFlags) (*report.Model, error) {
	l, err := a.NeedLedger(ctx)
	if err != nil {
		return nil, err
	}
	defer console.CloseReader(l)
	if frame.Head, err = l.Head(ctx); err != nil {
		return nil, err
	}
	if frame.Revoked, err = revocations(ctx, l, frame.Head); err != nil {
		return nil, err
	}
	b := report.New(frame)
	if err := l.Each(ctx, frame.Head, part, func(r record.Record, leaf cred.Digest) error { b.Add(r, leaf); return nil }); err != nil {
		return nil, err
	}
	m := b.Finish()
	if m.Count.Records == 0 {
		return nil, cred.Failed("ledger.no-record", "no record of the ledger is asked for: there is nothing to report", "sectag ledger list shows the records with their times")
	}
	if f.proofs != "" {
		m.Proofs = filepath.Base(f.proofs)
		err = proof.Folder(ctx, a.Console, l, f.under, f.proofs, m.Units)
	}
	return m, err
}

// signing sees that what says how proofs are signed stands beside proofs.
func (f reportFlags) signing() error {
	switch {
	case f.under.Checkpoint != "" && f.under.Key != "":
		return cred.Failed("usage.flag", "--checkpoint and --key do not go together", "leave one of them out")
	case f.proofs == "" && f.under != proof.Under{}:
		return cred.Failed("usage.flag", "--checkpoint and --key are for proofs, and none are asked for", "write --proofs FOLDER as well, or leave them out")
	}
	return nil
}

// revocations are those that the log under a head has. A bench may write while this reads.
func revocations(ctx context.Context, l *ledger.Reader, head seal.Checkpoint) ([]record.Record, error) {
	all, err := l.Revocations(ctx)
	return slices.DeleteFunc(all, func(r record.Record) bool {
		n, err := strconv.ParseInt(r.ID, 10, 64)
		return err != nil || n >= head.Size
	}), err
}

// life is how long the profile says that the product is used; 0 where no profile stands beside the ledger. Whoever names a ledger need
// not have the profile.
func (a *app) life() (time.Duration, error) {
	if a.LedgerURL != "" && a.ProfileFile == "" {
		return 0, nil
	}
	p, _, err := a.Profile()
	return p.Life, err
}

// part is what the flags narrow the ledger to.
func (f reportFlags) part() (p ledger.Part, err error) {
	p.Batch = f.batch
	if p.Since, err = moment("--since", f.since, false); err != nil {
		return p, err
	}
	if p.Until, err = moment("--until", f.until, true); err != nil {
		return p, err
	}
	p.IMEIs, err = target.IMEIs(f.imeis)
	return p, err
}

// moment reads a day or a time. A day that ends something is meant whole.
func moment(flag, s string, last bool) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		if last {
			day = day.Add(24*time.Hour - time.Second)
		}
		return day, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, cred.Because(err, "usage.flag", fmt.Sprintf("%s: %q is no day and no time", flag, s), "write 2026-11-22, or 2026-11-22T10:00:00Z")
	}
	return t, nil
}

func scope(p ledger.Part) report.Scope {
	s := report.Scope{Batch: p.Batch, IMEIs: p.IMEIs}
	if !p.Since.IsZero() {
		s.Since = record.Stamp(p.Since)
	}
	if !p.Until.IsZero() {
		s.Until = record.Stamp(p.Until)
	}
	return s
}

// reported is what the verb says of the report.
func reported(m *report.Model) *paper.LedgerReport {
	doc := paper.NoReport().(*paper.LedgerReport)
	doc.Records, doc.Units, doc.Delivered, doc.HeldBack = m.Count.Records, m.Count.Units, m.Count.Delivered, m.Count.HeldBack
	doc.Revoked = m.Count.Revoked
	for _, r := range m.Requirements {
		if r.Result != "" {
			doc.Requirements = append(doc.Requirements, paper.ReportedResult{ID: r.ID, Result: r.Result, InPart: r.InPart})
		}
	}
	for _, s := range m.Mistakes {
		if s.State == "found" {
			doc.Mistakes = append(doc.Mistakes, s.What)
		}
	}
	return doc
}
