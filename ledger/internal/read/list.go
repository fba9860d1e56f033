// Package read answers questions about a ledger: its records in a list or one by one, the journal's runs and their lines. It only asks, of any
// database, and gives errors as they come: who knows the engine tells what they mean.
package read

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/record"
)

// Summary is one record in a list.
type Summary struct {
	Record  string       `json:"record"`
	IMEI    cred.IMEI    `json:"imei,omitzero"`
	Kind    record.Kind  `json:"kind"`
	Verdict cred.Verdict `json:"verdict"`
	Time    string       `json:"time"`

	CorrectedBy string `json:"corrected_by,omitempty"` // the newest record that sets this one right
}

// Query narrows a list; the zero value is everything.
type Query struct {
	Part
	Limit int // the newest so many; 0: all
}

// List names records, the oldest first; not what corrects them.
func List(ctx context.Context, q engine.Querier, want Query) ([]Summary, error) {
	where, args := want.clause(atMost(want.Limit))
	out := []Summary{}
	err := engine.Each(ctx, q, func(rows *sql.Rows) error {
		var s Summary
		var id int64
		var imei string
		if err := rows.Scan(&id, &imei, &s.Kind, &s.Verdict, &s.Time); err != nil {
			return err
		}
		if err := s.IMEI.UnmarshalText([]byte(imei)); err != nil {
			return engine.Broken(err, fmt.Sprintf("record %d has a damaged IMEI", id))
		}
		s.Record = strconv.FormatInt(id, 10)
		out = append(out, s)
		return nil
	}, `SELECT id, imei, kind, verdict, time FROM (SELECT * FROM record WHERE `+where+`
		ORDER BY id DESC LIMIT $1) AS newest ORDER BY id`, args...)
	return out, err
}

// Decode reads the bytes of record id; one that cannot be read is ledger.broken.
func Decode(id int64, body string) (record.Record, error) {
	rec, err := record.Decode([]byte(body))
	if err != nil {
		return record.Record{}, engine.Broken(err, fmt.Sprintf("record %d cannot be read: %s", id, engine.Clipped(err.Error())))
	}
	return rec, nil
}
