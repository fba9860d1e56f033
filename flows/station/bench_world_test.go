package station

import (
	"fmt"
	"reflect"
	"strings"
	"unsafe"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/search"
	"example.org/sectag/flows/turn"
)

const (
	ourUnit   cred.IMEI = 352656100367872
	otherUnit cred.IMEI = 352656100367880
)

// world is the bench joined with a small world: one unit with one slot, an authority, a server, a ledger. What a unit, a cable and
// a store can do is searched with the credentials machine alone; here machines begin, end well, end badly, and are cancelled.
type world struct {
	b      Bench
	flight [flows.Screens]flows.Effect // in flight, by the screen that asked
	sin    string
	scope  scope

	// What the invariants remember.
	confirmed bool // a person confirmed the unit that is worked on
	halted    bool // cancelled, and no person went on since
	kept      bool // the plan changes nothing
	spare     bool // the plan writes the anchor alone: no computer has the key that the unit keeps
	hand      bool // the plan is work by hand
	worked    bool // a set was asked for: a record is due
	key       bool // the prepared key is still here
	put       bool // every slot was written and read back
	server    flows.Outcome
	recorded  bool
	offline   bool // the unit, which was found active
	named     bool // a server is named
	needs     bool // and was when the work was done
	digits    bool // in service: the unit was named for this plan
}

// scope is what one search varies; what is not varied goes well.
type scope struct {
	terms     flows.Terms
	authority bool    // it is loaded, refused, locked
	endpoint  bool    // it is probed, compared, skipped
	hand      bool    // there is work by hand
	smooth    bool    // the unit does what it is asked
	kept      bool    // and may hold everything already
	made      bool    // the modem makes the key
	screens   bool    // what is shown counts
	orders    *Orders // who answers instead of a person
}

type benchStep func(Bench, flows.Event) (Bench, []flows.Effect, bool)

// number sets the ID of an effect or an answer.
func number[T any](v T, id flows.ID) T {
	p := reflect.New(reflect.TypeOf(v)).Elem()
	p.Set(reflect.ValueOf(v))
	p.FieldByName("ID").SetUint(uint64(id))
	return p.Interface().(T)
}

// numberOf is the number that every effect of a screen has here, so that equal worlds are equal.
func numberOf(s flows.Screen) flows.ID { return flows.Screens + flows.ID(s) }

// counters are where the machines in a Bench keep their numbers. They are another package's, so this is done by force.
var counters = func() (at [][2]uintptr) {
	for f := range reflect.TypeFor[Bench]().Fields() {
		if f.Type.Kind() != reflect.Struct {
			continue
		}
		if t, ok := f.Type.FieldByName("Turn"); ok {
			seq, _ := t.Type.FieldByName("Seq")
			wait, _ := t.Type.FieldByName("Wait")
			at = append(at, [2]uintptr{f.Offset + t.Offset + seq.Offset, f.Offset + t.Offset + wait.Offset})
		}
	}
	return at
}()

// normal gives the counters of all machines the smallest values.
func (w world) normal() world {
	b := unsafe.Pointer(&w.b)
	for _, at := range counters {
		seq, wait := (*flows.ID)(unsafe.Add(b, at[0])), (*flows.ID)(unsafe.Add(b, at[1]))
		*seq = 1
		if *wait == 0 {
			continue
		}
		s := turn.Asker(*wait)
		if x := w.flight[s]; x != nil && x.Of() == *wait {
			*wait = numberOf(s)
			if x.Of() != *wait {
				w.flight[s] = number(x, *wait)
			}
		}
	}
	if !w.scope.screens {
		w.b.screen = 0 // every screen is tried where it matters
	}
	return w
}

// feed lets the bench take an event; false when it ignores it.
func (w world) feed(step benchStep, e flows.Event) (world, bool) {
	next, do, ignored := step(w.b, e)
	if ignored {
		if next != w.b || len(do) > 0 {
			w.sin = "ignored"
		}
		return w, w.sin != ""
	}
	done := w.b.Stage(flows.CredentialsScreen) != flows.Done && next.Stage(flows.CredentialsScreen) == flows.Done
	again := w.b.credentials.Begun() && !next.credentials.Begun()
	w = w.remember(e)
	w.b = next
	if done {
		w.needs = w.named
	}
	if again {
		w.worked, w.key, w.put = false, false, false
	}
	if next.Stage(flows.RecordScreen) == flows.Idle {
		w.recorded = false
	}
	for _, x := range do {
		w = w.asked(x, e)
	}
	return w.normal(), true
}

