package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"example.org/sectag/bench/desk"
	"example.org/sectag/flows"
	"example.org/sectag/flows/codec"
	"example.org/sectag/flows/station"
	"example.org/sectag/ledger"
)

// Shot is what a mouth receives after each event: the machine that decides and the facts that are shown.
type Shot struct {
	flows.Shot[station.Bench]
	Facts flows.Facts
}

// Bench is one run at one port: the loop, the desk and the journal together. A screen and a headless policy use it alike.
type Bench struct {
	desk *desk.Desk
	in   *Mailbox

	end *flows.Facts // when the headless orders were carried out

	mu    sync.Mutex
	story station.Story
	idle  *time.Timer
}

// LockAfter is how long an unlocked authority stays so without a key press or a unit.
const LockAfter = 30 * time.Minute

// Config is what a bench is set up with.
type Config = desk.Config

// New sets a bench up. It touches nothing until Run.
func New(c Config) *Bench {
	b := &Bench{in: NewMailbox()}
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
// what was changed is put back, and the run is closed. Ending work gives up hope of that: the effect in flight is torn off, and the
// run stays open, so that the next start says that it was interrupted. see is called after each event, in the loop's goroutine, before
// the effects start. The error is nil when ctx ended it.
func (b *Bench) Run(ctx, work context.Context, terms flows.Terms, around Announcer, see func(Shot)) (err error) {
	left, dead, err := b.recover(work)
	if err != nil {
		return err
	}
	j, err := b.begin(work, left)
	if err != nil {
		return err
	}
	if err := b.bury(work, dead); err != nil {
		return err
	}
	b.in.first(opening(terms, left)...)
	var d Doer = b.desk
	if around != nil {
		d = around(d)
	}
	idle := time.AfterFunc(LockAfter, b.lockIdle)
	defer idle.Stop()
	b.setIdle(idle)
	m := station.NewBench(flows.Terms{})
	_, err = Run(ctx, work, m, j, d, b.in, func(s flows.Shot[station.Bench]) {
		idle.Reset(LockAfter)
		b.mu.Lock()
		if !s.Ignored && s.Err == nil {
			b.story = b.story.With(s.Event)
		}
		f := b.story.Facts
		b.mu.Unlock()
		see(Shot{s, f})
	})
	b.desk.Close()
	if ctx.Err() != nil && context.Cause(ctx) == err {
		err = nil
	}
	if work.Err() != nil {
		return err
	}
	if e := j.end(work); err == nil {
		err = e
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
		b.idle.Reset(LockAfter)
	}
}

func (b *Bench) setIdle(t *time.Timer) {
	b.mu.Lock()
	defer b.mu.Unlock()
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
	Tool    string         `json:"tool"`
	Port    string         `json:"port"`
	Profile string         `json:"profile_sha256"`
	Resumed *flows.Resumed `json:"resumed,omitempty"`
}

func (b *Bench) begin(ctx context.Context, left *flows.Resumed) (*runJournal, error) {
	d := b.desk
	if d.Ledger == nil {
		d.Begin("")
		return &runJournal{}, nil
	}
	body, err := json.Marshal(begun{d.Tool.Version, d.Port, d.Profile.SHA256.String(), left})
	if err != nil {
		return nil, fmt.Errorf("beginning a run: %w", err)
	}
	run, err := d.Ledger.Begin(ctx, stamp(d.Now()), body)
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
	if err := j.store.AppendEvent(ctx, j.run, name, stamp(j.now()), body); err != nil || !sync {
		return err
	}
	return j.store.Sync(ctx)
}

func (j *runJournal) end(ctx context.Context) error {
	if j.store == nil {
		return nil
	}
	return j.store.End(context.WithoutCancel(ctx), j.run, stamp(j.now()), ledger.RunDone)
}

// stamp writes a time as the journal has it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
