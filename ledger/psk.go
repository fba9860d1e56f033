package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/internal/owner"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/seal"
)

// KeepPSK writes a unit's sealed PSK into the journal of the run that is about to send it. It is durable before it returns, so no unit
// ever holds a PSK that nobody has. A PSK that a record gave to any unit is ledger.bound: draw another.
func (s *Store) KeepPSK(ctx context.Context, run, at string, p seal.PSKLine) error {
	b := record.Binding{What: record.BindPSK, Value: p.PSK.String()}
	if err := b.Valid(); err != nil {
		return err
	}
	return s.firmly(ctx, "keep the sealed PSK", func(ctx context.Context, tx engine.Querier) error {
		if unit, id, err := owner.Holder(ctx, tx, b); err != nil || unit != "" {
			if err == nil {
				err = cred.Failed("ledger.bound", fmt.Sprintf("%s was given before, by record %d", b, id), "draw another PSK")
			}
			return err
		}
		return s.own(ctx, tx, run, seal.LinePSK, at, p)
	})
}

// SealedPSK is what KeepPSK wrote in a run for the PSK with this digest.
func (r *Reader) SealedPSK(ctx context.Context, run string, psk cred.Digest) (seal.PSKLine, error) {
	all, err := r.SealedPSKs(ctx, run)
	for _, p := range all {
		if p.PSK == psk {
			return p, err
		}
	}
	if err == nil {
		err = engine.Broken(nil, "run "+run+" of the journal has lost a sealed PSK")
	}
	return seal.PSKLine{}, err
}

// SealedPSKs are all that KeepPSK wrote in a run, in their order.
func (r *Reader) SealedPSKs(ctx context.Context, run string) ([]seal.PSKLine, error) {
	out := []seal.PSKLine{}
	err := engine.Each(ctx, r.rd, func(rows *sql.Rows) error {
		var body string
		var p seal.PSKLine
		if err := rows.Scan(&body); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(body), &p); err != nil {
			return engine.Broken(err, "a line about a PSK cannot be read")
		}
		out = append(out, p)
		return nil
	}, `SELECT body FROM event WHERE run = $1 AND type = $2 ORDER BY seq`, run, seal.LinePSK)
	return out, engine.Told(r.db, err, "read the sealed PSKs")
}
