package sealed

import (
	"context"
	"encoding/hex"

	"filippo.io/age"

	"example.org/sectag/cred"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// Opener opens the pre-shared keys of many units, for their server's import file.
type Opener struct {
	Ledger     *ledger.Reader
	Identities []age.Identity
}

// Open is the PSK of a record's unit as bytes, if the unit still holds the one that the record names. Whoever asked clears it after use.
// Faults are those of Find and PSK.Open; psk.in-doubt too where the unit was given another since.
func (o Opener) Open(ctx context.Context, r record.Record) ([]byte, error) {
	p, err := Find(ctx, o.Ledger, r.Seen())
	if err != nil {
		return nil, err
	}
	if r.Key == nil || r.Key.PSK != p.SHA256 {
		return nil, cred.Failed("psk.in-doubt", "record "+r.ID+" names another pre-shared key than the unit holds by record "+p.Record,
			"export without this unit, or provision it again")
	}
	text, err := p.Open(o.Identities...)
	if err != nil {
		return nil, err
	}
	defer clear(text)
	psk := make([]byte, hex.DecodedLen(len(text)))
	if _, err := hex.Decode(psk, text); err != nil {
		clear(psk)
		return nil, broken(p.Record)
	}
	return psk, nil
}
