package ledger

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

// taken are the names of the records that are handed on.
func taken(t testing.TB, r *Reader, want Choice) string {
	t.Helper()
	var out []string
	must(t, r.Take(t.Context(), want, func(rec record.Record, body []byte) error {
		_, shown, err := r.Show(t.Context(), rec.ID)
		if err != nil || string(shown) != string(body) {
			t.Errorf("record %s is handed on with other bytes, %v", rec.ID, err)
		}
		out = append(out, rec.ID)
		return nil
	}))
	return strings.Join(out, " ")
}

func TestTake(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := fleet(t, k) // 0 1 2: units 1 to 3; 3: unit 1 anew; 4: a check of 2; 5: a failure of 3
		for _, c := range []struct {
			name string
			want Choice
			ids  string
		}{
			{"what each unit is now", Choice{}, "1 2 3"},
			{"everything", Choice{All: true}, "0 1 2 3 4 5"},
			{"one unit", Choice{Part: Part{IMEIs: []cred.IMEI{imei(1)}}}, "3"},
			{"two units", Choice{Part: Part{IMEIs: []cred.IMEI{imei(1), imei(3)}}}, "2 3"},
			{"a unit that is not there", Choice{Part: Part{IMEIs: []cred.IMEI{imei(9)}}}, ""},
			{"since", Choice{Part: Part{Since: day.Add(48 * time.Hour)}}, "3"},
			{"until", Choice{Part: Part{Until: day.Add(48*time.Hour - time.Second)}, All: true}, "0 1 2"},
			{"skip", Choice{Skip: 1}, "2 3"},
			{"limit", Choice{Skip: 1, Limit: 1}, "2"},
		} {
			if got := taken(t, s.Reader, c.want); got != c.ids {
				t.Errorf("%s: %q, want %q", c.name, got, c.ids)
			}
		}
	})
}

// TestTakeBelievesNoForgery: whoever may write the file must not be able to have a server told of another certificate.
func TestTakeBelievesNoForgery(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, url := fleet(t, k)
		must(t, s.Close())
		forged := k.forged(t, url, func(db *sql.DB) {
			mustExec(t, db, `UPDATE record SET body = replace(body, $1, $2) WHERE id = 1`, unitRecord(2, 1).Cert.Serial, "abcd")
		})
		r, err := OpenReader(t.Context(), forged)
		must(t, err)
		defer r.Close()
		wantCode(t, r.Take(t.Context(), Choice{}, func(record.Record, []byte) error { return nil }), "ledger.broken")
	})
}
