package report

import (
	"cmp"
	"slices"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/report/cite"
	"example.org/sectag/ledger/report/life"
	"example.org/sectag/ledger/report/row"
	"example.org/sectag/ledger/report/shop"
	"example.org/sectag/ledger/seal"
)

// Frame is what a report is told beside the records.
type Frame struct {
	Made    time.Time
	Tool    Tool
	Scope   Scope
	Head    seal.Checkpoint
	Revoked []record.Record // all revocations that the log under Head has, the oldest first, whatever Scope leaves out
	Life    time.Duration   // how long the product is used; 0: ten years
	Assumed bool            // the life is nobody's word
}

// Builder takes records one at a time.
type Builder struct {
	frame    Frame
	records  int64
	first    string
	last     string
	units    map[string]*Unit
	order    []*Unit
	strings  map[string]string
	kinds    counter
	compared int64
	scope    string
	negative map[string]*row.Attempt
	t10      []result
	shop     *shop.Shop
	inBatch  map[string]bool
}

// New begins a report.
func New(f Frame) *Builder {
	if f.Life == 0 {
		f.Life, f.Assumed = life.TenYears, true
	}
	if f.Scope.IMEIs == nil {
		f.Scope.IMEIs = []cred.IMEI{}
	}
	return &Builder{
		frame: f, units: map[string]*Unit{}, strings: map[string]string{}, kinds: counter{}, negative: map[string]*row.Attempt{},
		shop: shop.New(), inBatch: map[string]bool{},
	}
}

// Add takes the next record with its leaf in the log; the oldest comes first. A record that names no batch belongs to that of its unit.
func (b *Builder) Add(r record.Record, leaf cred.Digest) {
	if want := b.frame.Scope.Batch; want != "" {
		if r.Unit.Batch != "" {
			b.inBatch[r.Unit.Name] = r.Unit.Batch == want
		}
		if !b.inBatch[r.Unit.Name] {
			return
		}
	}
	b.records++
	b.first, b.last = cmp.Or(b.first, r.Time), r.Time
	b.kinds[b.in(string(r.Kind))]++
	if u := r.Uniqueness; u != nil && u.Compared >= b.compared {
		b.compared, b.scope = u.Compared, u.Scope
	}
	u := b.units[r.Unit.Name]
	if u == nil {
		u = &Unit{Name: r.Unit.Name}
		b.units[u.Name] = u
		b.order = append(b.order, u)
	}
	u.take(r, leaf, b.in)
	b.shop.Take(r, decides(r.Kind), b.in)
	b.refused(r)
}

// in keeps one copy of a text that many records have.
func (b *Builder) in(s string) string {
	if kept, ok := b.strings[s]; ok {
		return kept
	}
	b.strings[s] = s
	return s
}

// refused counts handshakes that had to fail.
func (b *Builder) refused(r record.Record) {
	all := negatives(r)
	for _, m := range all {
		a := b.negative[m.Test]
		if a == nil {
			a = &row.Attempt{Attempt: m.Test, Records: cite.Records{}}
			b.negative[m.Test] = a
		}
		switch m.Result {
		case "pass":
			a.Refused++
		case "fail":
			a.LetIn++
			a.Records = a.Records.With(r.ID)
		default:
			a.NotRun++
		}
	}
	if len(all) == 0 {
		return
	}
	for _, m := range r.Tests {
		b.t10 = append(b.t10, result{Result{m.Test, m.Result, r.ID, m.Deviation}, joined(m.Requirements), r.Run, false})
	}
}

// Finish is the report. The Builder is used up.
func (b *Builder) Finish() *Model {
	f := b.frame
	m := &Model{
		Made: record.Stamp(f.Made), Tool: f.Tool, Scope: f.Scope, Units: b.order,
		Log: Log{f.Head.Origin, f.Head.Size, f.Head.Root.String(), f.Head.String(), f.Scope.Whole()},
	}
	m.Scope.First, m.Scope.Last = b.first, b.last
	if m.Units == nil {
		m.Units = []*Unit{}
	}
	for _, u := range b.order {
		u.close()
	}
	m.Revoked = b.revoke()
	b.count(m)
	m.Facts = b.facts()
	m.Keys, m.Certificates, m.Authorities, m.Anchors = keys(b.order), certificates(b.order), authorities(b.order), anchors(b.order)
	m.Inventory, m.Storage = inventory(b.order), storage(b.order)
	m.Channels, m.Peers, m.Negative = channels(b.order), peers(b.order), b.attempts()
	m.Uniqueness = b.uniqueness()
	m.Production = b.shop.Production()
	m.Horizon = b.horizon()
	m.Retention = m.Horizon.Retention()
	m.Deviations = b.deviations()
	m.Tests, m.Requirements = b.matrix(m.Uniqueness)
	m.Mistakes = b.mistakes(m)
	return m
}

func (b *Builder) count(m *Model) {
	c := Count{Records: b.records, Units: len(b.order)}
	for _, u := range b.order {
		switch u.Status {
		case "delivered":
			c.Delivered++
			if u.Verdict == string(cred.Warn) {
				c.Warned++
			}
			if u.failed {
				c.Reworked++
			}
		case "held-back":
			c.HeldBack++
		case revoked:
			c.Revoked++
		default:
			c.Undecided++
		}
		if u.firstVerd != "" && u.firstVerd != string(cred.Fail) {
			c.FirstPass++
		}
		if u.renewed {
			c.Renewed++
		}
	}
	m.Count = c
}

func (b *Builder) attempts() []row.Attempt {
	out := []row.Attempt{}
	for _, a := range b.negative {
		out = append(out, *a)
	}
	slices.SortFunc(out, func(x, y row.Attempt) int { return cmp.Compare(x.Attempt, y.Attempt) })
	return out
}
