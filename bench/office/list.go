package office

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/big"
	"slices"

	"example.org/sectag/ca"
	"example.org/sectag/ca/revoke"
	"example.org/sectag/cred"
	"example.org/sectag/internal/atomicfile"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// ListOrder asks for an authority's revocation list.
type ListOrder struct {
	Signer
	Out  string // new file, PEM
	Days int    // until the next list
}

// Listed is a list that was written.
type Listed struct {
	Out     string
	List    revoke.List
	Revoked int // certificates that are on it
}

// List signs what the ledger says is revoked and writes it. Its number is that of a run of the journal, begun for it: the ledger counts
// those up on the disk, for all stations, before anything is signed, so that no number comes twice and none is smaller than an older
// list's, whatever dies when. Numbers are left out, which RFC 5280, section 5.2.3 allows. Faults: config.value (no ledger), ca.exists,
// config.file, those of revoke.Sign.
func (o Office) List(ctx context.Context, l ListOrder) (Listed, error) {
	if err := o.needLedger(); err != nil {
		return Listed{}, err
	}
	if err := taken(l.Out); err != nil {
		return Listed{}, err
	}
	a, err := o.open(ctx, l.Signer)
	if err != nil {
		return Listed{}, err
	}
	defer a.Lock()
	clock, err := o.clock(ctx)
	if err != nil {
		return Listed{}, err
	}
	number, err := o.number(ctx, a)
	if err != nil {
		return Listed{}, err
	}
	entries, err := o.entries(ctx, cred.Sum(a.PEM)) // after the number: a greater one never says less
	if err != nil {
		return Listed{}, err
	}
	list, err := revoke.Sign(a, entries, number, l.Days, clock)
	if err != nil {
		return Listed{}, err
	}
	if err := atomicfile.Create(l.Out, list.PEM, 0o644); errors.Is(err, fs.ErrExist) { // somebody was quicker
		return Listed{}, isTaken(l.Out, err)
	} else if err != nil {
		return Listed{}, cred.Because(err, "config.file", "the revocation list cannot be written to "+l.Out, "name a file that is not there yet, in a folder that you may write to")
	}
	return Listed{l.Out, list, len(entries)}, nil
}

// number takes the next number. The run that stands for it is over at once: there is nothing in it to be taken up.
func (o Office) number(ctx context.Context, a *ca.Authority) (*big.Int, error) {
	body, err := json.Marshal(struct {
		Verb   string      `json:"verb"`
		Issuer cred.Digest `json:"issuer_sha256"`
	}{"ca crl", cred.Sum(a.PEM)})
	if err != nil {
		return nil, fmt.Errorf("writing the first line of the list's run: %w", err)
	}
	at := record.Stamp(o.Now())
	run, err := o.Ledger.Begin(ctx, at, body)
	if err != nil {
		return nil, err
	}
	if err := o.Ledger.End(ctx, run, at, ledger.RunDone); err != nil {
		return nil, err
	}
	n, ok := new(big.Int).SetString(run, 10)
	if !ok {
		return nil, fmt.Errorf("the run %s has no number", run)
	}
	return n, nil
}

// entries are the revocations of an authority in the order of their records.
func (o Office) entries(ctx context.Context, issuer cred.Digest) ([]revoke.Entry, error) {
	all, err := o.revoked(ctx, issuer)
	if err != nil {
		return nil, err
	}
	byRecord := slices.SortedFunc(maps.Values(all), func(x, y record.Record) int {
		return cmp.Or(cmp.Compare(len(x.ID), len(y.ID)), cmp.Compare(x.ID, y.ID))
	})
	out := make([]revoke.Entry, len(byRecord))
	for i, r := range byRecord {
		at, err := record.ParseStamp(r.Revoked.Time)
		if err != nil {
			return nil, fmt.Errorf("reading the time of record %s: %w", r.ID, err)
		}
		out[i] = revoke.Entry{Serial: r.Revoked.Serial, Reason: revoke.Reason(r.Revoked.Reason), Time: at}
	}
	return out, nil
}
