package ledger

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"example.org/sectag/cred"
)

// BenchmarkAppendEvent is one line that rides.
func BenchmarkAppendEvent(b *testing.B) {
	measureEach(b, func(b *testing.B, k kind) {
		s, _ := openNew(b, k)
		run, err := s.Begin(b.Context(), at, nil)
		must(b, err)
		for b.Loop() {
			must(b, s.AppendEvent(b.Context(), run, "slot.written", at, nil))
		}
	})
}

// BenchmarkAppendFirm is one line that stands before an act on the world.
func BenchmarkAppendFirm(b *testing.B) {
	measureEach(b, func(b *testing.B, k kind) {
		s, _ := openNew(b, k)
		run, err := s.Begin(b.Context(), at, nil)
		must(b, err)
		for b.Loop() {
			must(b, s.AppendFirm(b.Context(), run, "slot.written", at, nil))
		}
	})
}

// BenchmarkRecord is one unit's record, durable, with check, bindings and leaf.
func BenchmarkRecord(b *testing.B) {
	measureEach(b, func(b *testing.B, k kind) {
		s, _ := openNew(b, k)
		n := 0
		for b.Loop() {
			n++
			r := unitRecord(n, 1)
			must(b, s.Check(b.Context(), r.Seen(), r.Bindings()...))
			_, err := s.Record(b.Context(), r)
			must(b, err)
		}
	})
}

// BenchmarkRecordSigned is BenchmarkRecord where each transaction signs the state that it makes.
func BenchmarkRecordSigned(b *testing.B) {
	s, _ := openNew(b, file{})
	must(b, s.SignWith(b.Context(), testKey(1)))
	n := 0
	for b.Loop() {
		n++
		_, err := s.Record(b.Context(), unitRecord(n, 1))
		must(b, err)
	}
}

// BenchmarkProveUnder is one unit's proof out of ten thousand.
func BenchmarkProveUnder(b *testing.B) {
	s, _ := openNew(b, file{})
	_, err := s.pools.Firm.Exec("PRAGMA synchronous = OFF") // the filling is not measured
	must(b, err)
	must(b, s.SignWith(b.Context(), testKey(1)))
	for n := range 10_000 {
		_, err := s.Record(b.Context(), unitRecord(n, 1))
		must(b, err)
	}
	n := 0
	for b.Loop() {
		n = (n + 4001) % 10_000
		note, _, err := s.Signed(b.Context(), 0)
		must(b, err)
		_, _, err = s.ProveUnder(b.Context(), strconv.Itoa(n), note)
		must(b, err)
	}
}

// BenchmarkUnit is all that one unit writes: a run of forty lines of which eight are firm, a serial, a record.
func BenchmarkUnit(b *testing.B) {
	measureEach(b, func(b *testing.B, k kind) {
		s, _ := openNew(b, k)
		n := 0
		for b.Loop() {
			n++
			writeUnit(b, s, n)
		}
	})
}

func writeUnit(b *testing.B, s *Store, n int) {
	ctx := b.Context()
	run, err := s.Begin(ctx, at, nil)
	must(b, err)
	for i := range 40 {
		write := s.AppendEvent
		if i%5 == 0 {
			write = s.AppendFirm
		}
		must(b, write(ctx, run, "slot.written", at, nil))
	}
	r := unitRecord(n, 1)
	r.Run = run
	must(b, s.Reserve(ctx, run, at, r.Cert.Serial))
	_, err = s.Record(ctx, r)
	must(b, err)
	must(b, s.End(ctx, run, at, RunDone))
}

// BenchmarkVerify10000 verifies ten thousand units, each with a journal of four lines.
func BenchmarkVerify10000(b *testing.B) {
	url := "sqlite:" + filepath.Join(b.TempDir(), "ledger.db")
	s := openAt(b, url)
	// Nothing is measured here, so nothing need reach the disk.
	_, err := s.pools.Firm.Exec("PRAGMA synchronous = OFF")
	must(b, err)
	for n := range 10_000 {
		run, err := s.Begin(b.Context(), at, nil)
		must(b, err)
		r := unitRecord(n, 1)
		r.Run = run
		must(b, s.Reserve(b.Context(), run, at, r.Cert.Serial))
		_, err = s.Record(b.Context(), r)
		must(b, err)
		must(b, s.End(b.Context(), run, at, RunDone))
	}
	must(b, s.Close())
	r, err := OpenReader(b.Context(), url)
	must(b, err)
	defer r.Close()
	for b.Loop() {
		rep, err := r.Verify(b.Context(), nil)
		must(b, err)
		if rep.Verdict != cred.Pass || rep.Records != 10_000 {
			b.Fatalf("%d records, %s", rep.Records, strings.Repeat("!", len(rep.Findings)))
		}
	}
}

// BenchmarkMemory is a ledger that lives for one unit.
func BenchmarkMemory(b *testing.B) {
	n := 0
	for b.Loop() {
		s, err := OpenMemory(b.Context())
		must(b, err)
		n++
		writeUnit(b, s, n)
		must(b, s.Close())
	}
}
