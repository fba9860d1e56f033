package machine

import (
	"slices"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/search"
)

// cell is what a slot of the unit holds.
type cell uint8

const (
	absent  cell = iota
	current      // what the newest passing record names
	ours         // what the newest record names
	foreign      // anything else
	fresh        // what was prepared last
)

// The two units: ours, and the one that somebody plugs in instead.
const (
	unitA cred.IMEI = 352656100367872
	unitB cred.IMEI = 352656100367880
)

type line uint8

const (
	closed line = iota // no session: whatever board is at the port when it is opened
	open               // a session, and our unit at its other end
	other              // a session, and another unit at its other end: a needle bed, where the line does not show the change
	dead               // a session whose board was pulled, perhaps for another: it will be noticed
)

// sin is an invariant that was broken.
type sin uint32

const (
	sinUnconfirmed  sin = 1 << iota // a deed on a unit that was only looked at, or by a plan that nobody accepted
	sinUnnamed                      // something foreign destroyed by a plan whose unit was not named
	sinCancelled                    // a deed after a cancel
	sinUnready                      // a deed before the whole new set was ready
	sinSwapped                      // a deed after another unit had told its name
	sinBlind                        // a deed with no Identify since the last read-back, or on a second slot after one Identify
	sinReopened                     // a deed on another opening of the port than the plan was made on
	sinUnidentified                 // a device effect other than Identify after the session was known to be lost
	sinTwo                          // two device effects in flight
	sinBeyond                       // a deed that the plan does not have
	sinFirmware                     // a change on a firmware that lists no digests
	sinFalse                        // done, and a slot does not hold what was planned
	sinUntrue                       // what is said of a slot is not so
	sinMode                         // at the end, with the unit at hand, the functional mode is another than it was found
	sinStale                        // an answer that nobody waits for was taken
	sinIgnored                      // an ignored event changed or caused something
	sinSilent                       // at rest with a question or a failure, and nothing may be done
	sinLie                          // an offered action is ignored, or a disabled one is taken
	sinStuck                        // rest cannot be reached
	sinHopeless                     // done cannot be reached any more, whatever everybody does
	sinOutdated                     // a plan is shown that was made before there was an anchor
	sinKeyless                      // a certificate asked for before its key was made and read back
	sinUnsigned                     // the certificate's slot touched before there was a certificate for the key that the modem made
	sins            = 23
)

var sinNames = [sins]string{
	"unconfirmed", "unnamed", "cancelled", "unready", "swapped", "blind", "reopened", "unidentified", "two in flight", "beyond the plan",
	"firmware", "false done", "untrue", "mode", "stale", "ignored", "silent", "lie", "stuck", "hopeless", "outdated", "keyless", "unsigned",
}

// world is the credentials machine joined with a unit, its line, a person and the invariants' memory.
type world struct {
	m        Credentials
	cells    [3]cell // of unit A
	listed   [3]cell // when the plan was made
	anchored bool    // there was an anchor when the plan was made
	line     line
	session  uint8 // the open one, in small numbers
	mode     uint8 // unit A's functional mode
	found    uint8 // as it was found
	alive    bool  // the process lives and the machine was told of the unit
	effect   flows.Effect

	// What the invariants remember.
	told      cred.IMEI // by the last Identify on this opening, since the last read-back
	touched   uint8     // the slot that was changed since, plus one
	base      uint8     // the opening that the plan was made on
	sure      bool      // the unit was confirmed
	agreed    bool      // the plan was accepted
	named     bool      // with the unit's name
	ready     bool      // the whole set was prepared in this process for this plan
	cancelled bool
	lost      bool // the machine knows that the session is lost
	blurred   bool // somebody swapped the unit unseen, and nobody was asked since who is there
	excused   bool // the mode cannot be put back: it was tried, or the unit does not say who it is
	heard     keyLore
	signed    bool // there is a certificate for the key that was made
	sin       sin

	// What this search varies.
	firmware bool
	anchor   bool
	signer   bool
	moody    flows.Screen // EndpointScreen: the anchor comes and goes; CredentialsScreen: the authority's key does
	judged   bool
	make     bool // the modem makes the key
	hosted   bool // it was asked to and could not, so that this computer did
	brief    bool // what is over is judged at once and then forgotten: a rest after the work differs by what can be done next only
	hand     flows.Hand
	sturdy   bool      // the process does not die: it is searched where the machine works by another aim
	serves   bool      // it is a bench in service
	wish     flows.Aim // of the person
	aim      flows.Aim // of the plan
}

// keyLore is what the process has heard of the key that the modem was to make.
type keyLore uint8

const (
	keyUnheard keyLore = iota
	keyAnswered
	keyRead // and read back
)

type credStep func(Credentials, flows.Event) (Credentials, []flows.Effect, bool)

