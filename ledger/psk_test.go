package ledger

import (
	"database/sql"
	"strings"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/seal"
)

// sealedAs is a line about a PSK of a unit. What is in the copy this room does not know.
func sealedAs(n int, psk string) seal.PSKLine {
	return seal.PSKLine{
		IMEI: imei(n), PSK: digest(psk), Identity: cred.DefaultTemplate.Name(imei(n)), Sealed: "-----BEGIN AGE ENCRYPTED FILE-----\nsealed " + psk + "\n", Recipients: []string{"age1"},
	}
}

// sharing is a record that names that PSK as the unit's.
func sharing(n int, run, psk string) record.Record {
	l, r := sealedAs(n, psk), plain(n)
	r.Kind, r.Run, r.Unit.Key = record.Provision, run, digest("identity "+l.Identity)
	r.Key = &record.Key{Origin: "host-csprng", PSK: l.PSK, PSKIdentity: l.Identity, Sealed: digest(l.Sealed)}
	return r
}

// TestASealedPSKIsOnTheDiskWhenItIsKept: the process is gone right behind the call, and another finds it.
func TestASealedPSKIsOnTheDiskWhenItIsKept(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, url := openNew(t, k)
		ctx := t.Context()
		run, err := s.Begin(ctx, at, nil)
		must(t, err)
		must(t, s.AppendEvent(ctx, run, "cred.planned", at, nil)) // rides, and goes with it
		must(t, s.KeepPSK(ctx, run, at, sealedAs(1, "a")))
		var lines int64
		must(t, s.rd.QueryRowContext(ctx, `SELECT lines FROM run WHERE id = $1`, run).Scan(&lines))
		if lines != 3 || len(s.loose) != 0 {
			t.Errorf("%d lines are named by the run's row, which is only written in a commit that reaches the disk; loose are %v", lines, s.loose)
		}
		r, err := OpenReader(ctx, url) // beside the writer
		must(t, err)
		defer r.Close()
		got, err := r.SealedPSK(ctx, run, digest("a"))
		must(t, err)
		if got.Sealed != sealedAs(1, "a").Sealed || got.Identity != sealedAs(1, "a").Identity {
			t.Errorf("%+v", got)
		}
		_, err = r.SealedPSK(ctx, run, digest("b"))
		wantCode(t, err, "ledger.broken")
	})
}

// TestAPSKIsGivenOnce, to whichever unit, and the refusal keeps nothing.
func TestAPSKIsGivenOnce(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := openNew(t, k)
		ctx := t.Context()
		run, err := s.Begin(ctx, at, nil)
		must(t, err)
		must(t, s.KeepPSK(ctx, run, at, sealedAs(1, "a")))
		_, err = s.Record(ctx, sharing(1, run, "a"))
		must(t, err)
		wantCode(t, s.KeepPSK(ctx, run, at, sealedAs(2, "a")), "ledger.bound")
		wantCode(t, s.KeepPSK(ctx, run, at, sealedAs(1, "a")), "ledger.bound")
		_, err = s.Record(ctx, sharing(2, run, "a"))
		wantCode(t, err, "ledger.bound")
		if all, err := s.SealedPSKs(ctx, run); err != nil || len(all) != 1 {
			t.Errorf("%+v, %v", all, err)
		}
		if s.KeepPSK(ctx, run, at, seal.PSKLine{Sealed: "x"}) == nil {
			t.Error("a PSK without a digest was kept")
		}
		mustVerify(t, s.Reader)
	})
}

// TestVerifyMissesASealedPSK: a record may only name a copy that the journal holds, and a copy that was changed is found.
func TestVerifyMissesASealedPSK(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, url := openNew(t, k)
		ctx := t.Context()
		run, err := s.Begin(ctx, at, nil)
		must(t, err)
		must(t, s.KeepPSK(ctx, run, at, sealedAs(1, "a")))
		_, err = s.Record(ctx, sharing(1, run, "a"))
		must(t, err)
		mustVerify(t, s.Reader)
		must(t, s.Close())
		for name, change := range map[string]string{
			"changed": `UPDATE event SET body = replace(body, 'sealed a', 'sealed b') WHERE type = 'ledger.psk'`,
			"gone":    `DELETE FROM event WHERE type = 'ledger.psk'`,
			"renamed": `UPDATE event SET type = 'ledger.pskx' WHERE type = 'ledger.psk'`,
		} {
			r, err := OpenReader(ctx, k.forged(t, url, func(db *sql.DB) { mustExec(t, db, change) }))
			must(t, err)
			rep, err := r.Verify(ctx, nil)
			must(t, err)
			told := ""
			for _, f := range rep.Findings {
				told += f.Text + "\n"
			}
			if rep.Verdict != cred.Fail || !strings.Contains(told, "the sealed PSK that record 0 names is missing") {
				t.Errorf("%s: %s", name, told)
			}
			must(t, r.Close())
		}
	})
}
