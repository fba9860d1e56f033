package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"example.org/sectag/bench/desk"
	"example.org/sectag/bench/profile"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/codec"
	"example.org/sectag/flows/station"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// Shot is what a mouth receives after each event: the machine that decides and the facts that are shown.
type Shot struct {
	flows.Shot[station.Bench]
	Facts flows.Facts
}

// Bench is one run at one port: the loop, the desk and the journal together. A screen and a headless policy use it alike.
type Bench struct {
	desk   *desk.Desk
	in     *Mailbox
	estate *Estate

	end  *flows.Facts // when the headless orders were carried out
	hand bool         // they were work by hand on one slot
	held bool         // they could not answer the plan: nothing was begun

	mu    sync.Mutex
	story story
	idle  *time.Timer
}

// lockAfter is how long an unlocked authority stays so without a key press or a unit.
func (b *Bench) lockAfter() time.Duration {
	if l := b.desk.Config.Profile.Lock; l > 0 {
		return l
	}
	return profile.DefaultLock
}

// Config is what a bench is set up with.
type Config = desk.Config

// New sets a bench up. It touches nothing until Run.
func New(c Config) *Bench { return (&Estate{}).New(c) }

// New sets up one of several benches that work on one ledger.
func (e *Estate) New(c Config) *Bench {
	e.mu.Lock()
	e.lanes++
	e.mu.Unlock()
	b := &Bench{in: NewMailbox(), estate: e}
	c.Notice = b.in.Tell
	b.desk = desk.New(c, b.Facts)
	return b
}

// Put adds what a person or a policy wants. It never blocks.
func (b *Bench) Put(e flows.Event) { b.in.Put(e) }

// Keep takes a secret and gives a reference to it; the slice is cleared.
func (b *Bench) Keep(secret []byte) flows.Ref { return b.desk.Keep(secret) }

// Facts is what is known by now.
func (b *Bench) Facts() flows.Facts {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.story.Facts
}

// Announcer lets a test stand before and after every effect.
type Announcer func(Doer) Doer

// Run closes the run of a process that died, begins its own and works until ctx is done: the effect in flight is answered first,
// what was changed is put back, and the run is closed. Ending work gives up hope of that: the effect in flight is torn off. Then, and
// when the journal fails, the run stays open, so that the next start says that it was interrupted. see is called after each event, in
// the loop's goroutine, before the effects start. The error is nil when ctx ended it. Where a unit's work has no record because the ledger
// did not take it, the error is ledger.unrecorded, and the run stays open for the next start too.
func (b *Bench) Run(ctx, work context.Context, terms flows.Terms, around Announcer, see func(Shot)) error {
	b.desk.Live(ctx)
	j, left, err := b.estate.begin(work, b)
	if err == nil {
		b.in.first(opening(terms, left)...)
		err = b.loop(ctx, work, j, around, see)
	}
	b.desk.Close()
	if f := b.story.unrecorded(); f != nil {
		return cred.Because(err, f.Code, f.Text, f.Hint)
	}
	if err != nil || work.Err() != nil {
		return err
	}
	return j.end(work)
}

// loop is Run over the machine of a bench, with its facts, and with the watch over an authority that nobody uses.
func (b *Bench) loop(ctx, work context.Context, j *runJournal, around Announcer, see func(Shot)) error {
	var d Doer = heir{b}
	if around != nil {
		d = around(d)
	}
	b.setIdle(time.AfterFunc(b.lockAfter(), b.lockIdle))
	defer b.setIdle(nil)
	m, err := Run(ctx, work, station.NewBench(flows.Terms{}), j, d, b.in, func(s flows.Shot[station.Bench]) {
		b.Touch()
		b.mu.Lock()
		_, noticed := s.Event.(flows.Noticed)
		switch failed, _ := s.Event.(flows.Failed); {
		case s.Err == nil && (noticed || !s.Ignored):
			b.story.tell(s.Event)
		case s.Err != nil && failed.Code == "ledger.unrecorded":
			b.story.hear(failed) // the journal cannot be written either
		}
		f := b.story.Facts
		b.mu.Unlock()
		see(Shot{s, f})
	})
	b.estate.inherit(m.Owed())
	if ctx.Err() != nil && context.Cause(ctx) == err {
		return nil
	}
	return err
}

// opening are the first events of a run. The terms come first: before them the machines would ask for what is settled.
func opening(t flows.Terms, left *flows.Resumed) []flows.Event {
	es := []flows.Event{flows.TermsSet{Terms: t}}
	if left != nil {
		es = append(es, *left)
	}
	return es
}

// Touch tells that somebody is there: the authority stays open for another while.
func (b *Bench) Touch() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.idle != nil {
		b.idle.Reset(b.lockAfter())
	}
}

// setIdle begins or ends the watch.
func (b *Bench) setIdle(t *time.Timer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.idle != nil {
		b.idle.Stop()
	}
	b.idle = t
}

func (b *Bench) lockIdle() {
	b.desk.Lock()
	b.Put(flows.AuthorityLocked{})
}

// runJournal is the journal of one run in the ledger. Without a ledger it writes nothing: then there is nothing to resume either.
type runJournal struct {
	store *ledger.Store
	run   string
	now   func() time.Time
}

// begun is the first line of a run's journal. What an interrupted run left is in it, so that it is never without an owner.
type begun struct {
	Tool     string          `json:"tool"`
	Port     string          `json:"port"`
	Profile  cred.Digest     `json:"profile_sha256"`
	Product  string          `json:"product"`
	Batch    string          `json:"batch,omitempty"`
	Station  string          `json:"station"`
	Operator string          `json:"operator"`
	Resumed  *flows.Resumed  `json:"resumed,omitempty"`
	Owed     []flows.Resumed `json:"owed,omitempty"` // to other units, which may stand at other ports by now
}

func (b *Bench) newJournal(ctx context.Context, left *flows.Resumed, owed []flows.Resumed) (*runJournal, error) {
	d := b.desk
	if d.Ledger == nil {
		d.Begin("")
		return &runJournal{}, nil
	}
	p := d.Profile
	body, err := json.Marshal(begun{d.Tool.Version, d.Port, p.SHA256, p.Product, p.Batch, p.Station, p.Operator, left, owed})
	if err != nil {
		return nil, fmt.Errorf("beginning a run: %w", err)
	}
	run, err := d.Ledger.Begin(ctx, record.Stamp(d.Now()), body)
	if err != nil {
		return nil, err
	}
	d.Begin(run)
	return &runJournal{store: d.Ledger, run: run, now: d.Now}, nil
}

// Append writes one event; with sync everything up to it is on the disk when it returns. It writes to the end also when the work
// is given up.
func (j *runJournal) Append(ctx context.Context, e flows.Event, sync bool) error {
	if j.store == nil {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	name, body, err := codec.Encode(e)
	if err != nil {
		return err
	}
	if sync {
		return j.store.AppendFirm(ctx, j.run, name, record.Stamp(j.now()), body)
	}
	return j.store.AppendEvent(ctx, j.run, name, record.Stamp(j.now()), body)
}

func (j *runJournal) end(ctx context.Context) error {
	if j.store == nil {
		return nil
	}
	return j.store.End(context.WithoutCancel(ctx), j.run, record.Stamp(j.now()), ledger.RunDone)
}
