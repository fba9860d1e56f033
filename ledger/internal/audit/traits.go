package audit

import (
	"context"
	"database/sql"
	"strings"

	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/record"
)

// said is a row of the index of what records say.
type said struct{ trait, unit, record, imei, time, until int64 }

// traits works the index out again. A million records make many million rows, so they are not kept: of each trait there is the number of
// its rows and a sum of their hashes under keys that nobody knew before, which only the same rows make again.
type traits struct {
	keys
	order []record.Trait         // in the order of their numbers, from 1
	ids   map[record.Trait]int64 // their numbers
	sums  []tally                // by their numbers less one
	units map[trace]sayings      // by their names
	all   []saying
	said  []int32 // numbers of traits
}

type tally struct {
	rows int64
	sum  trace
}

// sayings is a unit: its first record, and the newest of which something was still so, as an index into all, or -1.
type sayings struct {
	first  int64
	newest int32
}

// saying is a record of which something is still so, or was. They are kept in one slice without a pointer in it, which no garbage
// collector has to look through.
type saying struct {
	record, imei, time int64
	before             int32 // the unit's older one, or -1
	from, n            int32 // its traits in said; one that has ended is 0 there
}

func newTraits() *traits {
	return &traits{keys: newKeys(), ids: map[record.Trait]int64{}, units: map[trace]sayings{}}
}

// add and take count a row of the index; a row of a trait that is not known is not counted.
func (t *traits) add(s said) { t.count(s, false) }

func (t *traits) take(s said) { t.count(s, true) }

func (t *traits) count(s said, away bool) {
	n := &t.sums[s.trait-1]
	for i, h := range t.keys.said(s) {
		if away {
			h = -h
		}
		n.sum[i] += h
	}
	if away {
		n.rows--
	} else {
		n.rows++
	}
}

// record takes in what a record says.
func (t *traits) record(id int64, r record.Record) {
	at, err := record.ParseStamp(r.Time)
	if err != nil {
		return
	}
	name := t.name(r.Unit.Name)
	u, known := t.units[name]
	if !known {
		u = sayings{first: id, newest: -1}
	}
	traits := r.Traits()
	ended := map[record.Sort]bool{}
	for _, x := range traits {
		if u.newest >= 0 && !ended[x.Sort] && r.Ends(x.Sort) {
			ended[x.Sort] = true
			t.end(u, x.Sort, id)
		}
	}
	s := saying{record: id, imei: int64(r.IMEI), time: at.Unix(), before: u.newest, from: int32(len(t.said)), n: int32(len(traits))}
	for _, x := range traits {
		n := t.number(x)
		t.said = append(t.said, int32(n))
		t.add(said{n, u.first, id, s.imei, s.time, 0})
	}
	u.newest = int32(len(t.all))
	t.all = append(t.all, s)
	t.units[name] = u
}

// end closes what a unit's records said of a sort.
func (t *traits) end(u sayings, sort record.Sort, until int64) {
	for i := u.newest; i >= 0; i = t.all[i].before {
		o := t.all[i]
		for j := o.from; j < o.from+o.n; j++ {
			n := t.said[j]
			if n == 0 || t.order[n-1].Sort != sort {
				continue
			}
			row := said{int64(n), u.first, o.record, o.imei, o.time, 0}
			t.take(row)
			row.until = until
			t.add(row)
			t.said[j] = 0
		}
	}
}

func (t *traits) number(x record.Trait) int64 {
	n, ok := t.ids[x]
	if !ok {
		x.Value, x.Also = strings.Clone(x.Value), strings.Clone(x.Also)
		t.order = append(t.order, x)
		t.sums = append(t.sums, tally{})
		n = int64(len(t.order))
		t.ids[x] = n
	}
	return n
}

// compareTraits holds the stored index against the one that was worked out. A ledger of an older schema has none.
func (a *audit) compareTraits(ctx context.Context, tx *sql.Tx) error {
	if has, err := a.db.HasTraits(ctx, tx); err != nil || !has {
		return err
	}
	got := &traits{keys: a.traits.keys, sums: make([]tally, len(a.traits.order))}
	next := int64(0)
	err := engine.Each(ctx, tx, func(rows *sql.Rows) error {
		var id int64
		var x record.Trait
		if err := rows.Scan(&id, &x.Sort, &x.Value, &x.Also); err != nil {
			return err
		}
		next++
		if id != next || a.traits.ids[x] != id {
			a.say("the list of units has the %s, which does not follow from the records", named(x))
		}
		return nil
	}, `SELECT id, what, value, also FROM trait ORDER BY id`)
	if err != nil {
		return err
	}
	if next < int64(len(a.traits.order)) {
		a.say("the ledger's list of firmware, tools, authorities and anchors lacks %d of them", int64(len(a.traits.order))-next)
	}
	err = engine.EachRow(ctx, tx, 6, func(row []int64) error {
		s := said{trait: row[0], unit: row[1], record: row[2], imei: row[3], time: row[4], until: row[5]}
		if s.trait < 1 || s.trait > int64(len(got.sums)) {
			a.say("record %d is listed under something that no record says", s.record)
			return nil
		}
		got.add(s)
		return nil
	}, `SELECT trait, unit, record, imei, time, until FROM said`)
	for i, x := range a.traits.order {
		if want := a.traits.sums[i]; err == nil && got.sums[i] != want {
			a.say("the list of the units of %s does not follow from the records: it has %d lines, %d would be right",
				named(x), got.sums[i].rows, want.rows)
		}
	}
	return err
}

func named(x record.Trait) string {
	if x.Sort == record.TraitRecord {
		return "every record"
	}
	return engine.Clipped(string(x.Sort) + " " + x.Value)
}