func rightCredStep(m Credentials, e flows.Event) (Credentials, []flows.Effect, bool) {
	return m.Step(e)
}

// slotOf is the slot behind a number: root CA, certificate and key of one tag.
func slotOf(i int) cred.Slot { return cred.Slot{SecTag: 42, Kind: cred.Kind(i)} }

// holds is what the modem lists for a slot.
func holds(i int, c cell) cred.Digest {
	if c == absent {
		return cred.Digest{}
	}
	return cred.Digest{byte(i + 1), byte(c)}
}

// plan is what the bench makes of the listing, with the real Compare.
func (w world) plan() flows.Plan {
	if w.hand.Op != flows.Keep {
		has := [...]flows.Holding{absent: flows.Empty, current: flows.Ours, ours: flows.Ours, foreign: flows.Foreign}[w.listed[int(w.hand.Slot.Kind)]]
		p := flows.Plan{N: 1}
		p.Slots[0] = flows.SlotPlan{Slot: w.hand.Slot, Has: has, Op: w.hand.Op}
		return p
	}
	if w.aim == flows.ForRetirement {
		return w.retirement()
	}
	var list []flows.Listed
	var want []flows.Wanted
	for i, c := range w.listed {
		if c != absent {
			list = append(list, flows.Listed{Slot: slotOf(i), SHA256: holds(i, c)})
		}
		made := w.make && slotOf(i).Kind == cred.ClientKey
		line := flows.Wanted{Slot: slotOf(i), Current: holds(i, current), Ours: holds(i, ours), Make: made}
		if w.aim == flows.ForRenewal && c == current {
			line.Current, line.Ours = cred.Digest{}, holds(i, c)
		}
		want = append(want, line)
	}
	p := flows.Compare(list, want)
	if !w.anchored && w.aim == flows.ForProfile && p.Slots[0].Op == flows.Keep { // without an anchor nobody can tell that it is current
		p.Slots[0].Op, p.Slots[0].Has = flows.WriteSlot, flows.Ours
	}
	if w.hosted {
		p = p.ByHost()
	}
	return p
}

// cellOf is the cell behind a line of the plan.
func (w world) cellOf(i uint8) int {
	if w.hand.Op != flows.Keep {
		return int(w.hand.Slot.Kind)
	}
	if w.make && w.aim != flows.ForRetirement {
		return [...]int{0, 2, 1}[i] // the key comes first
	}
	return int(i)
}

// retirement is the plan that takes everything away.
func (w world) retirement() (p flows.Plan) {
	has := [...]flows.Holding{absent: flows.Empty, current: flows.Ours, ours: flows.Ours, foreign: flows.Foreign}
	for i, c := range w.listed {
		p.Slots[i] = flows.SlotPlan{Slot: slotOf(i), Has: has[c]}
		if c != absent {
			p.Slots[i].Op = flows.DeleteSlot
		}
		p.N++
	}
	return p
}

// makes tells whether the modem makes a key in this plan.
func (w world) makes() bool { return w.make && w.plan().MakesKey() }

// wants are the digests of a whole set that this computer made.
func (w world) wants() (out [flows.MaxSlots]cred.Digest) {
	p := w.plan()
	for i, s := range p.Slots[:p.N] {
		if s.Op == flows.WriteSlot {
			out[i] = holds(w.cellOf(uint8(i)), fresh)
		}
	}
	return out
}

// destroys tells whether the plan would lose something foreign.
func (w world) destroys() bool {
	p := w.plan()
	for i, s := range p.Slots[:p.N] {
		if s.Op != flows.Keep && w.listed[w.cellOf(uint8(i))] == foreign {
			return true
		}
	}
	return false
}

// normal gives the numbers that only have to differ the smallest values, so that equal worlds are equal.
func (w world) normal() world {
	if w.session == w.base || w.base == 0 {
		if w.m.who.Session == uint32(w.session) {
			w.m.who.Session = 1
		}
		w.session, w.base = 1, 1
	}
	if w.effect != nil && w.effect.Of() == w.m.Wait {
		w.effect, w.m.Wait = numbered(w.effect), credID(2)
	}
	w.m.Seq = 2
	if w.line != open {
		w.excused = false
	}
	w.blurred = w.blurred && w.m.plan.N > 0
	if w.m.plan.N == 0 { // what is remembered of a plan is forgotten with it
		w.listed, w.agreed, w.named, w.ready, w.told, w.touched = [3]cell{}, false, false, false, 0, 0
		w.heard, w.signed, w.hosted = keyUnheard, false, false
		_, listing := w.effect.(flows.MakePlan)
		w.anchored = w.anchored && listing
	}
	return w
}

