package books

import (
	"context"
	"errors"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"example.org/sectag/bench/notary"
	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cmd/sectag/target"
	"example.org/sectag/cred"
	"example.org/sectag/internal/atomicfile"
	"example.org/sectag/ledger/auditor"
	"example.org/sectag/ledger/seal"
)

// trusted is what sectag ledger verify is given to believe.
type trusted struct {
	checkpoint, pub, records, out string

	kept *seal.Checkpoint
	key  *seal.Public
}

// read reads the files. A checkpoint counts only as far as the key vouches for it, where one is given.
func (t *trusted) read() (err error) {
	if t.records != "" && (t.checkpoint == "" || t.pub == "" || t.out != "") {
		return cred.Failed("usage.flag", "--records is held against a signed checkpoint, and against nothing else",
			"write sectag ledger verify --records F --checkpoint F --pub F")
	}
	if t.pub != "" {
		if t.key, err = notary.Trust(t.pub); err != nil {
			return err
		}
	}
	if t.checkpoint == "" {
		return nil
	}
	text, err := atomicfile.Read(t.checkpoint, target.MaxFile)
	if err != nil {
		return cred.Because(err, "config.file", "the checkpoint "+t.checkpoint+" cannot be read", "name the file that was kept")
	}
	c, err := seal.ParseNote(text)
	if err != nil {
		return cred.Because(err, "config.value", "the checkpoint "+t.checkpoint+" cannot be read: "+err.Error(), "name the file that was kept")
	}
	if t.key != nil {
		if c, err = t.key.Open(text); err != nil {
			return unsigned(err, t.checkpoint)
		}
	}
	t.kept = &c
	return nil
}

func unsigned(err error, file string) *cred.Fault {
	return cred.Because(err, "ledger.unsigned", file+": "+err.Error(), "compare the public key with the one that was handed over, and get the file anew from where it was kept")
}

func (a *app) ledgerVerify() *cobra.Command {
	var t trusted
	c := &cobra.Command{
		Use: "verify", Short: "Recompute the whole log and say what was changed, dropped or moved", Args: cobra.NoArgs,
		Long: "Recompute the whole log and say what was changed, dropped or moved. With --records no ledger is opened: a file with one record a line is held against a signed checkpoint.",
		RunE: a.VerbOf(paper.NoFindings, func(ctx context.Context, _ []string) (paper.Document, error) {
			if err := t.read(); err != nil {
				return nil, err
			}
			if t.records != "" {
				return a.verifyRecords(t)
			}
			return a.verifyLedger(ctx, t)
		}),
	}
	f := c.Flags()
	f.StringVar(&t.out, "checkpoint-out", "", "write the state of the log to this file, to be kept elsewhere")
	f.StringVar(&t.checkpoint, "checkpoint", "", "a checkpoint that was kept elsewhere: the log must contain it")
	f.StringVar(&t.pub, "pub", "", "the ledger's public key: signatures are verified, and something must be signed")
	f.StringVar(&t.records, "records", "", "verify this file of records, one a line, in the place of a ledger")
	return c
}

// frugal keeps less garbage in memory until it is undone: who looks through a large ledger holds much that is none.
func frugal() (undo func()) {
	before := debug.SetGCPercent(40)
	return func() { debug.SetGCPercent(before) }
}

func (a *app) verifyLedger(ctx context.Context, t trusted) (paper.Document, error) {
	l, err := a.NeedLedger(ctx)
	if err != nil {
		return nil, err
	}
	defer console.CloseReader(l)
	defer frugal()()
	r, err := l.VerifySigned(ctx, t.kept, t.key)
	if err != nil {
		return nil, err
	}
	doc := &paper.LedgerVerify{Verdict: r.Verdict, Records: r.Records, Root: r.Root.String(), Findings: r.Findings, Checkpoint: r.Checkpoint}
	if t.key != nil {
		doc.Signed = &r.Signed
	}
	if f := r.Fault(); f != nil {
		return doc, f
	}
	if t.out != "" {
		if err := atomicfile.Write(t.out, []byte(r.Checkpoint), 0o644); err != nil {
			return doc, cred.Because(err, "config.file", "the checkpoint cannot be written to "+t.out, "name a file in a folder that you may write to")
		}
	}
	return doc, nil
}

func unread(err error, file string) *cred.Fault {
	return cred.Because(err, "config.file", "the records "+file+" cannot be read", "name a file with one record a line")
}

// verifyRecords opens no ledger.
func (a *app) verifyRecords(t trusted) (paper.Document, error) {
	info, err := os.Stat(t.records)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is no file")
	}
	if err != nil {
		return nil, unread(err, t.records)
	}
	file, err := os.Open(t.records) // a million of them are some gigabytes: they are not kept
	if err != nil {
		return nil, unread(err, t.records)
	}
	defer file.Close()
	r, err := auditor.Records(file, *t.kept)
	if err != nil {
		return nil, cred.Because(err, "config.value", t.records+": "+err.Error(), "name a file with one record a line, each as sectag ledger prove writes it")
	}
	signed := min(t.kept.Size, r.Records)
	doc := &paper.LedgerVerify{Verdict: cred.Judge(r.Findings), Records: r.Records, Root: r.Root.String(), Findings: r.Findings, Signed: &signed}
	if doc.Verdict == cred.Fail {
		*doc.Signed = 0
	}
	return doc, console.Judged(r.Findings)
}
