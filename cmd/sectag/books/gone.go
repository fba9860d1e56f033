package books

import (
	"context"
	"fmt"
	"slices"

	"example.org/sectag/cred"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// gone are the certificates that are to be believed no more: no server is to be told of a unit by one.
type gone struct {
	by   map[certificate]string // the record that revokes it
	note func(format string, args ...any)
}

type certificate struct {
	issuer cred.Digest
	serial string
}

// goneOf reads them for an export of units; one of records leaves nothing out.
func goneOf(ctx context.Context, l *ledger.Reader, want ledger.Choice, note func(string, ...any)) (gone, error) {
	g := gone{by: map[certificate]string{}, note: note}
	if want.All {
		return g, nil
	}
	all, err := l.Revocations(ctx)
	for _, r := range all {
		if v := r.Revoked; v != nil {
			g.by[certificate{v.Issuer, v.Serial}] = r.ID
		}
	}
	return g, err
}

// out tells whether a unit is left out, and says so. One that was asked for by its number is refused.
func (g gone) out(r record.Record, want ledger.Choice) (bool, error) {
	if r.Cert == nil {
		return false, nil
	}
	by, revoked := g.by[certificate{r.Cert.IssuerSHA, r.Cert.Serial}]
	switch {
	case !revoked:
		return false, nil
	case slices.Contains(want.IMEIs, r.IMEI):
		return true, cred.Failed("ledger.no-record", fmt.Sprintf("the certificate of the unit %s is revoked, by record %s, and no server is to be told of it", r.IMEI, by),
			"give the unit a new identity (sectag provision), or leave it out")
	}
	g.note("%s is left out: record %s revokes its certificate\n", r.IMEI, by)
	return true, nil
}
