package ledger

import (
	"context"
	"errors"
	"fmt"

	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/record"
)

// Note is what a correction says.
type Note struct {
	Record string `json:"record"` // the correction
	Time   string `json:"time"`
	Text   string `json:"note"`
}

// Correct writes a record of kind correction about another, which stays as it is: what it bound and what it was judged stay too. by says
// who corrects and with what, at is the time.
func (s *Store) Correct(ctx context.Context, id, note string, by record.Bench, at string) (Written, error) {
	old, _, err := s.Show(ctx, id)
	if err != nil {
		return Written{}, err
	}
	return s.Record(ctx, record.Record{
		Kind: record.Correction, Time: at, Verdict: old.Verdict, IMEI: old.IMEI, Unit: old.Unit, Corrects: old.ID, Note: note, Bench: by,
	})
}

// Corrections are what later records say to set one right, the oldest first.
func (r *Reader) Corrections(ctx context.Context, id string) ([]Note, error) {
	all, err := r.corrections(ctx)
	if all[id] == nil {
		return []Note{}, err
	}
	return all[id], err
}

// corrections are all of them, by the record that they correct: there are few.
func (r *Reader) corrections(ctx context.Context) (map[string][]Note, error) {
	out := map[string][]Note{}
	all, err := engine.Records(ctx, r.rd, `SELECT id, body, unit FROM record WHERE kind = 'correction' ORDER BY id`)
	for _, v := range all {
		rec, err := record.Decode([]byte(v.Body))
		if errors.Is(err, record.ErrNewer) {
			continue
		}
		if err != nil {
			return nil, engine.Broken(err, fmt.Sprintf("record %d cannot be read", v.ID))
		}
		out[rec.Corrects] = append(out[rec.Corrects], Note{Record: rec.ID, Time: rec.Time, Text: rec.Note})
	}
	return out, engine.Told(r.db, err, "read the corrections")
}
