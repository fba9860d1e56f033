// Package audit works a ledger out again from the bytes of its records and the lines of its journal, and compares. It shares
// with the writing side only what a record, a leaf and a link are.
package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/internal/read"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/seal"
)

// Report is what Verify found. Root is the log's as its leaves make it; Checkpoint is the text to keep elsewhere, and only
// there when nothing was found.
type Report struct {
	Verdict    cred.Verdict   `json:"verdict"`
	Records    int64          `json:"records"`
	Root       cred.Digest    `json:"root"`
	Findings   []cred.Finding `json:"findings"`
	Checkpoint string         `json:"checkpoint,omitempty"`
	Signed     int64          `json:"signed"` // so many records are under a signature of the key that was given
}

// Fault is the report as a failure, or nil: the first error among the findings and how many there are.
func (r Report) Fault() *cred.Fault {
	n, first := 0, ""
	for _, f := range r.Findings {
		if f.Severity == cred.Error {
			if n == 0 {
				first = f.Text
			}
			n++
		}
	}
	if n == 0 {
		return nil
	}
	if n > 1 {
		first += fmt.Sprintf(" (and %d more findings)", n-1)
	}
	return engine.Broken(nil, first)
}

// Trust is what is believed beforehand. Both may be nil.
type Trust struct {
	Kept   *seal.Checkpoint // a state of the log that was kept elsewhere; where a key is given its signature was verified
	Public *seal.Public     // the key of the log's signed states
}

// maxFindings keeps a ruined ledger from filling the screen.
const maxFindings = 100

// Verify works everything in the ledger out again from the records' bytes and the journal's lines, and compares: the tree, its
// head, every column, index and binding, the chain of every run. With a checkpoint that was kept elsewhere it also finds a
// log that was cut short or written anew as a whole. It looks at one moment of the ledger, whoever writes meanwhile. Damage is
// in the report; an error means that the looking itself was ended.
func Verify(ctx context.Context, db engine.Engine, rd *sql.DB, origin string, trust Trust) (Report, error) {
	a := &audit{
		db: db, origin: origin, units: map[trace]record.Known{}, byKey: newIndex[cred.Digest](), byUUID: newIndex[trace](),
		byIMEI: newIndex[cred.IMEI](), bound: map[trace]claim{}, marks: map[string][]mark{},
		serials: map[string]serial{}, traits: newTraits(), sealed: map[string]copyOf{}, copies: map[copyOf]bool{},
	}
	tx, err := engine.Snapshot(ctx, rd)
	if err == nil {
		err = errors.Join(a.all(ctx, rd, tx, trust), tx.Rollback())
	}
	if ctx.Err() != nil {
		return Report{}, ctx.Err()
	}
	if err != nil {
		var f *cred.Fault
		if !errors.As(engine.Told(db, err, "read the ledger"), &f) {
			f = engine.Broken(err, "the ledger cannot be read: "+engine.Clipped(err.Error()))
		}
		if f.Code != "ledger.broken" {
			return Report{}, f
		}
		a.say("%s", f.Text)
	}
	root, err := a.tree.Root(a.tree.Size())
	if err != nil {
		return Report{}, err
	}
	if a.findings == nil {
		a.findings = []cred.Finding{}
	}
	out := Report{Verdict: cred.Judge(a.findings), Records: a.records, Root: cred.Digest(root), Findings: a.findings, Signed: a.signed}
	if out.Verdict != cred.Fail {
		out.Checkpoint = seal.Checkpoint{Origin: origin, Size: a.tree.Size(), Root: root}.String()
	}
	return out, nil
}

// audit is one verification at work: what the bytes say so far.
type audit struct {
	db       engine.Engine
	origin   string
	findings []cred.Finding
	before   []cred.Finding // what was found before others began to look beside
	more     int
	records  int64 // rows that are there
	tree     seal.Tree
	stored   stored // stored, to go on where a record is missing
	signed   int64  // the greatest state that the given key signed and that is right
	strayed  bool   // a record's previous root did not fit: said once, all later ones follow from it

	units   map[trace]record.Known // by their names
	byKey   index[cred.Digest]
	byUUID  index[trace]
	byIMEI  index[cred.IMEI]
	bound   map[trace]claim
	marks   map[string][]mark // what records say about the runs they close
	serials map[string]serial
	sealed  map[string]copyOf // by the records that name them
	copies  map[copyOf]bool   // that the journal holds
	traits  *traits
}

// claim is who has what a record bound.
type claim struct {
	unit, record int32 // the unit's first record, and the one that bound it: small, as there are many millions of these
	met          bool  // it is in the table
}

