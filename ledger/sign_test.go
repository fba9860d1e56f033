package ledger

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"database/sql"
	"errors"
	"io"
	"strings"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/seal"
)

func testKey(n byte) crypto.Signer { return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, 32)) }

// public is the public key of testKey(n) for a ledger.
func public(t testing.TB, origin string, n byte) *seal.Public {
	t.Helper()
	s, err := seal.NewSigner(origin, testKey(n))
	must(t, err)
	p, err := seal.ParsePublic([]byte(s.Public()))
	must(t, err)
	return p
}

// on is a record of a day of November.
func on(day string, n int) record.Record {
	r := plain(n)
	r.Time = "2026-11-" + day + "T10:00:00Z"
	return r
}

func recorded(t testing.TB, s *Store, rs ...record.Record) {
	t.Helper()
	for _, r := range rs {
		_, err := s.Record(t.Context(), r)
		must(t, err)
	}
}

func TestTheNewestStateOfEachDayIsSigned(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, url := openNew(t, k)
		ctx, pub := t.Context(), public(t, s.Origin(), 1)
		recorded(t, s, on("20", 1))
		if _, found, err := s.Signed(ctx, 0); found || err != nil {
			t.Fatalf("signed without a key: %v %v", found, err)
		}
		must(t, s.SignWith(ctx, testKey(1)))
		recorded(t, s, on("21", 2), on("21", 3), on("22", 4), on("23", 5))
		var sizes []int64
		rows, err := s.pools.Read.Query(`SELECT day, size, note FROM checkpoint ORDER BY day`)
		must(t, err)
		for rows.Next() {
			var day, note string
			var size int64
			must(t, rows.Scan(&day, &size, &note))
			c, err := pub.Open([]byte(note))
			if err != nil || c.Size != size {
				t.Errorf("%s: %+v, %v", day, c, err)
			}
			sizes = append(sizes, size)
		}
		must(t, rows.Err())
		if len(sizes) != 3 || sizes[0] != 3 || sizes[1] != 4 || sizes[2] != 5 {
			t.Errorf("states of %v records are signed", sizes)
		}
		head, err := s.Head(ctx)
		must(t, err)
		note, found, err := s.Signed(ctx, 4)
		if c, bad := pub.Open(note); !found || err != nil || bad != nil || c != head {
			t.Errorf("the newest: %v %v %v", found, err, bad)
		}
		rep, err := s.VerifySigned(ctx, nil, pub)
		must(t, err)
		if rep.Verdict != cred.Pass || rep.Signed != 5 {
			t.Errorf("%+v", rep)
		}
		rep, err = s.VerifySigned(ctx, nil, public(t, s.Origin(), 2))
		must(t, err)
		if rep.Verdict != cred.Fail || !strings.Contains(rep.Fault().Text, "not signed by this key") {
			t.Errorf("another key: %+v", rep)
		}
		must(t, s.Close())
		s = openAt(t, url)
		must(t, s.SignWith(ctx, testKey(2))) // the key was changed: what is there stays, and both are trusted
		recorded(t, s, on("24", 6))
		both, err := seal.ParsePublic([]byte(lineOf(t, s.Origin(), 1) + "\n" + lineOf(t, s.Origin(), 2)))
		must(t, err)
		if rep, err = s.VerifySigned(ctx, nil, both); err != nil || rep.Verdict != cred.Pass || rep.Signed != 6 {
			t.Errorf("both keys: %+v %v", rep, err)
		}
	})
}

func lineOf(t testing.TB, origin string, n byte) string {
	t.Helper()
	s, err := seal.NewSigner(origin, testKey(n))
	must(t, err)
	return s.Public()
}

// broken is a key that refuses.
type brokenKey struct{ crypto.Signer }

func (brokenKey) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errors.New("the token was pulled out")
}

func TestAKeyThatFailsHoldsNoUnitUp(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := openNew(t, k)
		must(t, s.SignWith(t.Context(), brokenKey{testKey(1)}))
		recorded(t, s, plain(1))
		if _, found, err := s.Signed(t.Context(), 0); found || err != nil {
			t.Errorf("%v %v", found, err)
		}
		mustVerify(t, s.Reader)
		ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		must(t, err)
		wantCode(t, s.SignWith(t.Context(), ec), "ledger.key")
	})
}

