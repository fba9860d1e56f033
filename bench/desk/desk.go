// Package desk performs the effects that flows asks for, one file a room: authority.go, port.go, unit.go, plan.go, prepare.go,
// work.go, made.go, far.go, record.go. It keeps what machines must not hold: secrets, the open port (package session), texts, the prepared set. It decides
// nothing about what comes next, and prints nothing. Read desk.go first.
package desk

import (
	"context"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"example.org/sectag/bench/desk/anchors"
	"example.org/sectag/bench/desk/keyring"
	"example.org/sectag/bench/desk/session"
	"example.org/sectag/bench/evidence"
	"example.org/sectag/bench/identity"
	"example.org/sectag/bench/past"
	"example.org/sectag/bench/profile"
	"example.org/sectag/bench/secrecy"
	"example.org/sectag/bench/secret"
	"example.org/sectag/bench/service"
	"example.org/sectag/bench/slotfile"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/endpoint"
	"example.org/sectag/flows"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// Config is what a desk is set up with.
type Config struct {
	Profile profile.Profile // settled so far; the zero value is no profile at all
	Port    string          // named on the command line, or ""
	Dialer  device.Dialer
	Ledger  *ledger.Store  // nil: nothing is recorded
	Past    *ledger.Reader // asked instead of Ledger by a run that only looks; nil: no unit is known
	Tool    evidence.Tool
	Now     func() time.Time
	Random  io.Reader     // for what only one request may have; nil: the system's
	Timeout time.Duration // for the server
	Once    bool          // one unit and no more: the port is given back as soon as its slots are done
	Probe   endpoint.ProbeOptions

	// Beside other benches (gang): both may be nil.
	Unlock keyring.Open            // instead of keyuri.Open; who gives an authority locks it
	Claim  func(record.Unit) error // refuses a unit that another bench has; asked when one is identified

	Notice   func(context.Context, flows.Event) error // takes what is found in the middle of an effect, until it is on the disk
	Progress func(flows.Progress)
	Trace    func(flows.TraceLine)
}

// Desk performs effects. It holds what machines must not: secrets, the open port, texts, and the prepared set. At most one device
// effect is in flight at a time (flows sees to that); the lock is for the screens that ask beside it.
type Desk struct {
	Config
	session *session.Session
	secrets secret.Keeper
	keys    *keyring.Ring
	facts   func() flows.Facts // as folded by the loop up to the event that caused an effect

	mu     sync.Mutex
	run    string // the journal's name of this run
	unit   device.Identity
	items  []device.Item
	fresh  bool // items were listed with the identity, and no plan was made of them yet
	looked bool // items are all that a plan was made of, or was to be
	whole  bool // items are all that the unit holds, not its known tags only
	watch  secrecy.Watch

	before    past.Past // what the ledger knew of the unit when it was identified
	plan      flows.Plan
	hand      flows.Hand
	aim       service.Work // of a bench in service
	handFile  string
	slots     []profile.Slot // that the plan is of
	makesNone bool           // the modem said that it makes no keys
	why       string         // the profile leaves open who makes the key, and this computer does: why
	set       identity.Set
	repeats   map[cred.Slot]int // how often a planned slot was written again, because bytes were lost
	probe     *endpoint.ProbeReport
	date      time.Time // a server's Date header, seen at dateAt
	dateAt    time.Time
	anchor    anchors.Note
	roots     slotfile.Trust
	begun     time.Time // the run
	met       time.Time // the unit, which a station's run has many of
	ended     time.Time // the run
}

// New sets a desk up. facts is what the loop has folded up to the event that caused an effect.
func New(c Config, facts func() flows.Facts) *Desk {
	if c.Progress == nil {
		c.Progress = func(flows.Progress) {}
	}
	if c.Notice == nil {
		c.Notice = func(context.Context, flows.Event) error { return nil }
	}
	if c.Trace == nil {
		c.Trace = func(flows.TraceLine) {}
	}
	return &Desk{Config: c, facts: facts, keys: keyring.New(c.Unlock), session: session.New(session.Config{
		Dialer: c.Dialer, Now: c.Now, Notice: c.Notice, Progress: c.Progress, Trace: c.Trace,
	}, c.Port)}
}

// profile is what is settled now; its slots are a copy.
func (d *Desk) profile() profile.Profile {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.Profile
	p.Slots = slices.Clone(p.Slots)
	return p
}

// Live says how long the run lives that the effects are of. They go on when it ends; a command that signs is killed then.
func (d *Desk) Live(run context.Context) { d.keys.Live(run) }

// Begin names the journal's run that the effects are of.
func (d *Desk) Begin(run string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.run, d.begun = run, d.Now()
	d.met = d.begun
}

// Close ends the session, forgets every secret and takes the time.
func (d *Desk) Close() {
	d.session.HangUp()
	d.Lock()
	d.set.Clear()
	d.secrets.Clear()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ended = d.Now()
}

// Tale is what only the desk can tell of a run.
type Tale struct {
	Port    string
	Line    device.Stats // of the last session
	Elapsed time.Duration
	IMEI    cred.IMEI
	Anchors []flows.AnchorFacts // that the planned slots are to hold
	Doubts  []cred.Finding      // about them
	Repeats map[cred.Slot]int   // how often a planned slot was written again
	Others  []cred.Finding      // what the unit holds and the profile does not declare
}

// Tell tells it, of what was done by the facts.
func (d *Desk) Tell(f flows.Facts) Tale {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := Tale{Port: d.session.Port(), Line: d.session.Stats(), IMEI: d.unit.IMEI, Anchors: d.roots.Facts, Doubts: d.roots.Doubts, Repeats: maps.Clone(d.repeats), Others: d.undeclared(f.Plan)}
	if d.ended.After(d.begun) {
		t.Elapsed = d.ended.Sub(d.begun)
	}
	return t
}

// Do performs one effect. Its answer echoes the effect's ID; a failure is an answer too.
func (d *Desk) Do(ctx context.Context, e flows.Effect) flows.Event {
	answer, err := d.perform(ctx, e)
	if err != nil {
		return d.failed(e.Of(), err)
	}
	return answer
}

func (d *Desk) perform(ctx context.Context, e flows.Effect) (flows.Event, error) {
	switch e := e.(type) {
	case flows.LoadAuthority:
		return d.loadAuthority(e)
	case flows.CreateAuthority:
		return d.createAuthority(ctx, e)
	case flows.UnlockAuthority:
		return d.unlockAuthority(e)
	case flows.ListPorts:
		return d.listPorts(ctx, e)
	case flows.UsePort:
		return d.usePort(e)
	case flows.Identify:
		return d.identify(ctx, e)
	case flows.MakePlan:
		return d.makePlan(ctx, e)
	case flows.Prepare:
		return d.prepare(ctx, e)
	case flows.TakeOffline:
		return d.takeOffline(ctx, e)
	case flows.Delete:
		return d.delete(ctx, e)
	case flows.Write:
		return d.write(ctx, e)
	case flows.MakeKey:
		return d.makeKey(ctx, e)
	case flows.Certify:
		return d.certify(ctx, e)
	case flows.ReadSlot:
		return d.readSlot(ctx, e)
	case flows.RestoreMode:
		return d.restoreMode(ctx, e)
	case flows.ProbeServer:
		return d.probeServer(ctx, e)
	case flows.LoadAnchor:
		return d.loadAnchor(e)
	case flows.StoreAnchor:
		return d.storeAnchor(e)
	case flows.ConnectServer:
		return d.connectServer(ctx, e)
	case flows.WriteRecord:
		return d.writeRecord(ctx, e)
	case flows.SaveProfile:
		return d.saveProfile(e)
	}
	return nil, cred.Failed("internal", "nobody performs this effect", "this is a defect of sectag: please report it")
}

// failed makes the answer of an effect that did not succeed. A broken conversation with the modem ends the session: Lost. One that
// was brought in step again after a missing answer goes on: the slot in work can be read, and what it holds be said.
func (d *Desk) failed(id flows.ID, err error) flows.Event {
	f := cred.AsFault(err)
	if m, _ := d.session.Modem(); lost[f.Code] && (m == nil || !m.InStep()) {
		d.session.HangUp()
		return flows.Lost{ID: id, Code: f.Code, Text: f.Text, Hint: f.Hint}
	}
	return flows.Failed{ID: id, Code: f.Code, Text: f.Text, Hint: f.Hint}
}

// lost are the codes after which a session is gone.
var lost = map[string]bool{"port.lost": true, "line.no-answer": true, "line.not-at": true}

// maxShown is how many certificates of a chain are shown and journaled: no modem takes so many, and no server may fill the journal.
const maxShown = 16

// Keep takes a secret and gives a reference to it; the slice is cleared.
func (d *Desk) Keep(b []byte) flows.Ref { return d.secrets.Keep(b) }