// numbered gives an effect of the machine the number that every effect in flight has here.
func numbered(e flows.Effect) flows.Effect {
	id := credID(2)
	switch e := e.(type) {
	case flows.Identify:
		e.ID = id
		return e
	case flows.MakePlan:
		e.ID = id
		return e
	case flows.Prepare:
		e.ID = id
		return e
	case flows.TakeOffline:
		e.ID = id
		return e
	case flows.Delete:
		e.ID = id
		return e
	case flows.Write:
		e.ID = id
		return e
	case flows.MakeKey:
		e.ID = id
		return e
	case flows.Certify:
		e.ID = id
		return e
	case flows.ReadSlot:
		e.ID = id
		return e
	case flows.RestoreMode:
		e.ID = id
		return e
	}
	return e
}

func credID(n flows.ID) flows.ID { return n*flows.Screens + flows.ID(flows.CredentialsScreen) }

// emit takes what the machine asks for and holds it against the invariants.
func (w world) emit(do []flows.Effect) world {
	for _, e := range do {
		if w.effect != nil {
			w.sin |= sinTwo
		}
		if _, identify := e.(flows.Identify); w.lost && !identify {
			w.sin |= sinUnidentified
		}
		switch e := e.(type) {
		case flows.MakePlan:
			if e.Hand.Op != w.hand.Op || e.Hand.Slot != w.hand.Slot || e.Aim != flows.ForProfile && e.Aim != w.wish {
				w.sin |= sinBeyond
			}
			w.anchored, w.aim = w.anchor, e.Aim
			w.agreed, w.named, w.ready, w.base, w.told, w.touched = false, false, false, w.session, 0, 0
			w.heard, w.signed, w.hosted = keyUnheard, false, false
		case flows.Prepare:
			w.ready = false
			if w.hand.Op == flows.Keep && (!w.anchor && w.plan().Slots[0].Op == flows.WriteSlot || !w.signer && (w.plan().Slots[1].Op != flows.Keep || w.aim == flows.ForRetirement)) {
				w.sin |= sinUnready
			}
		case flows.TakeOffline:
			w = w.deed()
		case flows.Delete:
			w = w.deed().on(e.Index, flows.WriteSlot, flows.DeleteSlot, flows.MakeSlot)
		case flows.Write:
			w = w.deed().on(e.Index, flows.WriteSlot)
		case flows.MakeKey:
			w = w.deed().on(e.Index, flows.MakeSlot)
		case flows.Certify:
			if w.heard != keyRead {
				w.sin |= sinKeyless
			}
		}
		w.effect = e
	}
	return w
}

// deed holds what changes the unit against the invariants.
func (w world) deed() world {
	check := func(bad bool, s sin) {
		if bad {
			w.sin |= s
		}
	}
	check(!w.sure || !w.agreed, sinUnconfirmed)
	check(w.agreed && !w.named && (w.destroys() || w.serves), sinUnnamed)
	check(w.cancelled, sinCancelled)
	check(!w.ready, sinUnready)
	check(w.told == unitB, sinSwapped)
	check(w.told == 0, sinBlind)
	check(w.told != 0 && w.session != w.base, sinReopened)
	check(!w.firmware, sinFirmware)
	return w
}

// on holds what is done to a slot against the plan, whose line must have one of these operations.
func (w world) on(i uint8, ops ...flows.Op) world {
	p := w.plan()
	if i >= p.N || !slices.Contains(ops, p.Slots[i].Op) {
		w.sin |= sinBeyond
	}
	if w.makes() && p.Slots[i].Slot.Kind == cred.ClientCert && !w.signed {
		w.sin |= sinUnsigned
	}
	if w.touched != 0 && w.touched != i+1 {
		w.sin |= sinBlind
	}
	w.touched = i + 1
	return w
}

// feed lets the machine take an event; false when it ignores it.
func (w world) feed(step credStep, e flows.Event) (world, bool) {
	next, do, ignored := step(w.m, e)
	if ignored {
		if next != w.m || len(do) > 0 {
			w.sin |= sinIgnored
			return w, true
		}
		return w, false
	}
	w.judged = w.judged && next.phase == w.m.phase && len(do) == 0
	w.m, w.effect = next, w.still(e)
	w = w.emit(do)
	if w.brief && !w.judged && w.m.Rest() && (w.m.phase == credFailed || w.m.phase == credDone) {
		w.sin = w.judge(step)
		w.m.reset()
		w.judged = true
	}
	return w.normal(), true
}

// still is the effect in flight that an event does not answer.
func (w world) still(e flows.Event) flows.Effect {
	switch e.(type) {
	case flows.Failed, flows.Lost, flows.Planned, flows.Prepared, flows.Identified, flows.Offline, flows.Deleted, flows.Written, flows.KeyMade, flows.KeyByHost, flows.Certified,
		flows.ReadBack, flows.Restored:
		return nil
	}
	return w.effect
}

type credEdge = search.Edge[world]