// TestWhatWasSignedIsNotForsworn: a log that is no longer what was signed gets no second signature, and verify says where to look.
func TestWhatWasSignedIsNotForsworn(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, url := openNew(t, k)
		ctx, pub := t.Context(), public(t, s.Origin(), 1)
		must(t, s.SignWith(ctx, testKey(1)))
		recorded(t, s, on("20", 1), on("20", 2), on("21", 3), on("21", 4), on("22", 5))
		must(t, s.Close())
		forged := k.forged(t, url, func(db *sql.DB) {
			for _, q := range []string{
				`UPDATE record SET body = replace(body, '2026-11-21', '2026-11-19'), time = '2026-11-19T10:00:00Z' WHERE id = 3`,
				`UPDATE said SET time = unixepoch('2026-11-19T10:00:00Z') WHERE record = 3`,
				// The forger knows all that a record holds but the key: the root before the last one is made right too.
			} {
				mustExec(t, db, k.says(q))
			}
			repaired(t, db)
		})
		if found := judged(t, forged, nil); !strings.Contains(found, "one of the records 2 to 3 is not what it was") && !strings.Contains(found, "a record before 4") {
			t.Errorf("without a key the forger is found by the states in the file: %q", found)
		}
		if found := judgedBy(t, forged, nil, pub); !strings.Contains(found, "one of the records 2 to 3 is not what it was when the checkpoint was made") || strings.Contains(found, ";") {
			t.Errorf("found %q", found)
		}
		f := openAt(t, forged)
		wantCode(t, f.SignWith(ctx, testKey(1)), "ledger.broken")
		cut := k.forged(t, url, func(db *sql.DB) {
			mustExec(t, db, `DELETE FROM record WHERE id = 4`)
			mustExec(t, db, `DELETE FROM unit WHERE seen = 4`)
			resealed(t, db)
		})
		if found := judgedBy(t, cut, nil, pub); !strings.Contains(found, "cut: the checkpoint is of 5 records, from 4 on") {
			t.Errorf("found %q", found)
		}
		wantCode(t, openAt(t, cut).SignWith(ctx, testKey(1)), "ledger.broken")
		bare := k.forged(t, url, func(db *sql.DB) { mustExec(t, db, `DELETE FROM checkpoint`) })
		if found := judgedBy(t, bare, nil, pub); !strings.Contains(found, "no state of the log is signed by this key") {
			t.Errorf("without its signed states: %q", found)
		}
		if found := judged(t, bare, nil); found != "" {
			t.Errorf("without a key that is all right: %q", found)
		}
	})
}

// repaired makes every record hold the root before it anew, and the tree over them.
func repaired(t testing.TB, db *sql.DB) {
	t.Helper()
	var n int64
	must(t, db.QueryRow(`SELECT count(*) FROM record`).Scan(&n))
	for id := range n {
		resealed(t, db)
		var body string
		must(t, db.QueryRow(`SELECT body FROM record WHERE id = $1`, id).Scan(&body))
		var tree seal.Tree
		grown(t, db, &tree, id)
		root, err := tree.Root(id)
		must(t, err)
		rec, err := record.Decode([]byte(body))
		must(t, err)
		rec.Seal.PreviousRoot = cred.Digest(root)
		again, _, err := record.Encode(rec)
		must(t, err)
		mustExec(t, db, `UPDATE record SET body = $1 WHERE id = $2`, string(again), id)
	}
	resealed(t, db)
}

func TestProveUnder(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, url := openNew(t, k)
		ctx, pub := t.Context(), public(t, s.Origin(), 1)
		must(t, s.SignWith(ctx, testKey(1)))
		recorded(t, s, on("20", 1), on("20", 2))
		older, _, err := s.Signed(ctx, 0)
		must(t, err)
		recorded(t, s, on("21", 3), on("21", 4))
		newer, _, err := s.Signed(ctx, 3)
		must(t, err)
		for _, id := range []string{"0", "1", "2", "3"} {
			p, body, err := s.ProveUnder(ctx, id, newer)
			must(t, err)
			if c, err := p.Check(body, pub); err != nil || c.Size != 4 {
				t.Errorf("record %s: %+v %v", id, c, err)
			}
		}
		_, _, err = s.ProveUnder(ctx, "7", newer)
		wantCode(t, err, "ledger.no-record")
		_, _, err = s.ProveUnder(ctx, "2", older)
		wantCode(t, err, "ledger.unsigned")
		if _, _, err = s.ProveUnder(ctx, "1", older); err != nil {
			t.Error(err)
		}
		_, _, err = s.ProveUnder(ctx, "1", []byte("no checkpoint"))
		wantCode(t, err, "config.value")
		foreign, _ := openNew(t, k)
		must(t, foreign.SignWith(ctx, testKey(1)))
		recorded(t, foreign, plain(1))
		note, _, err := foreign.Signed(ctx, 0)
		must(t, err)
		_, _, err = s.ProveUnder(ctx, "0", note)
		wantCode(t, err, "config.value")
		must(t, s.Close())
		short := openAt(t, k.forged(t, url, func(db *sql.DB) {
			mustExec(t, db, `DELETE FROM record WHERE id = 3`)
			resealed(t, db)
		}))
		_, _, err = short.ProveUnder(ctx, "0", newer)
		wantCode(t, err, "ledger.broken")
		if _, _, err := short.SignHead(ctx, testKey(1)); cred.AsFault(err).Code != "ledger.broken" {
			t.Errorf("a log that was cut is signed: %v", err)
		}
		changed, err := OpenReader(ctx, k.forged(t, url, func(db *sql.DB) {
			mustExec(t, db, `UPDATE record SET body = replace(body, '2026-11-20', '2026-11-19') WHERE id = 1`)
		}))
		must(t, err)
		defer changed.Close()
		_, _, err = changed.ProveUnder(ctx, "1", newer)
		if f := wantCode(t, err, "ledger.broken"); !strings.Contains(f.Text, "record 1 was changed") {
			t.Error(f.Text)
		}
		fresh, line, err := changed.SignHead(ctx, testKey(1))
		must(t, err)
		if c, err := pub.Open(fresh); err != nil || c.Size != 4 || line != lineOf(t, c.Origin, 1) {
			t.Errorf("%+v %v %s", c, err, line)
		}
	})
}

