package books

import (
	"bytes"
	"context"
	"errors"
	"strconv"

	"github.com/spf13/cobra"

	"example.org/sectag/bench/notary"
	"example.org/sectag/cmd/sectag/books/proof"
	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cmd/sectag/target"
	"example.org/sectag/cred"
	"example.org/sectag/internal/atomicfile"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/auditor"
	"example.org/sectag/ledger/record"
)

// proofOf is what sectag ledger prove is asked for.
type proofOf struct {
	id, imei, out string
	under         proof.Under
}

func (a *app) ledgerProve() *cobra.Command {
	var p proofOf
	c := &cobra.Command{
		Use: "prove [ID] --out F.tlog-proof", Short: "Write the proof that one record is in the signed log, for somebody without the ledger", Args: cobra.MaximumNArgs(1),
		Long: "Write the proof that one record is in the signed log, for somebody without the ledger: F.tlog-proof, and the record beside it as F.json. It stands under the newest checkpoint that the ledger keeps, or under one that is named, or the log is signed for it.",
		RunE: a.Verb(func(ctx context.Context, args []string) (paper.Document, error) {
			if len(args) > 0 {
				p.id = args[0]
			}
			if p.out == "" || (p.id == "") == (p.imei == "") || p.under.Checkpoint != "" && p.under.Key != "" {
				return nil, cred.Failed("usage.flag", "one record, one file, and at most one of --checkpoint and --key are wanted",
					"write sectag ledger prove ID --out unit.tlog-proof, or --imei N for the unit's newest record")
			}
			l, err := a.NeedLedger(ctx)
			if err != nil {
				return nil, err
			}
			defer console.CloseReader(l)
			return a.prove(ctx, l, p)
		}),
	}
	f := c.Flags()
	f.StringVar(&p.imei, "imei", "", "the newest record that gave this unit its identity, or else its newest")
	p.under.Flags(f)
	f.StringVar(&p.out, "out", "", "file for the proof")
	return c
}

func (a *app) prove(ctx context.Context, l *ledger.Reader, p proofOf) (paper.Document, error) {
	id, err := newestOf(ctx, l, p)
	if err != nil {
		return nil, err
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		n = 0 // what proves says what is wrong with it
	}
	note, err := p.under.Note(ctx, a.Console, l, n)
	if err != nil {
		return nil, err
	}
	w, err := proof.Write(ctx, l, note, id, p.out)
	if err != nil {
		return nil, err
	}
	says := "which a newer sectag wrote"
	if r, err := record.Decode(w.Body); err == nil {
		says = string(r.Kind) + ", " + string(r.Verdict)
	}
	return &paper.LedgerProof{Says: says, Record: id, Records: w.Size, Proof: w.Proof, RecordFile: w.Record}, nil
}

// newestOf is the record that was asked for.
func newestOf(ctx context.Context, l *ledger.Reader, p proofOf) (string, error) {
	if p.imei == "" {
		return p.id, nil
	}
	imei, err := target.IMEI(p.imei)
	if err != nil {
		return "", err
	}
	unit := record.Unit{IMEI: imei}
	r, found, err := l.NewestPassing(ctx, unit, record.Provision, record.Issue)
	if err == nil && !found {
		r, found, err = l.Newest(ctx, unit)
	}
	if err == nil && !found {
		err = cred.Failed("ledger.no-record", "the ledger has no record of the unit "+p.imei, "sectag ledger list shows the records")
	}
	return r.ID, err
}

func (a *app) ledgerCheck() *cobra.Command {
	var proved, rec, pub string
	c := &cobra.Command{
		Use: "check --proof F --record F --pub F", Short: "Check a unit's proof with its record and one public key: no ledger is needed", Args: cobra.NoArgs,
		RunE: a.VerbOf(paper.NoFindings, func(context.Context, []string) (paper.Document, error) {
			if proved == "" || rec == "" || pub == "" {
				return nil, cred.Failed("usage.flag", "the proof, the record or the public key is missing", "write sectag ledger check --proof F --record F --pub F")
			}
			return check(proved, rec, pub)
		}),
	}
	c.Flags().StringVar(&proved, "proof", "", "the proof that sectag ledger prove wrote")
	c.Flags().StringVar(&rec, "record", "", "the record, as it was written")
	c.Flags().StringVar(&pub, "pub", "", "the ledger's public key")
	return c
}

func check(proofFile, recordFile, pubFile string) (paper.Document, error) {
	pub, err := notary.Trust(pubFile)
	if err != nil {
		return nil, err
	}
	text, err := atomicfile.Read(proofFile, target.MaxFile)
	if err != nil {
		return nil, cred.Because(err, "config.file", "the proof "+proofFile+" cannot be read", "name the file that sectag ledger prove wrote")
	}
	body, err := atomicfile.Read(recordFile, target.MaxFile)
	if err != nil {
		return nil, cred.Because(err, "config.file", "the record "+recordFile+" cannot be read", "name the file that sectag ledger prove wrote")
	}
	body = bytes.TrimSuffix(bytes.TrimSuffix(body, []byte("\n")), []byte("\r")) // the line end is the file's
	p, err := auditor.ParseProof(text)
	if err != nil {
		return nil, cred.Because(err, "config.value", proofFile+": "+err.Error(), "name the file that sectag ledger prove wrote")
	}
	doc := &paper.LedgerCheck{Verdict: cred.Fail, Findings: []cred.Finding{}}
	c, err := p.Check(body, pub)
	switch {
	case errors.Is(err, auditor.ErrNotProven):
		return doc, cred.Because(err, "ledger.broken", recordFile+": "+err.Error(), "record and proof belong together as they were written; ask for both again")
	case err != nil:
		return doc, unsigned(err, proofFile)
	}
	doc.Verdict, doc.Log, doc.Records, doc.Record = cred.Pass, c.Origin, c.Size, strconv.FormatInt(p.Index, 10)
	r, err := record.Decode(body)
	if errors.Is(err, record.ErrNewer) {
		return doc, nil // it is proven; what it says a newer sectag can read
	}
	if err != nil || r.ID != doc.Record {
		doc.Verdict = cred.Fail
		return doc, cred.Because(err, "ledger.broken", recordFile+" is proven and is not the record that it should be", "ask who keeps the ledger")
	}
	doc.Kind, doc.IMEI, doc.Time, doc.Says = string(r.Kind), r.IMEI, r.Time, r.Verdict
	return doc, nil
}
