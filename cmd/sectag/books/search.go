package books

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cred"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

func (a *app) ledgerUnique() *cobra.Command {
	return &cobra.Command{
		Use: "unique", Short: "Look through the whole history for anything that is on two units", Args: cobra.NoArgs,
		RunE: a.VerbOf(paper.NoUnique, func(ctx context.Context, _ []string) (paper.Document, error) {
			l, err := a.NeedLedger(ctx)
			if err != nil {
				return nil, err
			}
			defer console.CloseReader(l)
			defer frugal()()
			u, err := l.Unique(ctx)
			if err != nil {
				return nil, err
			}
			return &paper.LedgerUnique{Uniqueness: u}, console.Judged(u.Findings)
		}),
	}
}

// wanted are the flags of ledger affected as they were typed.
type wanted struct {
	firmware, tool, origin, ca, anchor, serial, since, until string

	ever bool
}

func (a *app) ledgerAffected() *cobra.Command {
	var w wanted
	c := &cobra.Command{
		Use: "affected", Short: "List the units that have something in common", Args: cobra.NoArgs,
		RunE: a.VerbOf(paper.NoAffected, func(ctx context.Context, _ []string) (paper.Document, error) {
			want, err := w.parse()
			if err != nil {
				return nil, err
			}
			l, err := a.NeedLedger(ctx)
			if err != nil {
				return nil, err
			}
			defer console.CloseReader(l)
			hits, unheard, err := l.Affected(ctx, want)
			if err != nil {
				return nil, err
			}
			doc := &paper.LedgerAffected{Count: len(hits), Units: hits, Findings: []cred.Finding{}}
			for _, t := range unheard {
				doc.Findings = append(doc.Findings, cred.Finding{
					Code: "ledger.unheard", Severity: cred.Warning, Text: fmt.Sprintf("no record ever named the %s %q", t.Sort, t.Name),
					Hint: "see how it is spelt: sectag ledger show a record that should have it",
				})
			}
			return doc, nil
		}),
	}
	f := c.Flags()
	f.StringVar(&w.firmware, "firmware", "", "the modem's firmware, as mfw_nrf91x1_2.0.3")
	f.StringVar(&w.tool, "tool", "", "a version of sectag whose work is in the unit, or that looked at it")
	f.StringVar(&w.origin, "key-origin", "", "where its key was made: modem, host, imported")
	f.StringVar(&w.ca, "ca", "", "the authority that signed: SHA-256 of its certificate, or its subject")
	f.StringVar(&w.anchor, "anchor", "", "what it trusts its server by: SHA-256 of a root or of the slot, or a subject")
	f.StringVar(&w.serial, "serial", "", "the serial of its certificate, in hex")
	f.StringVar(&w.since, "since", "", "recorded then or later: 2026-11-22 or 2026-11-22T10:00:00Z")
	f.StringVar(&w.until, "until", "", "recorded up to this day or time, which is included")
	f.BoolVar(&w.ever, "ever", false, "what was ever so, and not only what is so now")
	return c
}

func (w wanted) parse() (ledger.Affected, error) {
	want := ledger.Affected{Ever: w.ever, Serial: strings.ToLower(strings.ReplaceAll(w.serial, ":", ""))}
	for _, f := range []struct {
		sort record.Sort
		text string
	}{
		{record.TraitFirmware, w.firmware},
		{record.TraitTool, w.tool},
		{record.TraitOrigin, w.origin},
		{record.TraitCA, digest(w.ca)},
		{record.TraitAnchor, digest(w.anchor)},
	} {
		if f.text != "" {
			want.Traits = append(want.Traits, ledger.Trait{Sort: f.sort, Name: f.text})
		}
	}
	if want.Serial != "" {
		if err := (record.Binding{What: record.BindSerial, Value: want.Serial}).Valid(); err != nil {
			return want, cred.Because(err, "usage.flag", fmt.Sprintf("--serial: %q is no serial", w.serial), "write it in hex, as sectag ledger show has it")
		}
	}
	var err error
	if want.Since, err = moment("--since", w.since, false); err != nil {
		return want, err
	}
	if want.Until, err = moment("--until", w.until, true); err != nil {
		return want, err
	}
	if len(want.Traits) == 0 && want.Serial == "" && want.Since.IsZero() && want.Until.IsZero() {
		return want, cred.Failed("usage.flag", "nothing is named that units could have in common",
			"give one or more of --firmware, --tool, --key-origin, --ca, --anchor, --serial, --since, --until")
	}
	return want, nil
}

// digest reads a SHA-256 as any program prints it; what is none is a subject and stays as it is.
func digest(s string) string {
	bare := strings.ToLower(strings.ReplaceAll(s, ":", ""))
	if b, err := hex.DecodeString(bare); err == nil && len(b) == len(cred.Digest{}) {
		return bare
	}
	return s
}