type serial struct{ run, state string }

// mark is what a record says about the journal of its run.
type mark struct {
	record string
	lines  int64
	head   cred.Digest
	leaf   cred.Digest
}

func (a *audit) say(format string, args ...any) { a.found(engine.Damage(fmt.Sprintf(format, args...))) }

func (a *audit) found(f cred.Finding) {
	if len(a.findings) >= maxFindings {
		a.more++
		return
	}
	if n := len(a.findings); n == 0 || a.findings[n-1] != f { // where the database gives up, each step says so
		a.findings = append(a.findings, f)
	}
}

func (a *audit) all(ctx context.Context, rd *sql.DB, tx *sql.Tx, trust Trust) error {
	twin := sameMoment(ctx, rd, tx)
	intact := a.intact(ctx, rd, tx)
	a.steps(ctx, tx, a.meta, a.readHashes, a.readRecords, a.compareHashes)
	beside := a.beside(ctx, tx, twin)
	a.steps(ctx, tx, a.compareTraits, a.readJournal)
	a.join(beside)
	a.steps(ctx, tx, a.compareSerials, a.comparePSKs)
	if ctx.Err() == nil {
		if err := a.compareStates(ctx, tx, trust); err != nil {
			a.say("%s", engine.Told(a.db, err, "read the ledger"))
		}
	}
	file := <-intact
	if ctx.Err() != nil {
		return ctx.Err()
	}
	a.findings = append(file.findings, a.findings...)
	if file.err != nil {
		a.say("%s", engine.Told(a.db, file.err, "check the file"))
	}
	if a.more > 0 {
		a.findings = append(a.findings, engine.Damage(fmt.Sprintf("and %d more findings", a.more)))
	}
	return nil
}

// steps takes them one after the other. Where one table cannot be read the others may still say which record it was.
func (a *audit) steps(ctx context.Context, tx *sql.Tx, steps ...func(context.Context, *sql.Tx) error) {
	for _, step := range steps {
		if err := step(ctx, tx); err != nil && ctx.Err() == nil {
			a.say("%s", engine.Told(a.db, err, "read the ledger"))
		}
		if ctx.Err() != nil {
			return
		}
	}
}

// meta sees that there is one name of the ledger and nothing else; the records repeat it.
func (a *audit) meta(ctx context.Context, tx *sql.Tx) error {
	n := 0
	err := engine.Each(ctx, tx, func(rows *sql.Rows) error {
		var name, value string
		n++
		if err := rows.Scan(&name, &value); err != nil {
			return err
		}
		if name == "moved" && value != "" { // it goes on elsewhere: what it holds stays as true as it was
			n--
			return nil
		}
		if name != "origin" || value != a.origin {
			a.say("the ledger's name has company: %s", engine.Clipped(name))
		}
		return nil
	}, `SELECT name, value FROM meta`)
	if err == nil && n != 1 {
		a.say("the ledger has %d names", n)
	}
	return err
}

func (a *audit) readRecords(ctx context.Context, tx *sql.Tx) error {
	return read.Rows(ctx, tx, a.record)
}

func (a *audit) record(w read.Decoded) error {
	a.records++
	if w.ID < a.tree.Size() {
		a.say("the log holds a record %d, which has no place in it", w.ID)
		return nil
	}
	for a.tree.Size() < w.ID {
		// Each gap is told, but a single absurd number must not be counted up to.
		leaf, ok := a.stored.leaf(a.tree.Size())
		if !ok {
			a.say("the log jumps from record %d to %d", a.tree.Size(), w.ID)
			return nil
		}
		a.say("record %d is missing", a.tree.Size())
		if _, err := a.tree.Add(leaf); err != nil {
			return err
		}
	}
	before, err := a.tree.Root(w.ID)
	if err != nil {
		return err
	}
	leaf := w.Leaf
	stored, ok := a.stored.leaf(w.ID)
	changed := !ok || stored != leaf
	if changed {
		a.say("record %d was changed: its bytes are not those that were sealed", w.ID)
	}
	if ok {
		// The tree goes on with what was sealed, so that one changed record is not told as many.
		leaf = stored
	}
	if _, err := a.tree.Add(leaf); err != nil {
		return err
	}
	switch err := w.Err; {
	case changed && err != nil:
		return nil
	case errors.Is(err, record.ErrNewer):
		a.findings = append(a.findings, cred.Finding{
			Code: "ledger.newer", Severity: cred.Warning, Hint: "verify with that sectag",
			Text: fmt.Sprintf("record %d was written by a newer sectag and is only checked for its place in the log", w.ID),
		})
		return nil
	case err != nil:
		a.say("record %d cannot be read: %s", w.ID, engine.Clipped(err.Error()))
		return nil
	}
	a.content(w.Row, w.Record, before, leaf, changed)
	return nil
}

