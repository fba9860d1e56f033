package bench

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"example.org/sectag/bench/evidence"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/codec"
	"example.org/sectag/flows/station"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// recover looks at the runs of processes that died. Nothing of theirs is gone on with: a run gets an Interrupted line, a unit that
// was being worked on gets a record that says so and names what was sent to it, serials that no record names are marked
// abandoned. What is taken over is the IMEI and the functional mode to put back, one for each unit, the newest last. The dead are
// buried once that has a new owner.
func (b *Bench) recover(ctx context.Context) (owed []flows.Resumed, dead []string, err error) {
	d := b.desk
	if d.Ledger == nil {
		return nil, nil, nil
	}
	runs, err := d.Ledger.Unfinished(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range runs {
		ours, err := b.ours(ctx, r)
		if err != nil {
			return nil, nil, err
		}
		if !ours {
			continue
		}
		debts, err := b.takeOver(ctx, r)
		if err != nil {
			return nil, nil, err
		}
		dead = append(dead, r.ID)
		for _, o := range debts {
			owed = slices.DeleteFunc(owed, func(p flows.Resumed) bool { return p.IMEI == o.IMEI })
			owed = append(owed, o)
		}
	}
	return owed, dead, nil
}

// ours tells whether a dead run is this bench's to take over: no other start was quicker, and where stations share a ledger it was of the
// same one, at whose ports its unit may still be. A station that never comes back leaves its runs open; what they had reserved is nobody's.
func (b *Bench) ours(ctx context.Context, r ledger.Run) (bool, error) {
	var by begun
	_ = json.Unmarshal(r.Body, &by) // of a run without a station, such as connect --negative, whoever comes first may say that it is over
	if d := b.desk; d.Ledger.Shared() && by.Station != d.Profile.Station && by.Station != "" {
		return false, nil
	}
	return b.desk.Ledger.Claim(ctx, r.ID)
}

// bury closes dead runs.
func (b *Bench) bury(ctx context.Context, dead []string) error {
	for _, run := range dead {
		if err := b.desk.Ledger.End(ctx, run, record.Stamp(b.desk.Now()), ledger.RunInterrupted); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bench) takeOver(ctx context.Context, run ledger.Run) ([]flows.Resumed, error) {
	d := b.desk
	events, err := d.Ledger.Events(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	s := remains(run, events)
	if s.psks, err = b.lostPSKs(ctx, events, s.Facts.Unit.IMEI); err != nil {
		return nil, err
	}
	at := record.Stamp(d.Now())
	name, body, err := codec.Encode(flows.Interrupted{IMEI: s.Facts.Unit.IMEI})
	if err != nil {
		return nil, err
	}
	if err := d.Ledger.AppendEvent(ctx, run.ID, name, at, body); err != nil {
		return nil, err
	}
	serials, err := b.abandon(ctx, run, at)
	if err != nil {
		return nil, err
	}
	if err := b.recordLeft(ctx, run, events, s.left, &serials); err != nil {
		return nil, err
	}
	if s.worked || len(s.psks) > 0 {
		if err := b.recordInterrupted(ctx, run, s, serials); err != nil {
			return nil, err
		}
	}
	return s.debts(), nil
}

// recordLeft writes the records of units that a run went on from without one. Each names the serial of its own certificate; the others
// stay for the unit that the run met last.
func (b *Bench) recordLeft(ctx context.Context, run ledger.Run, events []ledger.Event, left []story, serials *[]string) (err error) {
	for _, s := range left {
		var own []string
		if c := s.Facts.Prepared.Certificate; c != nil && slices.Contains(*serials, c.Serial) {
			own = []string{c.Serial}
		}
		if s.psks, err = b.lostPSKs(ctx, events, s.Facts.Unit.IMEI); err != nil {
			return err
		}
		if err := b.recordInterrupted(ctx, run, s, own); err != nil {
			return err
		}
		*serials = slices.DeleteFunc(*serials, func(x string) bool { return slices.Contains(own, x) })
	}
	return nil
}

// abandon marks the serials of a dead run whose certificates no record names: their keys died with the process. It gives those and
// the ones that the run abandoned itself, for a record that it did not come to write.
func (b *Bench) abandon(ctx context.Context, run ledger.Run, at string) ([]string, error) {
	l := b.desk.Ledger
	all, err := l.Serials(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, s := range all {
		told := s.State == ledger.SerialUsed
		switch s.State {
		case ledger.SerialReserved:
			err = l.Abandon(ctx, run.ID, at, s.Serial)
		case ledger.SerialAbandoned:
			told, err = b.told(ctx, run, s.Serial)
		}
		if err != nil {
			return nil, err
		}
		if !told {
			out = append(out, s.Serial)
		}
	}
	return out, nil
}

// told tells whether a record of the run names a serial as abandoned.
func (b *Bench) told(ctx context.Context, run ledger.Run, serial string) (bool, error) {
	since, err := record.ParseStamp(run.At)
	if err != nil {
		return false, err
	}
	list, err := b.desk.Ledger.List(ctx, ledger.Query{Part: ledger.Part{Since: since}})
	for _, s := range list {
		r, _, err := b.desk.Ledger.Show(ctx, s.Record)
		if err != nil || r.Run == run.ID && slices.Contains(r.Abandoned, serial) {
			return err == nil, err
		}
	}
	return false, err
}

// story is what a dead run's journal tells: its facts, whether a unit was being worked on without a record of it, and what the
// next run is to take over.
type story struct {
	station.Story
	identity cred.Digest
	worked   bool
	owed     flows.Resumed // the unit, and the functional mode that it is owed
	paid     []cred.IMEI   // units that got theirs back
	record   string        // the last record that the journal tells of
	begun    begun
	psks     []record.LostPSK

	unwritten *cred.Fault // why the record of the work could not be written, as far as it was tried
	left      []story     // as they stood when the run went on to something else, of units whose work has no record
}

// debts are what the next run takes over: of units that this one never met, and of the one that it met last.
func (s *story) debts() (out []flows.Resumed) {
	for _, o := range s.begun.Owed {
		if o.IMEI != s.owed.IMEI && !slices.Contains(s.paid, o.IMEI) {
			out = append(out, o)
		}
	}
	if s.owed.IMEI != 0 {
		out = append(out, s.owed)
	}
	return out
}

// remains folds a journal. A line that this version cannot read ends the fold: what came before can still be told.
func remains(run ledger.Run, events []ledger.Event) story {
	var s story
	_ = json.Unmarshal(run.Body, &s.begun) // what cannot be read is left out
	if s.begun.Resumed != nil {
		s.owed = *s.begun.Resumed
	}
	for _, line := range events {
		if line.Own() {
			continue
		}
		e, err := codec.Decode(line.Type, line.Body)
		if err != nil {
			break
		}
		s.tell(e)
	}
	return s
}

// tell is the next event of the run. Work whose record could not be written is kept apart before other work begins, on this unit or another.
func (s *story) tell(e flows.Event) {
	before := *s
	s.Story = s.With(e)
	s.hear(e)
	_, anew := e.(flows.Prepared)
	if away := before.Facts.Unit.IMEI != s.Facts.Unit.IMEI; before.worked && before.unwritten != nil && (away || anew) {
		before.left = nil
		s.left, s.unwritten = append(slices.Clone(s.left), before), nil
	}
}

// unrecorded says why a unit has no record of the work that is over, nil where each has its own.
func (s *story) unrecorded() *cred.Fault {
	if s.worked && s.unwritten != nil {
		return s.unwritten
	}
	if n := len(s.left); n > 0 {
		return s.left[n-1].unwritten
	}
	return nil
}

// hear takes what an event says of the unit. A mode that an earlier run owes to a unit is owed until that unit has it back, or
// until another unit is owed one. A unit that was put away is not worked on any more; whether it was, the facts say: the journal
// also has what the machine ignored.
func (s *story) hear(e flows.Event) {
	here := s.Facts.Unit.IMEI
	s.worked = s.worked && here != 0
	switch e := e.(type) {
	case flows.Resumed:
		s.owed = e
	case flows.Identified:
		if e.IMEI != here {
			return // another unit answers on the line: what is ours is not its
		}
		s.identity = e.Identity
		if s.owed.Mode == 0 {
			s.owed.IMEI = e.IMEI
		}
		if flows.Active(e.Mode) && s.worked {
			s.owed = flows.Resumed{IMEI: e.IMEI, Mode: e.Mode} // its TakeOffline may have landed without an answer
		}
	case flows.Prepared:
		s.worked = true
	case flows.Offline:
		if flows.Active(e.Was) {
			s.owed = flows.Resumed{IMEI: here, Mode: e.Was}
		}
	case flows.Restored:
		if s.owed.IMEI == here {
			s.owed.Mode = 0
			s.paid = append(s.paid, here)
		}
	case flows.Failed:
		if e.Code == "ledger.unrecorded" {
			s.unwritten = cred.Failed(e.Code, e.Text, e.Hint)
		}
	case flows.RecordWritten:
		s.worked, s.record, s.unwritten = false, e.Record, nil
	}
}

// recordInterrupted writes the record of a run that ended without a verdict of its own. Of a slot that was being worked on it says
// what was sent and that nobody knows what it holds: reading the unit again decides.
func (b *Bench) recordInterrupted(ctx context.Context, run ledger.Run, s story, serials []string) error {
	d := b.desk
	u := s.Facts.Unit
	if u.UUID != "" && s.identity == cred.Sum([]byte(u.UUID)) {
		s.identity = cred.Digest{} // the unit listed no identity key
	}
	r := record.Record{
		Kind: record.Interrupted, Time: record.Stamp(d.Now()), Verdict: cred.Fail, IMEI: u.IMEI, Run: run.ID,
		Unit:  record.Identity{Key: s.identity, UUID: u.UUID, Product: s.begun.Product, Batch: s.begun.Batch},
		Model: u.Model, Hardware: u.Hardware, Firmware: u.Firmware, Host: u.Host,
		Bench: evidence.Bench(d.Tool, ""), Abandoned: serials, LostPSKs: s.psks,
		Failure: cred.Failed("bench.interrupted", "the run ended before its work was done and recorded: the process, the power or the ledger was gone",
			"run it again with the same unit: its slots are read first"),
	}
	if s.unwritten != nil {
		r.Failure = cred.Failed("ledger.unrecorded", s.unwritten.Text+". What the journal has of it stands here; how it was tested, and the transcript, are lost",
			"run it again with the same unit: its slots are read first, and get a new identity")
	}
	r.Bench.Port, r.Bench.Station, r.Bench.Operator, r.Bench.Profile = s.begun.Port, s.begun.Station, s.begun.Operator, s.begun.Profile
	r.Slots, r.Findings = evidence.Slots(s.Facts.Plan, r.Failure, nil), evidence.Strayed(s.Facts.Strays, s.Facts.Plan)
	if k := s.Facts.Prepared.Key; k != nil { // it stands in the unit, whatever became of its certificate
		r.KeyOrigin, r.Key = s.Facts.Prepared.KeyOrigin, evidence.ModemKey(*k, u.Firmware)
		r.Unit.Token, r.Unit.UUID = k.Token, cmp.Or(r.Unit.UUID, k.UUID)
	}
	if newest, found, err := d.Ledger.Newest(ctx, r.Seen()); err != nil {
		return err
	} else if found && newest.Run == run.ID && newest.ID != s.record {
		return nil // the work has its record: the run wrote it and died, or an earlier start did that closed the run not yet
	}
	_, err := d.Ledger.Record(ctx, r)
	return err
}