// remember is what the invariants keep of an event that was taken.
func (w world) remember(e flows.Event) world {
	switch e := e.(type) {
	case flows.TermsSet:
		w.named = e.Terms.Endpoint
	case flows.AnchorStored:
		w.named = true
	case flows.Cancel:
		w.halted = true
	case flows.NextUnit:
		w = w.fresh()
		w.halted = true
	case flows.UnitConfirmed:
		w.confirmed, w.halted = true, false
	case flows.UnitWanted:
		w = w.fresh()
	case flows.PortChosen:
		halted := w.halted
		w = w.fresh()
		w.halted = halted
	case flows.Planned:
		w.kept = e.Plan.AllKept()
		w.spare = e.Plan.Slots[0].Slot.Kind == cred.RootCA
	case flows.Accepted:
		w.halted = false
	case flows.Confirmed:
		w.halted = false
		if w.scope.terms.Service {
			w.confirmed, w.digits = e.IMEI == ourUnit, e.IMEI == ourUnit
		}
	case flows.Prepared:
		w.key = true
	case flows.Connected:
		w.server = e.Verdict
	case flows.Failed:
		if turn.Asker(e.ID) == flows.ConnectionScreen {
			w.server = flows.FailedOutcome
		}
	case flows.RecordWritten:
		w.recorded = true
	case flows.PlanWanted, flows.SecTagChosen, flows.Retry, flows.ConnectWanted, flows.PortsWanted, flows.PortNamed, flows.RecordWanted, flows.ProfileSaveWanted:
		w.halted = false
	}
	return w
}

func (w world) fresh() world {
	return world{b: w.b, flight: w.flight, sin: w.sin, scope: w.scope, named: w.named, offline: w.offline}
}

// asked holds what the bench asks for against the invariants.
func (w world) asked(x flows.Effect, e flows.Event) world {
	s := turn.Asker(x.Of())
	busy := w.flight[s] != nil
	for o, f := range w.flight {
		device := flows.Screen(o) != flows.AuthorityScreen && flows.Screen(o) != flows.EndpointScreen
		busy = busy || device && f != nil && s != flows.AuthorityScreen && s != flows.EndpointScreen
	}
	w.blame(busy, "two")
	switch x := x.(type) {
	case flows.MakePlan:
		switch e.(type) {
		case flows.AnchorStored, flows.TermsSet, flows.Planned: // it is looked at again, because there is an anchor now
		default:
			w.blame(w.halted, "halted")
		}
		w.worked, w.key, w.put, w.server = false, false, false, flows.NoOutcome
		w.hand = x.Hand.Op != flows.Keep || x.Aim == flows.ForRetirement
		w.digits = false
	case flows.Prepare, flows.TakeOffline, flows.Delete, flows.Write, flows.MakeKey, flows.Certify:
		w.blame(w.halted, "halted")
		w.blame(!w.confirmed, "unconfirmed")
		w.blame(w.kept, "kept")
		w.blame(w.scope.terms.Service && !w.digits, "unnamed")
		w.worked = true
		_, write := x.(flows.Write)
		_, del := x.(flows.Delete)
		if write || del && w.b.credentials.Aim() == flows.ForRetirement {
			w.put = true // and is not, when it is refused
		}
	case flows.ListPorts, flows.UsePort:
		w.blame(w.halted, "halted")
	case flows.Identify:
		w.blame(w.halted && s == flows.UnitScreen, "halted")
	case flows.ConnectServer:
		w.blame(w.halted, "halted")
		_, wanted := e.(flows.ConnectWanted)
		_, again := e.(flows.Retry)
		w.blame(!w.key || w.kept || w.spare || w.hand, "keyless")
		w.blame(!w.named && !wanted && !again, "serverless")
		w.server = flows.NoOutcome
	case flows.WriteRecord:
		w.blame(!w.worked && !(w.kept && w.confirmed), "early")
		w.blame(w.recorded, "twice")
		w.blame(w.scope.terms.Service && !w.digits, "unnamed")
		w.blame(x.Aim != w.b.credentials.Aim(), "aim")
		w.blame(x.Verdict != w.verdict(), "verdict")
		w.blame(x.Kept != w.kept, "verdict")
	}
	w.flight[s] = x
	return w
}

func (w *world) blame(bad bool, sin string) {
	if bad && w.sin == "" {
		w.sin = sin
	}
}

// verdict is what the record must say.
func (w world) verdict() flows.Outcome {
	switch {
	case w.b.Stage(flows.CredentialsScreen) != flows.Done || !w.put && !w.kept:
		return flows.FailedOutcome
	case w.kept || w.spare || w.hand || !w.needs && w.server == flows.NoOutcome:
		return flows.Passed
	case w.server == flows.NoOutcome:
		return flows.FailedOutcome
	}
	return w.server
}

