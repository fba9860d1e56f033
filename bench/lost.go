package bench

import (
	"context"
	"encoding/json"
	"slices"

	"example.org/sectag/cred"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/seal"
)

// lostPSKs are those that a dead run sealed for a unit and that no record of it names: in clear they died with the process, and whatever
// got to the unit, the next run draws another.
func (b *Bench) lostPSKs(ctx context.Context, events []ledger.Event, unit cred.IMEI) ([]record.LostPSK, error) {
	var out []record.LostPSK
	told := func(psk cred.Digest) {
		out = slices.DeleteFunc(out, func(l record.LostPSK) bool { return l.PSK == psk })
	}
	for _, e := range events {
		switch e.Type {
		case seal.LinePSK:
			var l seal.PSKLine
			if json.Unmarshal(e.Body, &l) != nil {
				continue // what is damaged verify tells; it must keep nobody from working
			}
			if l.IMEI != unit {
				continue
			}
			out = append(out, record.LostPSK{PSK: l.PSK, Sealed: cred.Sum([]byte(l.Sealed))})
		case seal.LineRecord:
			var l seal.RecordLine
			if len(out) == 0 || json.Unmarshal(e.Body, &l) != nil {
				continue
			}
			r, _, err := b.desk.Ledger.Show(ctx, l.Record)
			if err != nil {
				return nil, err
			}
			if r.Key != nil {
				told(r.Key.PSK)
			}
			for _, p := range r.LostPSKs {
				told(p.PSK)
			}
		}
	}
	return out, nil
}
