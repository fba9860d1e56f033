// Package search finds units by what they have in common, in the index of what records say (engine.Say keeps it, audit works it out
// again). It only reads.
package search

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/record"
)

// Affected names what may have turned out to be bad; a unit is affected when all that is named is so of it.
type Affected struct {
	Traits []Trait   // that records say; each sort once
	Serial string    // of a certificate
	Since  time.Time // what is looked at was recorded then or later
	Until  time.Time // or earlier
	Ever   bool      // what was ever so, and not only what is so now
}

// Trait is something that records say of many units. An authority and an anchor are named by their SHA-256 or by their subject.
type Trait struct {
	Sort record.Sort
	Name string
}

// Hit is one unit that is affected.
type Hit struct {
	IMEI   cred.IMEI `json:"imei,omitzero"`
	Record string    `json:"record"` // the newest that says so
	Time   string    `json:"time"`   // of it
	Newest bool      `json:"newest"` // the unit has no newer record
}

// Units lists the units of which all that is named is so, each once, in the order in which the ledger saw them first. What no
// record ever said comes back as unheard: it may be misspelt.
//
// What is so now is what a record said that no newer one of the unit has ended (record.Record.Ends): a check that tells nothing of the
// authority leaves it as it was.
func Units(ctx context.Context, db engine.Engine, rd engine.Querier, want Affected) (hits []Hit, unheard []Trait, err error) {
	has, err := db.HasTraits(ctx, rd)
	if err == nil && !has {
		err = cred.Failed("ledger.older", "the ledger is as an older sectag wrote it, which kept no list of the units by what they have in common",
			"any run that writes to it brings it up to date; of a copy that nobody writes to: sectag ledger export --format json, and search that")
	}
	if err != nil {
		return nil, nil, engine.Told(db, err, "look for units")
	}
	q, unheard, err := ask(ctx, rd, want)
	if err == nil && len(unheard) == 0 && !q.none {
		hits, err = q.answer(ctx, rd)
	}
	if hits == nil {
		hits = []Hit{}
	}
	return hits, unheard, engine.Told(db, err, "look for units")
}

// question is what is asked in the ledger's own numbers.
type question struct {
	Affected
	every int64   // the trait that every record says
	terms []term  // all must be so; the first leads
	only  *int64  // this unit alone
	by    *int64  // the record that names the serial
	none  bool    // no unit can be
	many  bool    // so many lines lead that the newest record of each unit is not looked up one by one
	hits  []found // as they come
}

// term is one condition: any of these traits.
type term struct {
	traits []int64
	size   int64 // lines in the index, up to a limit
}

// found is a unit in the ledger's own numbers.
type found struct {
	unit, record, imei, time, newest int64

	elsewhere bool // IMEI and time are not of this record
}

// ask puts a question in the ledger's own numbers.
func ask(ctx context.Context, rd engine.Querier, want Affected) (*question, []Trait, error) {
	q := &question{Affected: want}
	var unheard []Trait
	for _, t := range append([]Trait{{Sort: record.TraitRecord}}, want.Traits...) {
		ids, err := traitsOf(ctx, rd, t)
		if err != nil {
			return nil, nil, err
		}
		switch {
		case t.Sort == record.TraitRecord && len(ids) == 0: // there are no records yet
			q.none = true
		case t.Sort == record.TraitRecord:
			q.every = ids[0]
		case len(ids) == 0:
			unheard = append(unheard, t)
		default:
			q.terms = append(q.terms, term{traits: ids})
		}
	}
	if want.Serial != "" && !q.none {
		if err := q.narrow(ctx, rd); err != nil {
			return nil, nil, err
		}
	}
	if len(q.terms) == 0 {
		q.terms = []term{{traits: []int64{q.every}}}
	}
	return q, unheard, q.order(ctx, rd)
}

