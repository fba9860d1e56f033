package ledger

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

// named are the records of a part, by their names.
func named(t *testing.T, s *Store, part Part) (ids []string) {
	t.Helper()
	head, err := s.Head(t.Context())
	must(t, err)
	must(t, s.Each(t.Context(), head, part, func(r record.Record, leaf cred.Digest) error {
		if leaf.IsZero() {
			t.Errorf("record %s has no leaf", r.ID)
		}
		ids = append(ids, r.ID)
		return nil
	}))
	return ids
}

func TestEachHandsOverAPart(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := openNew(t, k)
		for n := range 600 { // more than one chunk
			r := plain(n)
			switch n {
			case 5:
				r.Unit.Batch = `50%_"a!`
			case 6:
				r.Unit.Batch = `50%x"a!`
			case 8:
				r.Unit.Batch = `50zz_"a!`
			default:
				r.Unit.Batch = "other"
			}
			if n == 7 {
				r.Unit.Batch = ""
			}
			_, err := s.Record(t.Context(), r)
			must(t, err)
		}
		if all := named(t, s, Part{}); len(all) != 600 || !slices.IsSortedFunc(all, func(a, b string) int { return len(a)*1000 - len(b)*1000 + strings.Compare(a, b) }) {
			t.Errorf("%d records, or not in their order", len(all))
		}
		for want, part := range map[string]Part{
			"3 4":     {Since: day.Add(3 * time.Second), Until: day.Add(4 * time.Second)},
			"598 599": {Since: day.Add(598 * time.Second)},
			"0 1":     {Until: day.Add(time.Second)},
			"9 17":    {IMEIs: []cred.IMEI{imei(17), imei(9)}},
			"5 7":     {Batch: `50%_"a!`},
			"7":       {Batch: "nobody's"},
			"":        {Batch: "nobody's", Since: day.Add(8 * time.Second)},
			"17":      {IMEIs: []cred.IMEI{imei(17), imei(9)}, Since: day.Add(10 * time.Second)},
		} {
			if got := strings.Join(named(t, s, part), " "); got != want {
				t.Errorf("%+v: %q, want %q", part, got, want)
			}
		}
	})
}

// What was written after the head was read is not of this report, whose root it would not fit.
func TestEachEndsAtItsHead(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := openNew(t, k)
		_, err := s.Record(t.Context(), plain(1))
		must(t, err)
		head, err := s.Head(t.Context())
		must(t, err)
		_, err = s.Record(t.Context(), plain(2))
		must(t, err)
		n := 0
		must(t, s.Each(t.Context(), head, Part{}, func(record.Record, cred.Digest) error { n++; return nil }))
		if n != 1 {
			t.Errorf("%d records", n)
		}
	})
}

func TestEachTellsAnotherRoot(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := openNew(t, k)
		for n := range 3 {
			_, err := s.Record(t.Context(), plain(n))
			must(t, err)
		}
		head, err := s.Head(t.Context())
		must(t, err)
		none := func(record.Record, cred.Digest) error { return nil }
		other := head
		other.Root[3] ^= 1
		wantCode(t, s.Each(t.Context(), other, Part{}, none), "ledger.broken")
		other = head
		other.Size++
		wantCode(t, s.Each(t.Context(), other, Part{}, none), "ledger.broken")
		stop := errors.New("enough")
		if err := s.Each(t.Context(), head, Part{}, func(record.Record, cred.Digest) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("who asked ended it, and Each says %v", err)
		}
	})
}
