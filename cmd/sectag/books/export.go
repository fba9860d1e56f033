package books

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/outfile"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cmd/sectag/target"
	"example.org/sectag/cred"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/export"
	"example.org/sectag/ledger/export/leshan"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/sealed"
)

// exporting are the flags of ledger export as they were typed.
type exporting struct {
	format, out, to, since, until, identity string

	imeis       []string
	skip, limit int
	o           export.Options
	gone        gone
}

func (a *app) ledgerExport() *cobra.Command {
	var e exporting
	c := &cobra.Command{
		Use: "export", Short: "Write records, or units in the form that a server takes", Args: cobra.NoArgs,
		RunE: a.Verb(func(ctx context.Context, _ []string) (paper.Document, error) {
			f, want, err := e.parse(a.JSON)
			if err != nil {
				return nil, err
			}
			l, err := a.NeedLedger(ctx)
			if err != nil {
				return nil, err
			}
			defer console.CloseReader(l)
			if e.identity != "" {
				ids, err := a.identities(e.identity)
				if err != nil {
					return nil, err
				}
				e.o.PSKs = sealed.Opener{Ledger: l, Identities: ids}
			}
			doc := &paper.LedgerExport{Format: f.Name, Out: e.out, To: e.to, Secret: e.o.Secret}
			if e.gone, err = goneOf(ctx, l, want, a.Note); err != nil {
				return nil, err
			}
			n, err := a.exported(ctx, l, f, want, e)
			if doc.Units = n.units; n.certified > 0 {
				doc.Chain = f.Chain
			}
			if e.out == "" && e.to == "" { // the export itself stands on stdout
				if err == nil {
					a.Note("%d written\n", doc.Units)
				}
				if err == nil && doc.Chain != "" {
					a.Note("chain: %s\n", doc.Chain)
				}
				return nil, err
			}
			return doc, err
		}),
	}
	fl := c.Flags()
	fl.StringVar(&e.format, "format", "", "json, csv, nrfcloud, aws, azure, leshan, coiote, thingsboard, cumulocity")
	fl.StringVar(&e.out, "out", "", "write to this file, and not to standard output")
	fl.StringVar(&e.to, "to", "", "tell the Leshan at this address, such as http://localhost:8080, and ask it back")
	fl.StringArrayVar(&e.imeis, "imei", nil, "only this unit; can be given several times")
	fl.StringVar(&e.since, "since", "", "only records of then or later: 2026-11-22 or 2026-11-22T10:00:00Z")
	fl.StringVar(&e.until, "until", "", "only records up to this day or time, which is included")
	fl.IntVar(&e.skip, "skip", 0, "leave out so many of the first")
	fl.IntVar(&e.limit, "limit", 0, "stop after so many")
	fl.BoolVar(&e.o.Secret, "with-secrets", false, "write PSKs too, to a file that only you can read")
	fl.StringVar(&e.identity, "identity", "", "with --with-secrets: the age identity file of one whom the PSKs are sealed to")
	fl.StringVar(&e.o.Server, "server", "", "where units connect to, if their records do not say (cumulocity)")
	fl.StringVar(&e.o.Domain, "domain", "", "the domain of the devices (coiote)")
	return c
}

// parse reads the flags; document is whether standard output is for one.
func (e exporting) parse(document bool) (export.Format, ledger.Choice, error) {
	var want ledger.Choice
	if e.format == "" {
		return export.Format{}, want, cred.Failed("usage.flag", "no format is named", "give --format json, or that of a server: sectag ledger export --help")
	}
	f, err := export.Find(e.format)
	if err != nil {
		return f, want, err
	}
	switch {
	case e.to != "" && f.Name != "leshan":
		return f, want, cred.Failed("usage.flag", "--to goes with --format leshan alone", "write a file with --out, and give that to the server")
	case e.to != "" && e.out != "":
		return f, want, cred.Failed("usage.flag", "--to and --out cannot be given together", "choose one")
	case e.o.Secret && e.out == "" && e.to == "":
		return f, want, cred.Failed("usage.flag", "--with-secrets writes no PSK to standard output", "name a file with --out")
	case document && e.out == "" && e.to == "":
		return f, want, cred.Failed("usage.flag", "with --json standard output has one document and not the export", "name a file with --out")
	case e.identity != "" && !e.o.Secret:
		return f, want, cred.Failed("usage.flag", "--identity opens PSKs, and nobody said that they may be written", "add --with-secrets, and --out for a file that is yours alone")
	case e.skip < 0 || e.limit < 0:
		return f, want, cred.Failed("usage.flag", "--skip and --limit are no negative numbers", "give numbers from 0 on")
	}
	want = ledger.Choice{All: f.Records, Skip: e.skip, Limit: e.limit}
	if want.Since, err = moment("--since", e.since, false); err != nil {
		return f, want, err
	}
	if want.Until, err = moment("--until", e.until, true); err != nil {
		return f, want, err
	}
	want.IMEIs, err = target.IMEIs(e.imeis)
	return f, want, err
}

