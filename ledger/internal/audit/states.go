package audit

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/seal"
)

// correction sees that a correction speaks of a record that was there before it.
func (a *audit) correction(id int64, rec record.Record) {
	if n, err := strconv.ParseInt(rec.Corrects, 10, 64); err != nil || n >= id {
		a.say("record %d corrects record %s, which was not there when it was written", id, engine.Clipped(rec.Corrects))
	}
}

// compareStates holds the log against states of it: the one that was kept elsewhere, and the signed ones that the ledger keeps. Those
// that fit below one that does not say among which records to look.
func (a *audit) compareStates(ctx context.Context, tx *sql.Tx, trust Trust) error {
	states, err := a.readStates(ctx, tx, trust.Public)
	if trust.Kept != nil {
		if trust.Kept.Origin != a.origin {
			a.say("the checkpoint is of another ledger: %s, this is %s", engine.Clipped(trust.Kept.Origin), a.origin)
		} else {
			states = append(states, *trust.Kept)
		}
	}
	slices.SortFunc(states, func(x, y seal.Checkpoint) int { return int(min(max(x.Size-y.Size, -1), 1)) })
	from, said := int64(0), false
	for _, c := range states {
		fits, err := a.fits(c, from, said)
		if err != nil {
			return err
		}
		if said = said || !fits; fits && !said {
			from = c.Size
		}
	}
	if trust.Public == nil {
		return err
	}
	if a.signed = from; a.signed == 0 && a.tree.Size() > 0 && !said {
		a.findings = append(a.findings, cred.Finding{
			Code: "ledger.unsigned", Severity: cred.Error, Text: "no state of the log is signed by this key, neither in the ledger nor in a checkpoint that was given",
			Hint: "name a signed checkpoint with --checkpoint, and compare the public key with the one that was handed over",
		})
	}
	return err
}

// fits tells whether the log is, up to there, what a state of it says. Once one does not, those above it follow from that and are not
// told again, but for what was cut off.
func (a *audit) fits(c seal.Checkpoint, from int64, said bool) (bool, error) {
	if c.Size > a.tree.Size() {
		a.say("the log was cut: the checkpoint is of %d records, from %d on they are missing", c.Size, a.tree.Size())
		return false, nil
	}
	root, err := a.tree.Root(c.Size)
	if err != nil || root == c.Root {
		return err == nil, err
	}
	switch {
	case said:
	case from == 0:
		a.say("a record before %d is not what it was when the checkpoint was made", c.Size)
	default:
		a.say("one of the records %d to %d is not what it was when the checkpoint was made", from, c.Size-1)
	}
	return false, nil
}

// readStates reads the checkpoints that the ledger keeps, one a day. Without a key only their form and their place in the log can be told.
func (a *audit) readStates(ctx context.Context, tx *sql.Tx, pub *seal.Public) ([]seal.Checkpoint, error) {
	var out []seal.Checkpoint
	err := engine.Each(ctx, tx, func(rows *sql.Rows) error {
		var day, note string
		var size int64
		if err := rows.Scan(&day, &size, &note); err != nil {
			return err
		}
		read := seal.ParseNote
		if pub != nil {
			read = pub.Open
		}
		c, err := read([]byte(note))
		if _, odd := time.Parse(time.DateOnly, day); err == nil && (odd != nil || c.Size != size || c.Origin != a.origin) {
			err = fmt.Errorf("it is listed as something else than it says")
		}
		if err != nil {
			a.say("the ledger's checkpoint of %s: %s", engine.Clipped(day), err)
			return nil
		}
		out = append(out, c)
		return nil
	}, `SELECT day, size, note FROM checkpoint ORDER BY day`)
	if engine.Missing(err) {
		err = nil
	}
	return out, err
}