// moves are all steps out of a world.
func moves(step benchStep) func(world, func(search.Edge[world])) {
	return func(w world, edge func(search.Edge[world])) {
		if w.sin != "" {
			return
		}
		put := func(w world, e flows.Event, exit bool) {
			if n, taken := w.feed(step, e); taken {
				edge(search.Edge[world]{Label: strings.TrimPrefix(fmt.Sprintf("%T", e), "flows."), To: n, Exit: exit})
			}
		}
		for s, x := range w.flight {
			if x == nil {
				continue
			}
			n := w
			n.flight[s] = nil
			for _, e := range n.replies(x) {
				n := n.landed(x, e)
				taken := false
				if n2, ok := n.feed(step, number(e, x.Of())); ok {
					taken = true
					edge(search.Edge[world]{Label: strings.TrimPrefix(fmt.Sprintf("%T", e), "flows."), To: n2})
				}
				if !taken {
					edge(search.Edge[world]{Label: fmt.Sprintf("%T unheard", e), To: n})
				}
			}
		}
		wishes := w.wishes()
		if w.scope.orders != nil {
			wishes = nil
			if d := w.scope.orders.Next(w.b); d.Event != nil {
				wishes = append(wishes, d.Event)
			}
		} else if w.scope.screens {
			wishes = w.offered()
		}
		for _, e := range wishes {
			_, cancel := e.(flows.Cancel)
			put(w, e, cancel)
		}
		for s := range flows.Screen(flows.Screens) { // what is retried depends on what is shown
			if w.scope.screens {
				break
			}
			n := w
			n.b.screen = s
			put(n, flows.Retry{}, false)
		}
	}
}

// landed is the world when an effect has ended with this answer: one that is lost may have had its effect.
func (w world) landed(x flows.Effect, e flows.Event) world {
	_, failed := e.(flows.Failed)
	_, lost := e.(flows.Lost)
	switch x.(type) {
	case flows.TakeOffline:
		w.offline = w.offline || !failed
	case flows.RestoreMode:
		w.offline = w.offline && (failed || lost)
	}
	return w
}

// mode is the unit's functional mode.
func (w world) mode() uint8 {
	if w.offline {
		return 4
	}
	return 1
}

// replies are the ways in which an effect ends.
func (w world) replies(x flows.Effect) []flows.Event {
	good := w.good(x)
	varied := true
	switch x.(type) {
	case flows.LoadAuthority, flows.UnlockAuthority:
		varied = w.scope.authority
	case flows.MakePlan, flows.Prepare, flows.TakeOffline, flows.Identify, flows.Delete, flows.Write, flows.MakeKey, flows.Certify,
		flows.ReadSlot, flows.RestoreMode:
		if w.scope.smooth {
			return good
		}
		return append(good, flows.Failed{}, flows.Lost{})
	}
	if varied {
		good = append(good, flows.Failed{})
	}
	return good
}