// traitsOf are the numbers of what is named: the keys of an authority may have had several certificates of one subject.
func traitsOf(ctx context.Context, q engine.Querier, t Trait) ([]int64, error) {
	var ids []int64
	err := engine.Each(ctx, q, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, `SELECT id FROM trait WHERE what = $1 AND value = $2 UNION SELECT id FROM trait WHERE what = $1 AND also = $2 AND $2 <> ''`,
		string(t.Sort), t.Name)
	return ids, err
}

// narrow finds the one unit that a certificate of this serial can be of, and the newest record that names it.
func (q *question) narrow(ctx context.Context, rd engine.Querier) error {
	var unit string
	err := rd.QueryRowContext(ctx, `SELECT unit FROM binding WHERE what = $1 AND value = $2`, string(record.BindSerial), q.Serial).Scan(&unit)
	if errors.Is(err, sql.ErrNoRows) {
		q.none = true
		return nil
	}
	if err != nil {
		return err
	}
	var first int64
	if err := rd.QueryRowContext(ctx, `SELECT min(id) FROM record WHERE unit = $1`, unit).Scan(&first); err != nil {
		return err
	}
	q.only, q.none = &first, true
	for next := int64(1) << 62; ; {
		var id int64
		var body string
		err := rd.QueryRowContext(ctx, `SELECT id, body FROM record WHERE unit = $1 AND id < $2 ORDER BY id DESC LIMIT 1`, unit, next).Scan(&id, &body)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		next = id
		rec, err := record.Decode([]byte(body))
		switch {
		case errors.Is(err, record.ErrNewer): // it cannot be asked
		case err != nil:
			return engine.Broken(err, fmt.Sprintf("record %d cannot be read", id))
		case rec.Cert == nil:
		case rec.Cert.Serial == q.Serial:
			q.by, q.none = &id, false
			return nil
		case !q.Ever && rec.Ends(record.TraitCA): // it has another one now
			return nil
		}
	}
}

// enough is how far lines of the index are counted: from there on they are many.
const enough = 250_000

// order puts the condition in front that fewest units meet.
func (q *question) order(ctx context.Context, rd engine.Querier) error {
	if q.none || q.only != nil {
		return nil
	}
	for i := range q.terms {
		t := &q.terms[i]
		err := rd.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM said WHERE trait IN (`+numbers(t.traits)+`) LIMIT $1) AS few`, enough).Scan(&t.size)
		if err != nil {
			return err
		}
	}
	slices.SortStableFunc(q.terms, func(a, b term) int { return cmp.Compare(a.size, b.size) })
	q.many = q.terms[0].size == enough
	return nil
}

// numbers writes what came out of a column of numbers as SQL.
func numbers(ids []int64) string {
	var out []string
	for _, id := range ids {
		out = append(out, strconv.FormatInt(id, 10))
	}
	return strings.Join(out, ", ")
}

// answer asks for each trait of the first condition by itself: the index has its units in order.
func (q *question) answer(ctx context.Context, rd engine.Querier) ([]Hit, error) {
	at, err := split(ctx, rd)
	if err != nil {
		return nil, err
	}
	for _, id := range q.terms[0].traits {
		parts, errs := make([][]found, len(at)-1), make([]error, len(at)-1)
		var wait sync.WaitGroup
		for i := range parts {
			wait.Go(func() { parts[i], errs[i] = q.part(ctx, rd, id, at[i], at[i+1]) })
		}
		wait.Wait()
		if err := errors.Join(errs...); err != nil {
			return nil, err
		}
		for _, p := range parts {
			q.hits = append(q.hits, p...)
		}
	}
	if len(q.terms[0].traits) > 1 {
		slices.SortFunc(q.hits, func(a, b found) int { return cmp.Or(cmp.Compare(a.unit, b.unit), cmp.Compare(b.record, a.record)) })
		q.hits = slices.CompactFunc(q.hits, func(a, b found) bool { return a.unit == b.unit })
	}
	return q.told(ctx, rd)
}

// sideBySide is from how many records on a question is put in parts, one for each processor: below it is answered at once.
const sideBySide = 50_000

// split makes parts of the units by their numbers.
func split(ctx context.Context, rd engine.Querier) ([]int64, error) {
	var most int64
	if err := rd.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM record`).Scan(&most); err != nil {
		return nil, err
	}
	if most < sideBySide {
		return bounds(most, 1), nil
	}
	return bounds(most, int64(runtime.GOMAXPROCS(0))), nil
}

