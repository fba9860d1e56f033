package ledger

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

// hits writes an answer as imei number/record, with a star on a unit's newest.
func hits(t testing.TB, r *Reader, want Affected) string {
	t.Helper()
	got, unheard, err := r.Affected(t.Context(), want)
	must(t, err)
	var out []string
	for _, u := range unheard {
		out = append(out, fmt.Sprintf("unheard %s %s", u.Sort, u.Name))
	}
	for _, h := range got {
		s := "?"
		for n := range 20 {
			if h.IMEI == imei(n) {
				s = strconv.Itoa(n)
			}
		}
		s += "/" + h.Record
		if h.Newest {
			s += "*"
		}
		if _, err := record.ParseStamp(h.Time); err != nil {
			t.Errorf("%v", err)
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func trait(s record.Sort, name string) Trait { return Trait{Sort: s, Name: name} }

func one(s record.Sort, name string) Affected { return Affected{Traits: []Trait{trait(s, name)}} }

func wrote(t testing.TB, s *Store, r record.Record) Written {
	t.Helper()
	w, err := s.Record(t.Context(), r)
	must(t, err)
	return w
}

// fleet is three units: 1 was made by a bad tool under an old authority and has been made anew since, 2 was only checked since and has
// newer firmware, 3 failed when it was to be made anew.
func fleet(t testing.TB, k kind) (*Store, string) {
	t.Helper()
	s, url := openNew(t, k)
	made := func(n, turn int, tool, firmware, ca string) record.Record {
		r := unitRecord(n, turn)
		r.Time = record.Stamp(day.Add(time.Duration(turn) * 24 * time.Hour))
		r.Slots[0].Action = "written"
		r.Bench.Tool, r.Firmware, r.KeyOrigin = tool, firmware, "host"
		r.Authority = &record.Authority{Subject: "CN=" + ca, SHA256: digest(ca)}
		r.Anchor = &record.Anchor{Subject: "CN=Root", SHA256: digest("slot"), Trust: "file"}
		r.Anchors = []record.Anchor{{Subject: "CN=Root A", SHA256: digest("root a"), Trust: "file"}, {Subject: "CN=Root B", SHA256: digest("root b"), Trust: "file"}}
		return r
	}
	for n := 1; n <= 3; n++ {
		wrote(t, s, made(n, 1, "v1", "fw1", "Old"))
	}
	wrote(t, s, made(1, 2, "v2", "fw1", "New")) // 3
	check := plain(2)
	check.Kind, check.Checks, check.Unit.Key, check.Firmware, check.Bench.Tool = record.Check, "1", digest("identity 2"), "fw2", "v2"
	check.Time = record.Stamp(day.Add(72 * time.Hour))
	wrote(t, s, check) // 4
	bad := made(3, 2, "v2", "fw1", "New")
	bad.Verdict, bad.Failure, bad.KeyOrigin = cred.Fail, cred.Failed("line.no-answer", "no answer", "try again"), "modem"
	wrote(t, s, bad) // 5
	return s, url
}

func TestAffected(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := fleet(t, k)
		mustVerify(t, s.Reader)
		ever := func(a Affected) Affected { a.Ever = true; return a }
		both := func(ts ...Trait) Affected { return Affected{Traits: ts} }
		old, first := digest("Old").String(), unitRecord(1, 1).Cert.Serial
		since := one(record.TraitFirmware, "fw1")
		since.Since = day.Add(48 * time.Hour)
		until := one(record.TraitFirmware, "fw1")
		until.Until, until.Ever = day.Add(48*time.Hour-time.Second), true
		for _, c := range []struct {
			name string
			ask  Affected
			want string
		}{
			{"firmware as it is now", one(record.TraitFirmware, "fw1"), "1/3* 3/5*"},
			{"firmware as it ever was", ever(one(record.TraitFirmware, "fw1")), "1/3* 2/1 3/5*"},
			{"firmware that only a check saw", one(record.TraitFirmware, "fw2"), "2/4*"},
			{"a tool whose work is still there: a check does not undo it, nor does a failure", one(record.TraitTool, "v1"), "2/1 3/2"},
			{"a tool that only looked is named too", one(record.TraitTool, "v2"), "1/3* 2/4* 3/5*"},
			{"an authority by its digest", one(record.TraitCA, old), "2/1 3/2"},
			{"by its subject", one(record.TraitCA, "CN=Old"), "2/1 3/2"},
			{"after a failure the unit may have either", one(record.TraitCA, "CN=New"), "1/3* 3/5*"},
			{"key origin", one(record.TraitOrigin, "host"), "1/3* 2/1 3/2"},
			{"key origin of a failure", one(record.TraitOrigin, "modem"), "3/5*"},
			{"one root of several", one(record.TraitAnchor, "CN=Root B"), "1/3* 2/1 3/5*"},
			{"the slot whole", one(record.TraitAnchor, digest("slot").String()), "1/3* 2/1 3/5*"},
			{"what no record ever said", one(record.TraitFirmware, "fw3"), "unheard firmware fw3"},
			{"the empty name is none", one(record.TraitAnchor, ""), "unheard anchor "},
			{"a subject is no firmware", one(record.TraitFirmware, "CN=Old"), "unheard firmware CN=Old"},
			{"two things at once, from two records", both(trait(record.TraitFirmware, "fw2"), trait(record.TraitCA, old)), "2/4*"},
			{"the other way round", both(trait(record.TraitCA, old), trait(record.TraitFirmware, "fw2")), "2/4*"},
			{"two things that are on no unit", both(trait(record.TraitFirmware, "fw2"), trait(record.TraitCA, "CN=New")), ""},
			{"a serial that was replaced", Affected{Serial: first}, ""},
			{"and was there", Affected{Serial: first, Ever: true}, "1/0"},
			{"a serial that is there", Affected{Serial: unitRecord(1, 2).Cert.Serial}, "1/3*"},
			{"a serial whose replacement failed", Affected{Serial: unitRecord(3, 1).Cert.Serial}, "3/2"},
			{"a serial with something that is not so", Affected{Serial: unitRecord(3, 1).Cert.Serial, Traits: []Trait{trait(record.TraitFirmware, "fw2")}}, ""},
			{"a serial with something that is so", Affected{Serial: unitRecord(2, 1).Cert.Serial, Traits: []Trait{trait(record.TraitFirmware, "fw2")}}, "2/1"},
			{"a serial of nobody", Affected{Serial: "abcd"}, ""},
			{"a serial and its time", Affected{Serial: unitRecord(2, 1).Cert.Serial, Since: day.Add(48 * time.Hour)}, ""},
			{"since", since, "1/3* 3/5*"},
			{"until", until, "1/0 2/1 3/2"},
			{"a time alone", Affected{Since: day.Add(60 * time.Hour)}, "2/4*"},
			{"a time alone, ever", Affected{Until: day.Add(36 * time.Hour), Ever: true}, "1/0 2/1 3/2"},
			{"everything", Affected{}, "1/3* 2/4* 3/5*"},
		} {
			if got := hits(t, s.Reader, c.ask); got != c.want {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
		}
	})
}

func TestAffectedInAnEmptyLedger(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := openNew(t, k)
		if got := hits(t, s.Reader, Affected{}); got != "" {
			t.Errorf("%q", got)
		}
		if got := hits(t, s.Reader, Affected{Serial: "ab"}); got != "" {
			t.Errorf("%q", got)
		}
	})
}

// TestARevocationSaysNothingOfTheUnit: what signed the list is not what signed the unit's certificate.
func TestARevocationSaysNothingOfTheUnit(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := fleet(t, k)
		ca := one(record.TraitCA, digest("Old").String())
		want := hits(t, s.Reader, ca)
		first := unitRecord(2, 1)
		wrote(t, s, record.Record{
			Kind: record.Revocation, Time: "2026-12-31T00:00:00Z", Verdict: cred.Pass, IMEI: first.IMEI, Unit: first.Unit,
			Authority: &record.Authority{Subject: "CN=New", SHA256: digest("New")},
			Revoked:   &record.Revoked{Serial: first.Cert.Serial, Issuer: digest("New"), Reason: "superseded", Time: "2026-12-31T00:00:00Z"},
		})
		if got := hits(t, s.Reader, ca); want == "" || got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
}