// count is how many units, or records in the formats of records, an export has, and how many of them have a certificate: for the others
// nobody needs a chain.
type count struct{ units, certified int }

func (n *count) add(r record.Record) {
	if n.units++; r.Cert != nil {
		n.certified++
	}
}

// exported writes to where it was told to, and counts.
func (a *app) exported(ctx context.Context, l *ledger.Reader, f export.Format, want ledger.Choice, e exporting) (count, error) {
	if e.to != "" {
		return pushed(ctx, l, f, want, e)
	}
	var n count
	write := func(w io.Writer) (err error) {
		n, err = written(ctx, l, f, want, e, w)
		return err
	}
	if e.out == "" {
		out := bufio.NewWriter(a.Out)
		err := write(out)
		if lost := out.Flush(); lost != nil {
			err = cred.Because(lost, "output.lost", "the export could not be written: "+lost.Error(), "look where standard output leads; nothing was changed")
		}
		return n, err
	}
	mode := fs.FileMode(0o644)
	if e.o.Secret {
		mode = 0o600
	}
	err := outfile.Stream(e.out, "the export", mode, write)
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return n, err
}

// written writes one export. A unit that was named and is not there ends it.
func written(ctx context.Context, l *ledger.Reader, f export.Format, want ledger.Choice, e exporting, w io.Writer) (n count, err error) {
	x, err := export.New(f, w, e.o)
	if err != nil {
		return n, err
	}
	err = take(ctx, l, want, e.gone, func(r record.Record, body []byte) error {
		before := x.Written
		err := x.Add(ctx, r, body)
		if x.Written > before {
			n.add(r)
		}
		return err
	})
	if err == nil {
		err = x.Close()
	}
	return n, err
}

// pushed tells a Leshan of units one by one, then asks it what it knows.
func pushed(ctx context.Context, l *ledger.Reader, f export.Format, want ledger.Choice, e exporting) (n count, err error) {
	server, err := leshan.At(e.to, &http.Client{Timeout: 30 * time.Second})
	if err != nil {
		return n, err
	}
	x, err := export.New(f, io.Discard, e.o)
	if err != nil {
		return n, err
	}
	err = take(ctx, l, want, e.gone, func(r record.Record, _ []byte) error {
		u, ok, err := x.Unit(ctx, r)
		if err != nil || !ok {
			return err
		}
		n.add(r)
		return server.Put(ctx, export.LeshanSecurity(u))
	})
	if err != nil {
		return n, err
	}
	return n, server.Check(ctx)
}

// take is Take that misses the units that were named and are not there.
func take(ctx context.Context, l *ledger.Reader, want ledger.Choice, left gone, each func(record.Record, []byte) error) error {
	met := map[cred.IMEI]bool{}
	err := l.Take(ctx, want, func(r record.Record, body []byte) error {
		met[r.IMEI] = true
		if out, err := left.out(r, want); out || err != nil {
			return err
		}
		return each(r, body)
	})
	for _, i := range want.IMEIs {
		if err == nil && !met[i] && want.Limit == 0 && want.Skip == 0 {
			return cred.Failed("ledger.no-record", fmt.Sprintf("the ledger has no record that gives the unit %s an identity", i),
				"sectag ledger list --imei shows what there is of it")
		}
	}
	return err
}
