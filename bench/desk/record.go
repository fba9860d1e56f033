package desk

import (
	"context"
	"slices"

	"example.org/sectag/bench/desk/books"
	"example.org/sectag/bench/desk/session"
	"example.org/sectag/bench/evidence"
	"example.org/sectag/bench/office"
	"example.org/sectag/bench/past"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/codec"
	"example.org/sectag/ledger/record"
)

// writeRecord writes what was done to the ledger, once the work on a unit is over, however it ended. Without a ledger there is
// nothing to write and the answer has no record. What keeps the ledger from taking it is ledger.unrecorded; ledger.bound, which refuses
// the record for what it says, stays so.
func (d *Desk) writeRecord(ctx context.Context, e flows.WriteRecord) (flows.Event, error) {
	answer, err := d.recorded(ctx, e)
	if f := cred.AsFault(err); err != nil && f.Code != "ledger.bound" {
		return nil, cred.Because(err, "ledger.unrecorded", "the work on the unit is over and its record could not be written: "+f.Text+" ("+f.Code+")",
			"put the ledger right and try again, or start again: the next start with this ledger writes what the journal has of it, and knows the slots as ours")
	}
	return answer, err
}

func (d *Desk) recorded(ctx context.Context, e flows.WriteRecord) (flows.Event, error) {
	d.done()
	if e.Verdict != flows.FailedOutcome {
		d.set.ForgetKey()
	}
	answer := flows.RecordWritten{ID: e.ID, Verdict: e.Verdict}
	if d.Ledger == nil {
		return answer, nil
	}
	w := d.aim
	if w.Record == "" {
		var err error
		if w.Record, err = books.Write(ctx, d.Ledger, &d.set, d.record(e)); err != nil {
			return nil, err
		}
	}
	answer.Record = w.Record
	_, auth := d.keys.Now()
	d.mu.Lock()
	d.aim.Record = "" // what is tried again is recorded again
	o := office.Office{Ledger: d.Ledger, Tool: d.Tool, Now: d.Now}
	u := office.Holder{IMEI: d.unit.IMEI, Unit: d.known()}
	d.mu.Unlock()
	if e.Verdict == flows.FailedOutcome {
		return answer, nil
	}
	ended, err := w.End(ctx, o, auth, u)
	if err != nil {
		d.mu.Lock()
		d.aim.Record = w.Record // what is still missing is no second retirement
		d.mu.Unlock()
	}
	if err == nil && len(ended) > 0 {
		answer.Doc = codec.Doc(map[string]any{"revoked": ended})
	}
	return answer, err
}

// record makes the record out of the facts and of what only the desk knows.
func (d *Desk) record(e flows.WriteRecord) record.Record {
	f := d.facts()
	d.mu.Lock()
	defer d.mu.Unlock()
	failed := e.Verdict == flows.FailedOutcome
	r := record.Record{
		Kind: d.kind(e), Time: record.Stamp(d.Now()), Verdict: evidence.Verdict(e.Verdict), IMEI: d.unit.IMEI, Run: d.run, Attempt: d.before.Failed + 1,
		Model: d.unit.Model, Hardware: d.unit.Hardware, Firmware: d.unit.Firmware, Host: d.unit.Host,
		Bench: d.bench(), ElapsedMS: d.Now().Sub(d.met).Milliseconds(),
	}
	var clear []cred.Finding
	if r.Kind != record.Slots {
		clear = evidence.ClearKey(f.Authority)
	}
	r.Findings = slices.Concat(evidence.Notes(d.unit.IMEI), clear, evidence.ByHost(f.Prepared), d.roots.Doubts, d.undeclared(f.Plan), evidence.Repeated(f.Plan, d.repeats), evidence.Strayed(f.Strays, f.Plan))
	r.Verdict = evidence.Noted(r.Verdict, r.Findings)
	r.Unit = d.known()
	if failed {
		if r.Failure = f.Failure; r.Failure == nil {
			r.Failure = cred.Failed("store.stopped", "the work was stopped before it was done", "run it again")
		}
	}
	r.Slots = evidence.Slots(f.Plan, r.Failure, d.repeats)
	if f.Connect != nil {
		r.Connect = evidence.Connect(f.Connect, d.Profile.Endpoint)
		r.Connect.TwinSerial = d.set.Twin
		r.Findings = append(r.Findings, f.Connect.Findings...)
	}
	root, auth := d.keys.Now()
	d.set.Record(&r, auth, root) // after the connection: what a PSK is worth is up to its suite
	r.Anchor, r.Anchors = evidence.Anchors(d.set.Anchor, d.roots.Facts, d.Profile.Operator)
	if st := d.session.Stats(); st.BytesOut > 0 {
		r.Line = &record.Line{BytesOut: st.BytesOut, BytesIn: st.BytesIn, MS: session.LineTime(st).Milliseconds()}
	}
	r.Seal.Transcript = d.session.Transcript()
	k := evidence.Known{Unique: d.Ledger != nil, Declared: d.declares(f.Plan), Life: d.Profile.Life}
	k.Readback, k.Earlier = d.watch.Answers()
	evidence.Readback(r.Slots, k.Readback)
	r.Tests = evidence.Tests(r, d.set.Known(k))
	return d.before.Complete(r) // after the tests: what is taken over was not measured now
}

// known is what the unit is known by. Callers hold the lock.
func (d *Desk) known() record.Identity {
	s := past.Seen(d.unit, d.items)
	return record.Identity{Key: s.Key, UUID: s.UUID, Product: d.Profile.Product, Batch: d.Profile.Batch}
}

func (d *Desk) kind(e flows.WriteRecord) record.Kind {
	switch {
	case d.hand.Op != flows.Keep:
		return record.Slots
	case e.Aim == flows.ForRetirement:
		return record.Retirement
	case e.Kept:
		return record.Check
	}
	return record.Provision
}

func (d *Desk) bench() record.Bench {
	b := evidence.Bench(d.Tool, d.set.Clock())
	b.Station, b.Operator, b.Port, b.Profile = d.Profile.Station, d.Profile.Operator, d.session.Port(), d.Profile.SHA256
	b.Started, b.Ended = record.Stamp(d.met), record.Stamp(d.Now())
	if !d.date.IsZero() {
		b.Clock.ServerDate = record.Stamp(d.date)
	}
	return b
}