func (w world) good(x flows.Effect) []flows.Event {
	switch x := x.(type) {
	case flows.LoadAuthority:
		if w.scope.authority {
			return []flows.Event{flows.AuthorityLoaded{}, flows.AuthorityLoaded{Encrypted: true}}
		}
		return []flows.Event{flows.AuthorityLoaded{}}
	case flows.CreateAuthority:
		return []flows.Event{flows.AuthorityLoaded{Encrypted: true, Open: true}}
	case flows.UnlockAuthority:
		return []flows.Event{flows.AuthorityUnlocked{}}
	case flows.ListPorts:
		return []flows.Event{flows.PortsListed{}}
	case flows.UsePort:
		return []flows.Event{flows.PortChosen{}}
	case flows.Identify:
		return []flows.Event{flows.Identified{IMEI: ourUnit, Session: 1, Firmware: true, Mode: w.mode()}}
	case flows.MakePlan:
		write := flows.Planned{Plan: flows.Plan{N: 1}}
		write.Plan.Slots[0] = flows.SlotPlan{Slot: cred.Slot{Kind: cred.ClientCert}, Op: flows.WriteSlot}
		if x.Hand.Op != flows.Keep {
			return []flows.Event{write}
		}
		if x.Aim == flows.ForRetirement {
			write.Plan.Slots[0].Op, write.Plan.Slots[0].Has, write.Revokes = flows.DeleteSlot, flows.Ours, true
			return []flows.Event{write}
		}
		kept := write
		kept.Plan.Slots[0].Op, kept.Plan.Slots[0].Has = flows.Keep, flows.Current
		if w.scope.made {
			write.Plan.N, write.Plan.Slots[1] = 2, write.Plan.Slots[0]
			write.Plan.Slots[0] = flows.SlotPlan{Slot: cred.Slot{Kind: cred.ClientKey}, Op: flows.MakeSlot}
		}
		if w.scope.smooth && !w.scope.kept {
			return []flows.Event{write}
		}
		anchor := write
		anchor.Plan.Slots[0].Slot.Kind = cred.RootCA
		if w.scope.kept {
			return []flows.Event{write, kept, anchor}
		}
		return []flows.Event{write, kept}
	case flows.Prepare:
		return []flows.Event{flows.Prepared{Want: [flows.MaxSlots]cred.Digest{{1}}}}
	case flows.MakeKey:
		return []flows.Event{flows.KeyMade{}, flows.KeyByHost{Want: [flows.MaxSlots]cred.Digest{{1}}}}
	case flows.Certify:
		return []flows.Event{flows.Certified{Want: cred.Digest{1}}}
	case flows.TakeOffline:
		return []flows.Event{flows.Offline{Was: w.mode()}}
	case flows.Write:
		return []flows.Event{flows.Written{}}
	case flows.Delete:
		return []flows.Event{flows.Deleted{Found: true}}
	case flows.ReadSlot:
		return []flows.Event{flows.ReadBack{SHA256: cred.Digest{1}}, flows.ReadBack{}}
	case flows.RestoreMode:
		return []flows.Event{flows.Restored{}}
	case flows.ProbeServer:
		return []flows.Event{flows.Probed{OK: true, Anchor: cred.Digest{31: 7}, Trust: flows.FirstUse}, flows.Probed{}}
	case flows.StoreAnchor:
		return []flows.Event{flows.AnchorStored{}}
	case flows.ConnectServer:
		return []flows.Event{flows.Connected{Verdict: flows.Passed}, flows.Connected{Verdict: flows.FailedOutcome}}
	case flows.WriteRecord:
		return []flows.Event{flows.RecordWritten{}}
	case flows.SaveProfile:
		return []flows.Event{flows.ProfileSaved{}}
	}
	return nil
}

// wishes are what a person may put in at any moment, offered or not.
func (w world) wishes() []flows.Event {
	es := []flows.Event{
		flows.TermsSet{Terms: w.scope.terms},
		flows.NextUnit{},
		flows.Cancel{},
		flows.PortNamed{},
		flows.UnitWanted{},
		flows.UnitConfirmed{IMEI: ourUnit},
		flows.UnitConfirmed{IMEI: otherUnit},
		flows.PlanWanted{},
		flows.Accepted{},
		flows.Confirmed{IMEI: otherUnit},
		flows.ConnectWanted{},
		flows.RecordWanted{},
		flows.ProfileSaveWanted{},
	}
	if w.scope.authority {
		es = append(es, flows.AuthorityChosen{}, flows.PassphraseGiven{Pass: 1}, flows.AuthorityLocked{})
	}
	if w.scope.endpoint {
		es = append(es, flows.ProbeWanted{}, flows.AnchorCompared{Last8: 7}, flows.EndpointSkipped{})
	}
	if w.scope.terms.Service {
		es = append(es, flows.PlanWanted{Aim: flows.ForRetirement}, flows.PlanWanted{Aim: flows.ForRenewal}, flows.Confirmed{IMEI: ourUnit})
	}
	if w.scope.hand {
		es = append(es, flows.PlanWanted{Hand: flows.Hand{Op: flows.WriteSlot}}, flows.SecTagChosen{SecTag: 1})
	}
	return es
}

// offered is what a person does who never turns a page: what the shown screen offers.
func (w world) offered() []flows.Event {
	asks := map[flows.Ask]flows.Event{
		flows.AskFiles: flows.AuthorityChosen{}, flows.AskPassphrase: flows.PassphraseGiven{Pass: 1}, flows.AskPort: flows.PortNamed{},
		flows.AskSecTag: flows.SecTagChosen{}, flows.AskDigits: flows.Confirmed{IMEI: ourUnit}, flows.AskURL: flows.ProbeWanted{},
		flows.AskLast8: flows.AnchorCompared{Last8: 7}, flows.AskPath: flows.ProfileSaveWanted{},
	}
	var es []flows.Event
	for _, a := range w.b.Actions() {
		_, show := a.Event.(flows.Show)
		e := asks[a.Ask]
		if a.Ask == flows.AskNothing {
			e = a.Event
		}
		if !show && e != nil && a.Disabled == "" {
			es = append(es, e)
		}
	}
	return es
}