// bounds are where so many parts of the numbers up to most begin, and where the last one ends: behind all numbers.
func bounds(most, parts int64) []int64 {
	out := []int64{0}
	for i := int64(1); i < parts; i++ {
		out = append(out, most/parts*i)
	}
	return append(out, math.MaxInt64)
}

// part answers for the units from one number on and below another.
func (q *question) part(ctx context.Context, rd engine.Querier, trait, from, below int64) ([]found, error) {
	var hits []found
	err := engine.EachRow(ctx, rd, 5+len(q.terms)-1, func(row []int64) error {
		f := q.found(row)
		if n := len(hits); n > 0 && hits[n-1].unit == f.unit { // its older record said so too
			hits[n-1] = f
			return nil
		}
		hits = append(hits, f)
		return nil
	}, q.sql(), trait, from, below)
	if err != nil || !q.many {
		return hits, err
	}
	newest, err := q.newest(ctx, rd, from, below)
	for i := range hits {
		h := &hits[i]
		h.newest = max(h.record, newest[h.unit])
	}
	return hits, err
}

// newest is the newest record of each unit that has several. Most units have one, which gave the unit its number: where many are asked for,
// to walk over the lines of all takes less than to look each unit up.
func (q *question) newest(ctx context.Context, rd engine.Querier, from, below int64) (map[int64]int64, error) {
	out := map[int64]int64{}
	err := engine.EachRow(ctx, rd, 2, func(row []int64) error {
		out[row[0]] = row[1]
		return nil
	}, `SELECT unit, record FROM said WHERE trait = $1 AND unit >= $2 AND unit < $3 AND record <> unit ORDER BY unit, record`, q.every, from, below)
	return out, err
}

// found is a unit out of a row of sql. Where several records say what was asked, the newest of them is told.
func (q *question) found(row []int64) found {
	f := found{unit: row[0], record: row[1], imei: row[2], time: row[3], newest: row[4]}
	for _, o := range row[5:] {
		if o > f.record {
			f.record, f.elsewhere = o, true
		}
	}
	return f
}

// sql is the question for one trait. Nothing in it was typed by anybody.
func (q *question) sql() string {
	every := strconv.FormatInt(q.every, 10)
	newest := `(SELECT max(n.record) FROM said n WHERE n.trait = ` + every + ` AND n.unit = s.unit)`
	if q.many {
		newest = `0`
	}
	s := `SELECT s.unit, s.record, s.imei, s.time, ` + newest
	for _, t := range q.terms[1:] {
		s += `, (SELECT max(o.record)` + q.other(t) + `)`
	}
	s += ` FROM said s WHERE s.trait = $1 AND s.unit >= $2 AND s.unit < $3` + q.within("s")
	if q.only != nil {
		s += ` AND s.unit = ` + strconv.FormatInt(*q.only, 10)
	}
	for _, t := range q.terms[1:] {
		s += ` AND EXISTS (SELECT 1` + q.other(t) + `)`
	}
	return s + ` ORDER BY s.unit, s.record`
}

// other are the lines of the same unit that meet another condition.
func (q *question) other(t term) string {
	return ` FROM said o WHERE o.trait IN (` + numbers(t.traits) + `) AND o.unit = s.unit` + q.within("o")
}

// within is what is asked of each line of the index.
func (q *question) within(row string) string {
	s := ""
	if !q.Ever {
		s += ` AND ` + row + `.until = 0`
	}
	if q.by != nil {
		return s // of a serial it is its record that counts
	}
	if !q.Since.IsZero() {
		s += ` AND ` + row + `.time >= ` + strconv.FormatInt(q.Since.Unix(), 10)
	}
	if !q.Until.IsZero() {
		s += ` AND ` + row + `.time <= ` + strconv.FormatInt(q.Until.Unix(), 10)
	}
	return s
}
