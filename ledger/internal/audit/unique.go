package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/internal/read"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/seal"
)

// Uniqueness is what Unique found: over how much it looked, and what is on two units or was on one unit twice.
type Uniqueness struct {
	Verdict  cred.Verdict   `json:"verdict"`
	Records  int64          `json:"records"`
	Units    int64          `json:"units"`
	Compared Compared       `json:"compared"`
	Findings []cred.Finding `json:"findings"`
}

// Compared is how many different values there are of each kind. Names are common names, endpoint names and PSK identities: one template
// writes all three.
type Compared struct {
	IMEIs   int64 `json:"imeis"`
	Names   int64 `json:"names"`
	Keys    int64 `json:"public_keys"`
	PSKs    int64 `json:"psks"`
	Serials int64 `json:"serials"`
}

// Fault is the report as a failure, or nil.
func (u Uniqueness) Fault() *cred.Fault {
	for _, f := range u.Findings {
		if f.Severity == cred.Error {
			return cred.Failed(f.Code, f.Text, f.Hint)
		}
	}
	return nil
}

// mine is who has a value, by the record that said so first. A million units have millions of values, so of the values only hashes are
// kept, under keys that nobody knew before: two that differ are as good as never the same.
type mine struct {
	unit   int32
	record int64
	serial uint64 // of the certificate of a key
}

// unique is one look at work.
type unique struct {
	Uniqueness
	keys
	units map[trace]*last
	has   map[trace]mine
	tree  seal.Tree
}

// last is a unit and the keys that it had in the end.
type last struct {
	unit int32
	keys map[record.What]trace
}

// Unique looks through all records for values that are on two units, from their bytes alone: the table that the writer asks is not asked,
// nor is the report, which looks at the units that it prints as they are now (ledger/report/unique.go). Nothing is to be merged: who checks
// the writer must not share its eyes.
// That the bytes are those that were sealed is Verify's to tell in full; here the root over them must be the log's.
func Unique(ctx context.Context, db engine.Engine, rd *sql.DB, origin string) (Uniqueness, error) {
	u := &unique{keys: newKeys(), units: map[trace]*last{}, has: map[trace]mine{}}
	u.Findings = []cred.Finding{}
	tx, err := engine.Snapshot(ctx, rd)
	if err == nil {
		err = errors.Join(u.all(ctx, tx, origin), tx.Rollback())
	}
	if ctx.Err() != nil {
		return Uniqueness{}, ctx.Err()
	}
	u.Verdict = cred.Judge(u.Findings)
	return u.Uniqueness, engine.Told(db, err, "read the ledger")
}

func (u *unique) all(ctx context.Context, tx *sql.Tx, origin string) error {
	head, err := engine.Head(ctx, tx, origin)
	if err != nil {
		return err
	}
	if err := read.Rows(ctx, tx, u.record); err != nil {
		return err
	}
	if root, err := u.tree.Root(u.tree.Size()); err != nil || u.tree.Size() != head.Size || root != head.Root {
		u.say("ledger.broken", cred.Error, "the records are not those that were sealed", "sectag ledger verify says which were changed")
	}
	return nil
}

func (u *unique) say(code string, s cred.Severity, text, hint string) {
	if len(u.Findings) < maxFindings {
		u.Findings = append(u.Findings, cred.Finding{Code: code, Severity: s, Text: text, Hint: hint})
	}
}

func (u *unique) record(w read.Decoded) error {
	u.Records++
	if _, err := u.tree.Add(w.Leaf); err != nil {
		return err
	}
	switch {
	case errors.Is(w.Err, record.ErrNewer):
		u.say("ledger.newer", cred.Warning, fmt.Sprintf("record %d was written by a newer sectag and was not looked at", w.ID), "look with that sectag")
		return nil
	case w.Err != nil:
		u.say("ledger.broken", cred.Error, fmt.Sprintf("record %d cannot be read: %s", w.ID, engine.Clipped(w.Err.Error())), "sectag ledger verify says what was changed")
		return nil
	}
	name := u.name(w.Record.Unit.Name)
	unit := u.units[name]
	if unit == nil {
		unit = &last{unit: int32(len(u.units)), keys: map[record.What]trace{}}
		u.units[name] = unit
		u.Units++
	}
	u.compare(w.ID, unit, w.Record)
	return nil
}

// compare takes in what a record claims for its unit.
func (u *unique) compare(id int64, unit *last, r record.Record) {
	claims := r.Bindings()
	if len(claims) == 0 && r.IMEI != 0 {
		u.seen(id, unit, r)
	}
	serial := ""
	if r.Cert != nil {
		serial = r.Cert.Serial
	}
	under := u.name(serial)[0]
	for _, b := range claims {
		p := u.binding(b)
		m, taken := u.has[p]
		switch {
		case !taken:
			u.has[p] = mine{unit: unit.unit, record: id, serial: under}
			u.counted(b.What)
		case m.unit != unit.unit:
			u.say("ledger.shared", cred.Error, fmt.Sprintf("%s is on two units: record %d gave it to one, record %d to another", b, m.record, id),
				fmt.Sprintf("compare sectag ledger show %d and %d, and give one of the two units a new identity", m.record, id))
		case again(b, r, m.serial != under, unit.keys[b.What] != p):
			u.say("ledger.key-again", cred.Warning, fmt.Sprintf("record %d gave its unit %s anew, which record %d had given it before", id, b, m.record),
				"a unit that is made anew should get a new key: provision it once more if its old key may be known to anybody")
			m.serial = under
			u.has[p] = m
		}
		if b.What == record.BindSPKI || b.What == record.BindPSK {
			unit.keys[b.What] = p
		}
	}
}

// again tells whether a key that the unit had before was given to it as if it were new: under another certificate, after another key, or
// written again. To repair the anchor, or to look, names the key that is there and gives none.
func again(b record.Binding, r record.Record, otherSerial, otherKey bool) bool {
	switch {
	case !r.Kind.Supersedes():
		return false
	case b.What == record.BindSPKI:
		return otherKey || r.Cert != nil && otherSerial
	case b.What == record.BindPSK:
		for _, s := range r.Slots {
			if s.Type == cred.PSK && s.Action == "written" {
				return true
			}
		}
		return otherKey
	}
	return false
}

// seen is an IMEI that a unit told and was given nothing under: where another has it, one of the two is a copy.
func (u *unique) seen(id int64, unit *last, r record.Record) {
	b := record.Binding{What: record.BindIMEI, Value: r.IMEI.String()}
	if m, taken := u.has[u.binding(b)]; taken && m.unit != unit.unit {
		u.say("ledger.imei-twice", cred.Warning,
			fmt.Sprintf("record %d saw %s in another unit than that of record %d, and gave it no identity", id, b, m.record),
			"two modems say the same IMEI: find out which of them is no original")
	}
}

func (u *unique) counted(w record.What) {
	switch c := &u.Compared; w {
	case record.BindIMEI:
		c.IMEIs++
	case record.BindName:
		c.Names++
	case record.BindSPKI:
		c.Keys++
	case record.BindPSK:
		c.PSKs++
	case record.BindSerial:
		c.Serials++
	}
}
