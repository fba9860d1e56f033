// Package shop is what a bench did over time, out of its records: runs and their verdicts by stretches of time, how long a run took,
// the takt of a station, and the codes that runs ended with. It is pure and keeps a few numbers for each run.
package shop

import (
	"cmp"
	"slices"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/report/cite"
)

// Shop collects what the bench did over time. It keeps a few numbers a run.
type Shop struct {
	starts    []int64 // Unix seconds of runs
	verdicts  []byte  // p, w or f, beside them
	elapsed   []int64 // ms of runs that passed
	takt      []int64 // ms between two units of a station
	lastAt    map[string]int64
	breaks    int
	failures  map[string]*cause
	findings  map[string]*cause
	abandoned int
	repeats   int
}

type cause struct {
	Cause
	units map[string]bool
}

// pause is how long nothing has to happen at a station to be a break and no takt.
const pause = 30 * time.Minute

// New has seen nothing.
func New() *Shop {
	return &Shop{lastAt: map[string]int64{}, failures: map[string]*cause{}, findings: map[string]*cause{}}
}

// Take counts the next record; the oldest comes first. decides tells that the record says what becomes of its unit, in keeps one copy
// of a text.
func (s *Shop) Take(r record.Record, decides bool, in func(string) string) {
	s.abandoned += len(r.Abandoned)
	for _, slot := range r.Slots {
		s.repeats += slot.Repeats
	}
	if f := r.Failure; f != nil && decides {
		add(s.failures, r, cred.Finding{Code: f.Code, Severity: cred.Error, Text: f.Text, Hint: f.Hint}, in)
	}
	for _, f := range r.Findings {
		add(s.findings, r, f, in)
	}
	if r.Kind != record.Provision && r.Kind != record.Interrupted {
		return
	}
	at, err := record.ParseStamp(r.Time)
	if err != nil {
		return
	}
	s.starts = append(s.starts, at.Unix())
	switch r.Verdict {
	case cred.Pass:
		s.verdicts = append(s.verdicts, 'p')
	case cred.Warn:
		s.verdicts = append(s.verdicts, 'w')
	default:
		s.verdicts = append(s.verdicts, 'f')
	}
	if r.Verdict != cred.Fail && r.ElapsedMS > 0 {
		s.elapsed = append(s.elapsed, r.ElapsedMS)
	}
	s.pace(in(r.Bench.Station), at.UnixMilli())
}

// pace counts the time since the last unit of the same station.
func (s *Shop) pace(station string, at int64) {
	last, had := s.lastAt[station]
	s.lastAt[station] = at
	switch gap := at - last; {
	case !had || gap < 0:
	case gap > pause.Milliseconds():
		s.breaks++
	default:
		s.takt = append(s.takt, gap)
	}
}

func add(to map[string]*cause, r record.Record, f cred.Finding, in func(string) string) {
	c := to[f.Code]
	if c == nil {
		c = &cause{Cause{Code: in(f.Code), Severity: string(f.Severity), Text: f.Text, Hint: f.Hint, Records: cite.Records{}}, map[string]bool{}}
		to[c.Code] = c
	}
	c.N++
	c.units[in(r.Unit.Name)] = true
	c.Records = c.Records.With(r.ID)
}

// Production is what was counted. The Shop is used up.
func (s *Shop) Production() Production {
	p := Production{
		Run: histogram(s.elapsed), Takt: histogram(s.takt), Failures: causes(s.failures), Findings: causes(s.findings),
		Abandoned: s.abandoned, Repeats: s.repeats,
	}
	p.Takt.Longer = s.breaks
	p.Days, p.Step = s.days()
	return p
}

func causes(of map[string]*cause) []Cause {
	out := []Cause{}
	for _, c := range of {
		c.Units = len(c.units)
		out = append(out, c.Cause)
	}
	slices.SortFunc(out, func(a, b Cause) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Code, b.Code)) })
	return out
}

// steps are the stretches of time that runs are counted by; the first that makes no more than forty is taken.
var steps = []struct {
	name string
	of   func(time.Time) time.Time
}{
	{"hour", func(t time.Time) time.Time { return t.Truncate(time.Hour) }},
	{"day", func(t time.Time) time.Time { return t.Truncate(24 * time.Hour) }},
	{"week", func(t time.Time) time.Time { return t.Truncate(7 * 24 * time.Hour) }}, // Go's zero time was a Monday
	{"month", func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC) }},
}

const mostDays = 40

// days counts the runs by stretches of time; those in which nothing ran are left out.
func (s *Shop) days() ([]Day, string) {
	for i, step := range steps {
		by := map[string]*Day{}
		for i, at := range s.starts {
			from := record.Stamp(step.of(time.Unix(at, 0).UTC()))
			d := by[from]
			if d == nil {
				d = &Day{From: from}
				by[from] = d
			}
			d.Runs++
			switch s.verdicts[i] {
			case 'p':
				d.Passed++
			case 'w':
				d.Warned++
			default:
				d.Failed++
			}
		}
		if len(by) > mostDays && i < len(steps)-1 {
			continue
		}
		out := []Day{}
		for _, d := range by {
			out = append(out, *d)
		}
		slices.SortFunc(out, func(a, b Day) int { return cmp.Compare(a.From, b.From) })
		return out, step.name
	}
	return []Day{}, ""
}

// widths are the bins that people can read, in milliseconds.
var widths = []int64{10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000}

// mostBins is how many bins a histogram has at most, the last, open one apart.
const mostBins = 16

// histogram is the distribution of some milliseconds. Its bins reach a little over the 98th percentile.
func histogram(ms []int64) Histogram {
	h := Histogram{N: len(ms), Bins: []Bin{}}
	if len(ms) == 0 {
		return h
	}
	slices.Sort(ms)
	h.Median, h.P95 = rank(ms, 50), rank(ms, 95)
	low, high := ms[0], rank(ms, 98)
	width := widths[len(widths)-1]
	for _, w := range widths {
		if (high-low/w*w)/w < mostBins {
			width = w
			break
		}
	}
	from := low / width * width
	for len(h.Bins) < mostBins && from <= high {
		h.Bins = append(h.Bins, Bin{From: from, To: from + width})
		from += width
	}
	if ms[len(ms)-1] >= from {
		h.Bins = append(h.Bins, Bin{From: from})
	}
	b := 0
	for _, v := range ms {
		for h.Bins[b].To != 0 && v >= h.Bins[b].To {
			b++
		}
		h.Bins[b].N++
	}
	return h
}

// rank is the value that so many percent are not above (nearest rank).
func rank(sorted []int64, percent int) int64 {
	return sorted[max(0, (len(sorted)*percent+99)/100-1)]
}