// content compares a record with its place, its columns and what came before.
func (a *audit) content(w read.Row, rec record.Record, before, leaf tlog.Hash, changed bool) {
	if want := strconv.FormatInt(w.ID, 10); rec.ID != want {
		a.say("records were re-ordered: in the place of %s stands record %s", want, rec.ID)
		return
	}
	if rec.Seal.Log != a.origin {
		a.say("record %d belongs to another ledger, %s", w.ID, engine.Clipped(rec.Seal.Log))
	}
	if rec.Seal.PreviousRoot != cred.Digest(before) && !a.strayed && !changed {
		a.strayed = true
		a.say("the records before %d are not those that were there when it was written", w.ID)
	}
	claims := rec.Bindings()
	want := read.Row{
		ID: w.ID, Body: w.Body, Unit: rec.Unit.Name, IMEI: rec.IMEI.String(), Kind: string(rec.Kind), Verdict: string(rec.Verdict), Time: rec.Time,
		Claims: int64(len(claims)),
	}
	if w != want {
		a.say("record %d is listed as something else than it says", w.ID)
	}
	a.unit(w.ID, rec)
	a.traits.record(w.ID, rec)
	a.claim(w.ID, rec.Unit.Name, claims)
	if rec.Kind == record.Correction {
		a.correction(w.ID, rec)
	}
	if rec.Key != nil && !rec.Key.Sealed.IsZero() {
		a.sealed[strings.Clone(rec.ID)] = copyOf{rec.Key.PSK, rec.Key.Sealed}
	}
	if rec.Run != "" {
		run := strings.Clone(rec.Run)
		a.marks[run] = append(a.marks[run],
			mark{record: strings.Clone(rec.ID), lines: rec.Seal.Lines, head: rec.Seal.Journal, leaf: cred.Digest(leaf)})
	}
}

// claim takes in what a record binds to its unit.
func (a *audit) claim(id int64, unit string, claims []record.Binding) {
	first := a.first(unit)
	for _, b := range claims {
		t := a.traits.binding(b)
		switch c, taken := a.bound[t]; {
		case !taken:
			a.bound[t] = claim{unit: first, record: int32(id)}
		case c.unit != first:
			a.say("record %d claims %s, which record %d gave to another unit", id, b, c.record)
		}
	}
}

// first is the first record of a unit, or -1 of one that no record names.
func (a *audit) first(unit string) int32 {
	if u, known := a.traits.units[a.traits.name(unit)]; known {
		return int32(u.first)
	}
	return -1
}

// unit recognises the unit of a record as resolve did.
func (a *audit) unit(id int64, rec record.Record) {
	seen := rec.Seen()
	var near []record.Known
	var met []trace
	for _, names := range [][]trace{a.byKey.of(seen.Key), a.byUUID.of(a.traits.name(seen.UUID)), a.byIMEI.of(seen.IMEI)} {
		for _, n := range names {
			if !slices.Contains(met, n) {
				met = append(met, n)
				near = append(near, a.units[n])
			}
		}
	}
	holder := ""
	if c, bound := a.bound[a.traits.binding(record.Binding{What: record.BindIMEI, Value: seen.IMEI.String()})]; bound {
		for _, k := range near {
			if a.first(k.Name) == c.unit {
				holder = k.Name
			}
		}
	}
	seen.UUID = strings.Clone(seen.UUID)
	k := record.Known{Unit: seen, Name: seen.Name()}
	if i := record.Choose(seen, near, holder); i >= 0 {
		k = near[i]
		k.Unit = k.Merge(seen)
	} else if _, taken := a.units[a.traits.name(k.Name)]; taken {
		k.Name = record.Renamed(k.Name, id)
	}
	if k.Name != rec.Unit.Name {
		a.say("record %d names the unit %s, which it is not", id, record.ShortName(rec.Unit.Name))
		k.Name = strings.Clone(rec.Unit.Name)
	}
	k.Last = id
	name := a.traits.name(k.Name)
	a.units[name] = k
	a.index(name, k)
}

// index keeps every unit under all that it ever told; Choose sorts out what no longer holds.
func (a *audit) index(name trace, k record.Known) {
	if !k.Key.IsZero() {
		a.byKey.add(k.Key, name)
	}
	if k.UUID != "" {
		a.byUUID.add(a.traits.name(k.UUID), name)
	}
	if k.IMEI != 0 {
		a.byIMEI.add(k.IMEI, name)
	}
}
