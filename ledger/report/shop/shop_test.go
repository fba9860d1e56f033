package shop

import (
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

func TestAHistogramHoldsEverything(t *testing.T) {
	for name, ms := range map[string][]int64{
		"none": nil, "one": {1234}, "equal": {700, 700, 700}, "zero": {0, 0}, "wide": {5, 90, 100, 110, 120, 3_000_000}, "many": sequence(5000, 37),
	} {
		h := histogram(append([]int64(nil), ms...))
		sum := 0
		for i, b := range h.Bins {
			sum += b.N
			if i > 0 && b.From != h.Bins[i-1].To || b.To != 0 && b.To <= b.From || b.To == 0 && i != len(h.Bins)-1 {
				t.Errorf("%s: the bins do not join: %+v", name, h.Bins)
			}
		}
		if sum != len(ms) || h.N != len(ms) || len(h.Bins) > mostBins+1 {
			t.Errorf("%s: %d of %d in %d bins", name, sum, len(ms), len(h.Bins))
		}
	}
	if h := histogram(sequence(100, 1)); h.Median != 50 || h.P95 != 95 {
		t.Errorf("of 1 to 100 half are up to %d and 95 up to %d", h.Median, h.P95)
	}
}

// sequence are step, 2 step, … in an order that is none.
func sequence(n int, step int64) (out []int64) {
	for i := range n {
		out = append(out, int64((i*7919)%n+1)*step)
	}
	return out
}

func run(at time.Time, v cred.Verdict, station string) record.Record {
	r := record.Record{Kind: record.Provision, Time: record.Stamp(at), Verdict: v, ElapsedMS: 9000, Bench: record.Bench{Station: station}}
	if v == cred.Fail {
		r.Failure = cred.Failed("line.no-answer", "nothing answers", "look")
	}
	return r
}

func TestRunsAreCountedByStretches(t *testing.T) {
	start := time.Date(2026, 11, 16, 7, 30, 0, 0, time.UTC)
	for step, every := range map[string]time.Duration{"hour": 10 * time.Minute, "day": 5 * time.Hour, "week": 40 * time.Hour, "month": 300 * time.Hour} {
		s := New()
		for n := range 120 {
			v := cred.Pass
			switch n % 10 {
			case 3:
				v = cred.Fail
			case 4:
				v = cred.Warn
			}
			s.Take(run(start.Add(time.Duration(n)*every), v, "1"), true, func(s string) string { return s })
		}
		p := s.Production()
		sum := Day{}
		for _, d := range p.Days {
			sum.Runs, sum.Passed, sum.Warned, sum.Failed = sum.Runs+d.Runs, sum.Passed+d.Passed, sum.Warned+d.Warned, sum.Failed+d.Failed
		}
		if p.Step != step || sum.Runs != 120 || sum.Passed != 96 || sum.Warned != 12 || sum.Failed != 12 {
			t.Errorf("every %v: by %s, want %s: %+v", every, p.Step, step, sum)
		}
		if len(p.Failures) != 1 || p.Failures[0].N != 12 || p.Run.N != 108 {
			t.Errorf("%+v, %d runs that passed", p.Failures, p.Run.N)
		}
	}
}

// The takt is a station's own, and a break is none.
func TestTaktIsOfOneStation(t *testing.T) {
	start := time.Date(2026, 11, 16, 7, 30, 0, 0, time.UTC)
	s := New()
	for _, r := range []record.Record{
		run(start, cred.Pass, "1"), run(start.Add(5*time.Second), cred.Pass, "2"), run(start.Add(20*time.Second), cred.Pass, "1"),
		run(start.Add(35*time.Second), cred.Pass, "2"), run(start.Add(2*time.Hour), cred.Pass, "1"),
	} {
		s.Take(r, true, func(s string) string { return s })
	}
	h := s.Production().Takt
	if h.N != 2 || h.Median != 20_000 || h.P95 != 30_000 || h.Longer != 1 {
		t.Errorf("%+v", h)
	}
}
