package ledger

import (
	"database/sql"
	"strings"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/audit"
	"example.org/sectag/ledger/record"
)

// doubles writes what a look for doubles found.
func doubles(t testing.TB, r *Reader) (Uniqueness, string) {
	t.Helper()
	u, err := r.Unique(t.Context())
	must(t, err)
	var out []string
	for _, f := range u.Findings {
		if f.Hint == "" || f.Text == "" {
			t.Errorf("an odd finding: %+v", f)
		}
		out = append(out, f.Code+": "+f.Text)
	}
	if cred.Judge(u.Findings) != u.Verdict || (u.Fault() != nil) != (u.Verdict == cred.Fail) {
		t.Errorf("the verdict is %s, the fault %v, of %v", u.Verdict, u.Fault(), out)
	}
	return u, strings.Join(out, "; ")
}

func pskRecord(n int, psk, action string) record.Record {
	r := unitRecord(n, 1)
	r.Cert, r.Key = nil, &record.Key{Origin: "host-csprng", PSK: digest(psk), PSKIdentity: cred.DefaultTemplate.Name(imei(n))}
	r.Slots = []record.Slot{{SecTag: 42, Type: cred.PSK, SHA256: digest(psk), Action: action}}
	return r
}

func TestUniqueCountsAndLetsRenewalsBe(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := openNew(t, k)
		for n := range 3 {
			wrote(t, s, unitRecord(n, 1))
		}
		wrote(t, s, unitRecord(1, 2)) // with a new key
		repaired := unitRecord(1, 2)  // names what it kept
		repaired.Slots[1].Action, repaired.Slots[2].Action = "kept", "kept"
		wrote(t, s, repaired)
		wrote(t, s, pskRecord(5, "a", "written"))
		wrote(t, s, pskRecord(5, "b", "written"))
		wrote(t, s, pskRecord(5, "b", "kept"))
		wrote(t, s, plain(2))
		u, text := doubles(t, s.Reader)
		if text != "" || u.Verdict != cred.Pass || u.Units != 4 || u.Records != 9 || u.Compared != (audit.Compared{IMEIs: 4, Names: 4, Keys: 4, PSKs: 2, Serials: 4}) {
			t.Errorf("%+v", u)
		}
	})
}

func TestUniqueTellsOfAKeyGivenAgain(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		renewed := unitRecord(1, 2)
		renewed.Cert.SPKI, renewed.Key.SPKI = unitRecord(1, 1).Cert.SPKI, unitRecord(1, 1).Cert.SPKI
		for name, c := range map[string]struct {
			records []record.Record
			want    string
		}{
			"under a new certificate": {[]record.Record{unitRecord(1, 1), renewed}, "record 1 gave its unit the public key"},
			"after another key":       {[]record.Record{unitRecord(1, 1), unitRecord(1, 2), unitRecord(1, 1)}, "record 2 gave its unit the public key"},
			"a psk written again":     {[]record.Record{pskRecord(1, "a", "written"), pskRecord(1, "a", "written")}, "record 1 gave its unit the PSK"},
			"a psk after another":     {[]record.Record{pskRecord(1, "a", "written"), pskRecord(1, "b", "written"), pskRecord(1, "a", "kept")}, "record 2 gave its unit the PSK"},
		} {
			s, _ := openNew(t, k)
			for _, r := range c.records {
				wrote(t, s, r)
			}
			u, text := doubles(t, s.Reader)
			if u.Verdict != cred.Warn || !strings.HasPrefix(text, "ledger.key-again: "+c.want) || len(u.Findings) != 1 {
				t.Errorf("%s: %q", name, text)
			}
		}
	})
}

// TestUniqueFindsWhatIsOnTwoUnits changes records behind the store's back: the store itself lets nothing in that is another unit's. The
// bindings, which the store asks, are left as they were: nothing in them tells of it.
func TestUniqueFindsWhatIsOnTwoUnits(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, url := openNew(t, k)
		a, b := unitRecord(1, 1), unitRecord(2, 1)
		pa, pb := pskRecord(3, "a", "written"), pskRecord(4, "b", "written")
		for _, r := range []record.Record{a, b, pa, pb} {
			wrote(t, s, r)
		}
		must(t, s.Close())
		for name, c := range map[string]struct {
			from, to string
			want     []string
		}{
			"an imei and a name": {a.IMEI.String(), b.IMEI.String(), []string{"the IMEI " + b.IMEI.String(), "the name urn:imei:" + b.IMEI.String()}},
			"a public key":       {a.Cert.SPKI.String(), b.Cert.SPKI.String(), []string{"the public key"}},
			"a serial":           {a.Cert.Serial, b.Cert.Serial, []string{"the certificate serial"}},
			"a psk":              {pa.Key.PSK.String(), pb.Key.PSK.String(), []string{"the PSK"}},
			"a psk identity":     {pa.Key.PSKIdentity, pb.Key.PSKIdentity, []string{"the name"}},
		} {
			forged := k.forged(t, url, func(db *sql.DB) {
				if n := mustExec(t, db, `UPDATE record SET body = replace(body, $1, $2) WHERE body LIKE '%' || $1 || '%'`, c.from, c.to); n != 1 {
					t.Fatalf("%s: %d records changed", name, n)
				}
				resealed(t, db)
			})
			r, err := OpenReader(t.Context(), forged)
			must(t, err)
			u, text := doubles(t, r)
			must(t, r.Close())
			for _, want := range c.want {
				if !strings.Contains(text, "ledger.shared: "+want) {
					t.Errorf("%s: %q", name, text)
				}
			}
			if len(u.Findings) != len(c.want) || u.Verdict != cred.Fail {
				t.Errorf("%s: %d findings: %s", name, len(u.Findings), text)
			}
		}
		// One that was not even sealed anew is told as what it is.
		forged := k.forged(t, url, func(db *sql.DB) {
			mustExec(t, db, `UPDATE record SET body = replace(body, $1, $2)`, a.Cert.Serial, "abcd")
		})
		r, err := OpenReader(t.Context(), forged)
		must(t, err)
		defer r.Close()
		if _, text := doubles(t, r); !strings.Contains(text, "ledger.broken: the records are not those that were sealed") {
			t.Errorf("%q", text)
		}
	})
}

func TestUniqueTellsOfACopiedIMEI(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := openNew(t, k)
		wrote(t, s, unitRecord(1, 1))
		clone := plain(1)
		clone.Unit.Key, clone.Verdict = digest("another modem"), cred.Fail
		wrote(t, s, clone)
		if u, text := doubles(t, s.Reader); u.Verdict != cred.Warn || !strings.HasPrefix(text, "ledger.imei-twice: record 1 saw the IMEI") {
			t.Errorf("%q", text)
		}
	})
}