func TestCorrect(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := openNew(t, k)
		ctx := t.Context()
		_, err := s.Record(ctx, unitRecord(1, 1))
		must(t, err)
		fail := plain(1)
		fail.Verdict, fail.Failure = cred.Fail, cred.Failed("line.silent", "it did not answer", "try again")
		recorded(t, s, fail, plain(2))
		w, err := s.Correct(ctx, "1", "it was the cable", record.Bench{Operator: "ak"}, record.Stamp(day))
		must(t, err)
		if r := w.Record; r.Kind != record.Correction || r.Corrects != "1" || r.Note != "it was the cable" || r.IMEI != imei(1) || r.Verdict != cred.Fail || r.Bench.Operator != "ak" {
			t.Errorf("%+v", r)
		}
		again, err := s.Correct(ctx, "1", "no, the adapter", record.Bench{}, record.Stamp(day))
		must(t, err)
		notes, err := s.Corrections(ctx, "1")
		must(t, err)
		if len(notes) != 2 || notes[0].Record != w.ID || notes[1].Text != "no, the adapter" || notes[1].Record != again.ID {
			t.Errorf("%+v", notes)
		}
		if notes, err = s.Corrections(ctx, "0"); err != nil || notes == nil || len(notes) != 0 {
			t.Errorf("%+v %v", notes, err)
		}
		all, err := s.List(ctx, Query{})
		must(t, err)
		for _, l := range all {
			if want := map[string]string{"1": again.ID}[l.Record]; l.CorrectedBy != want {
				t.Errorf("record %s is listed as corrected by %q", l.Record, l.CorrectedBy)
			}
		}
		// What was done to the unit stays what it is.
		if r, _, err := s.Newest(ctx, unitRecord(1, 1).Seen()); err != nil || r.ID != "1" {
			t.Errorf("the newest is %s, %v", r.ID, err)
		}
		if h, err := s.History(ctx, unitRecord(1, 1).Seen(), 9); err != nil || len(h) != 2 {
			t.Errorf("%d in the history, %v", len(h), err)
		}
		for _, bad := range []string{"9", "x", "-1"} {
			_, err = s.Correct(ctx, bad, "x", record.Bench{}, record.Stamp(day))
			wantCode(t, err, "ledger.no-record")
		}
		r := plain(1)
		r.Kind, r.Corrects, r.Note = record.Correction, "99", "of what is not there yet"
		_, err = s.Record(ctx, r)
		wantCode(t, err, "ledger.no-record")
		mustVerify(t, s.Reader)
	})
}

// TestSignedTogether: acts that go to the disk in one transaction have one signature, of the state that they make together; one that is
// refused among them leaves none of its own.
func TestSignedTogether(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := openNew(t, k)
		must(t, s.SignWith(t.Context(), testKey(1)))
		recorded(t, s, unitRecord(100, 1))
		done := make(chan error)
		const lanes, each = 8, 10
		for lane := range lanes {
			go func() {
				var err error
				for i := 0; i < each && err == nil; i++ {
					_, err = s.Record(t.Context(), plain(lane*each+i))
					stolen := unitRecord(200+lane, i)
					stolen.Cert.SPKI = unitRecord(100, 1).Cert.SPKI
					stolen.Key.SPKI = stolen.Cert.SPKI
					if _, bound := s.Record(t.Context(), stolen); cred.AsFault(bound).Code != "ledger.bound" {
						err = errors.Join(err, bound)
					}
				}
				done <- err
			}()
		}
		for range lanes {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if signed := mustVerifySigned(t, s.Reader); signed != 1+lanes*each {
			t.Errorf("%d records are signed", signed)
		}
	})
}
