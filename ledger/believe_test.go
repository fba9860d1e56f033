package ledger

import (
	"database/sql"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

// TestATamperedRecordDecidesNothing: what a unit shall hold is told by its newest passing record, so one that was changed behind the
// program's back must not be believed until somebody thinks of sectag ledger verify.
func TestATamperedRecordDecidesNothing(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		url, _, _ := closedLedger(t, k)
		unit := unitRecord(1, 1)
		unit.Unit.UUID = "11111111-2222-3333-4444-555555555555"
		for name, change := range map[string]string{
			"nothing":         ``,
			"another slot":    `UPDATE record SET body = replace(body, '"sec_tag":42', '"sec_tag":43') WHERE id = 2`,
			"another digest":  `UPDATE record SET body = replace(body, '"sent_sha256":"', '"sent_sha256":"0') WHERE id = 2`,
			"no bytes at all": `UPDATE record SET body = '' WHERE id = 2`,
			"its leaf too":    `UPDATE hash SET hash = zeroblob(32) WHERE id = 3`,
			"the head":        `UPDATE head SET root = zeroblob(32)`,
			"another unit's":  `UPDATE record SET unit = (SELECT unit FROM record WHERE id = 0) WHERE id = 1`,
			"another kind":    `UPDATE record SET kind = 'provision', unit = (SELECT unit FROM record WHERE id = 0) WHERE id = 1`,
		} {
			url := k.forged(t, url, func(db *sql.DB) {
				if change != "" {
					mustExec(t, db, k.says(change))
				}
			})
			r, err := OpenReader(t.Context(), url)
			must(t, err)
			_, found, one := r.NewestPassing(t.Context(), unit.Seen(), record.Provision)
			_, all := r.History(t.Context(), unit.Seen(), 100)
			must(t, r.Close())
			if name == "nothing" {
				if !found || one != nil || all != nil {
					t.Errorf("nothing was changed: found %v, %v, %v", found, one, all)
				}
				continue
			}
			if all == nil || cred.AsFault(all).Code != "ledger.broken" {
				t.Errorf("%s: the history says %v", name, all)
			}
			if one != nil && cred.AsFault(one).Code != "ledger.broken" {
				t.Errorf("%s: the newest passing record says %v", name, one)
			}
		}
	})
}

// TestATamperedRevocationRevokesNothing: who may write the file must not have units refused by a list that the authority signs.
func TestATamperedRevocationRevokesNothing(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, url := openNew(t, k)
		populate(t, s)
		r := plain(1)
		r.Kind = record.Revocation
		r.Revoked = &record.Revoked{Serial: "7f3c", Issuer: cred.Sum([]byte("issuer")), Reason: "keyCompromise", Time: r.Time}
		w, err := s.Record(t.Context(), r)
		must(t, err)
		all, err := s.Revocations(t.Context())
		if err != nil || len(all) != 1 || all[0].ID != w.ID || *all[0].Revoked != *r.Revoked {
			t.Fatalf("%+v, %v", all, err)
		}
		must(t, s.Close())
		for name, change := range map[string]string{
			"another serial":         `UPDATE record SET body = replace(body, '"serial":"7f3c"', '"serial":"7f3d"') WHERE id = ` + w.ID,
			"one that is none":       `UPDATE record SET kind = 'revocation' WHERE id = 1`,
			"of another unit":        `UPDATE record SET unit = (SELECT unit FROM record WHERE id = 1) WHERE id = ` + w.ID,
			"not in the log's roots": `UPDATE head SET root = zeroblob(32)`,
		} {
			r, err := OpenReader(t.Context(), k.forged(t, url, func(db *sql.DB) { mustExec(t, db, k.says(change)) }))
			must(t, err)
			if all, err := r.Revocations(t.Context()); err == nil || cred.AsFault(err).Code != "ledger.broken" {
				t.Errorf("%s: %+v, %v", name, all, err)
			}
			must(t, r.Close())
		}
	})
}
