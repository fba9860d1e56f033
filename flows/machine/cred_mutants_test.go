package machine

import (
	"math/bits"
	"sync"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

// credMutant is the credentials machine with one fault in it.
type credMutant struct {
	step  credStep
	only  sin // the one invariant that finds it; 0 when several may
	cells [3]cell
	whole bool   // what is over is not forgotten
	in    string // the variant of the world, "as usual" when empty
}

// after changes what a step that was not ignored came to.
func after(change func(was Credentials, m *Credentials, e flows.Event, do *[]flows.Effect)) credStep {
	return func(m Credentials, e flows.Event) (Credentials, []flows.Effect, bool) {
		n, do, ignored := m.Step(e)
		if !ignored {
			change(m, &n, e, &do)
		}
		return n, do, ignored
	}
}

// before changes what a step begins with; an ignored one leaves the machine as it was.
func before(change func(m *Credentials, e *flows.Event)) credStep {
	return func(m Credentials, e flows.Event) (Credentials, []flows.Effect, bool) {
		was := m
		change(&m, &e)
		n, do, ignored := m.Step(e)
		if ignored {
			return was, nil, true
		}
		return n, do, false
	}
}

var (
	oneSlot  = [3]cell{absent, current, current}
	twoSlots = [3]cell{current, foreign, ours}
	lost     = [3]cell{foreign, current, current}
)

// inModem is the variant of the world in which the modem makes the key.
const inModem = "made in the modem"

func credMutants() map[string]credMutant {
	return map[string]credMutant{
		"takes a second look for a yes": {after(func(_ Credentials, m *Credentials, e flows.Event, _ *[]flows.Effect) {
			if _, plan := e.(flows.PlanWanted); plan {
				m.sure = true
			}
		}), sinUnconfirmed, oneSlot, false, "only looked at"},
		"takes what is foreign for ours": {after(func(_ Credentials, m *Credentials, _ flows.Event, _ *[]flows.Effect) {
			for i := range m.plan.Slots {
				if m.plan.Slots[i].Has == flows.Foreign {
					m.plan.Slots[i].Has = flows.Ours
				}
			}
		}), sinUnnamed, lost, false, ""},
		"accepts any digits": {before(func(m *Credentials, e *flows.Event) {
			if _, c := (*e).(flows.Confirmed); c {
				*e = flows.Confirmed{IMEI: m.who.IMEI}
			}
		}), 0, lost, false, ""},
		"does not plan again for an anchor that came late": {after(func(_ Credentials, m *Credentials, _ flows.Event, _ *[]flows.Effect) {
			m.again = false
		}), sinOutdated, oneSlot, false, "no anchor yet"},
		"forgets that it was cancelled": {before(func(m *Credentials, e *flows.Event) {
			if _, answer := idOf(*e); answer {
				m.stop = false
			}
		}), sinCancelled, oneSlot, false, ""},
		"does not wait for the set": {after(func(_ Credentials, m *Credentials, _ flows.Event, do *[]flows.Effect) {
			if m.phase == credPreparing {
				p := flows.Prepared{ID: m.Wait}
				for i := range 3 {
					p.Want[i] = holds(i, fresh)
				}
				*m, *do, _ = m.Step(p)
			}
		}), sinUnready, oneSlot, false, ""},
		"prepares with a locked key": {after(func(_ Credentials, m *Credentials, _ flows.Event, _ *[]flows.Effect) {
			m.signer = true
		}), sinUnready, [3]cell{current, ours, ours}, false, "the authority is moody"},
		"does not compare the unit at first": {before(func(m *Credentials, e *flows.Event) {
			if i, ok := (*e).(flows.Identified); ok && m.phase == credIdentifying && !m.off && !m.stop && i.Session == m.who.Session {
				i.IMEI, i.Identity = m.who.IMEI, m.who.Identity
				*e = i
			}
		}), sinSwapped, oneSlot, false, ""},
		"compares the IMEI only": {before(func(m *Credentials, e *flows.Event) {
			if i, ok := (*e).(flows.Identified); ok && i.IMEI != m.who.IMEI {
				i.IMEI, i.Identity = m.who.IMEI, m.who.Identity
				*e = i
			}
		}), 0, twoSlots, false, ""},
		"does not ask who is there after a read-back": {after(func(was Credentials, m *Credentials, e flows.Event, do *[]flows.Effect) {
			if _, read := e.(flows.ReadBack); read {
				*m, *do, _ = m.Step(flows.Identified{ID: m.Wait, IMEI: m.who.IMEI, Identity: m.who.Identity, Session: m.who.Session, Firmware: true})
			}
		}), sinBlind, twoSlots, false, ""},
		"goes on where the port was opened again": {before(func(m *Credentials, e *flows.Event) {
			if i, ok := (*e).(flows.Identified); ok && m.phase == credIdentifying && m.off && m.cause == NoCause && i.IMEI == m.who.IMEI {
				m.who.Session = i.Session
			}
		}), sinReopened, twoSlots, false, ""},
		"plans at once after the line was lost": {func(m Credentials, e flows.Event) (Credentials, []flows.Effect, bool) {
			if _, retry := e.(flows.Retry); retry && m.phase == credFailed && !m.alive {
				do := m.list("")
				return m, do, false
			}
			return m.Step(e)
		}, sinUnidentified, oneSlot, false, ""},
		"sends the write after the delete without waiting": {after(func(_ Credentials, m *Credentials, _ flows.Event, do *[]flows.Effect) {
			if m.phase == credDeleting {
				*do = append(*do, flows.Write{ID: m.Wait, Index: m.at})
			}
		}), sinTwo, lost, false, ""},
		"writes what was to be kept": {after(func(_ Credentials, m *Credentials, e flows.Event, do *[]flows.Effect) {
			if p, ok := e.(flows.Planned); ok && p.Plan.Slots[1].Op == flows.Keep && !p.Plan.AllKept() {
				m.plan.Slots[1].Op, m.plan.Slots[1].Has = flows.WriteSlot, flows.Empty
			}
			if p, ok := e.(flows.Prepared); ok && m.cause == Unready {
				p.Want[1] = holds(1, fresh)
				m.cause, m.phase, m.Wait = NoCause, credPreparing, p.ID
				*m, *do, _ = m.Step(p)
			}
		}), sinBeyond, oneSlot, false, ""},
		"does not look at the firmware": {after(func(_ Credentials, m *Credentials, _ flows.Event, _ *[]flows.Effect) {
			m.who.Firmware = true
		}), sinFirmware, oneSlot, false, "old firmware"},
		"notes a mismatch and goes on": {after(func(_ Credentials, m *Credentials, e flows.Event, _ *[]flows.Effect) {
			if m.cause == Mismatch && m.phase != credFailed {
				m.cause = NoCause
			}
		}), sinFalse, twoSlots, false, ""},
		"believes every OK": {before(func(m *Credentials, e *flows.Event) {
			if r, ok := (*e).(flows.ReadBack); ok {
				r.SHA256 = m.want[m.at]
				*e = r
			}
		}), 0, oneSlot, false, ""},
		"says that a lost write did not happen": {after(func(was Credentials, m *Credentials, e flows.Event, _ *[]flows.Effect) {
			if _, l := e.(flows.Lost); l && was.phase == credWriting {
				m.slots[m.at] = flows.SlotPlanned
			}
		}), sinUntrue, oneSlot, false, ""},
		"does not put the mode back after a failure": {after(func(_ Credentials, m *Credentials, _ flows.Event, do *[]flows.Effect) {
			if m.phase == credRestoring && m.cause != NoCause {
				m.phase, m.Wait, *do = credFailed, 0, nil
			}
		}), sinMode, oneSlot, false, ""},
		"forgets the mode that a lost work left": {after(func(_ Credentials, m *Credentials, e flows.Event, _ *[]flows.Effect) {
			if _, retry := e.(flows.Retry); retry {
				m.owed = 0
			}
		}), sinMode, oneSlot, false, ""},
		"takes an answer that is late": {before(func(m *Credentials, e *flows.Event) {
			if w, ok := (*e).(flows.Written); ok {
				w.ID = m.Wait
				*e = w
			}
		}), sinStale, oneSlot, false, ""},
		"is changed by what it ignores": {func(m Credentials, e flows.Event) (Credentials, []flows.Effect, bool) {
			n, do, ignored := m.Step(e)
			n.tagged = n.tagged || ignored
			return n, do, ignored
		}, sinIgnored, oneSlot, false, ""},
		"begins to return and asks nobody": {after(func(_ Credentials, m *Credentials, e flows.Event, do *[]flows.Effect) {
			if _, retry := e.(flows.Retry); retry {
				m.Wait, *do = 0, nil
			}
		}), sinSilent, oneSlot, false, "old firmware"},
		"offers a start and refuses it": {func(m Credentials, e flows.Event) (Credentials, []flows.Effect, bool) {
			if _, accepted := e.(flows.Accepted); accepted {
				return m, nil, true
			}
			return m.Step(e)
		}, sinLie, oneSlot, false, ""},
		"does not hear the plan": {func(m Credentials, e flows.Event) (Credentials, []flows.Effect, bool) {
			if _, planned := e.(flows.Planned); planned {
				return m, nil, true
			}
			return m.Step(e)
		}, sinStuck, oneSlot, false, "old firmware"},
		"never deletes": {before(func(m *Credentials, e *flows.Event) {
			if o, ok := (*e).(flows.Offline); ok && o.ID == m.Wait {
				m.plan.Slots[0].Has = flows.Empty
			}
		}), sinHopeless, lost, false, ""},
		"keeps the progress of the work before": {func(m Credentials, e flows.Event) (Credentials, []flows.Effect, bool) {
			n, do, ignored := m.Step(e)
			if !ignored && n.phase == credListing {
				n.slots = m.slots
			}
			return n, do, ignored
		}, 0, lost, true, ""},
		"asks for the certificate before the key is read back": {after(func(_ Credentials, m *Credentials, e flows.Event, do *[]flows.Effect) {
			if _, made := e.(flows.KeyMade); made && m.cause == NoCause && !m.stop {
				m.slots[m.at] = flows.SlotMatches
				*do = m.onward()
			}
		}), sinKeyless, twoSlots, false, inModem},
		"writes a certificate that nobody signed": {after(func(_ Credentials, m *Credentials, _ flows.Event, do *[]flows.Effect) {
			if m.phase == credCertifying {
				*m, *do, _ = m.Step(flows.Certified{ID: m.Wait, Want: holds(1, fresh)})
			}
		}), sinUnsigned, twoSlots, false, inModem},
		"believes that a key was made": {before(func(m *Credentials, e *flows.Event) {
			if r, ok := (*e).(flows.ReadBack); ok && m.plan.Slots[m.at].Op == flows.MakeSlot {
				r.SHA256 = holds(2, fresh)
				*e = r
			}
		}), 0, twoSlots, false, inModem},
		"takes the key of before for the new one": {before(func(m *Credentials, e *flows.Event) {
			if _, ok := (*e).(flows.ReadBack); ok {
				m.plan.Slots[m.at].Old = cred.Digest{}
			}
		}), 0, twoSlots, false, inModem},
		"begins in service without the digits": {before(func(m *Credentials, e *flows.Event) {
			if _, accepted := (*e).(flows.Accepted); accepted && m.serves {
				m.sure, *e = true, flows.Confirmed{IMEI: m.who.IMEI}
			}
		}), 0, oneSlot, false, "in service"},
		"retires an empty unit that it does not ask again": {after(func(_ Credentials, m *Credentials, _ flows.Event, do *[]flows.Effect) {
			if m.phase == credPreparing && m.plan.AllKept() {
				m.phase, m.Wait, *do = credDone, 0, nil
			}
		}), 0, [3]cell{}, false, "retired"},
		"is not told that another unit may have been listed": {after(func(was Credentials, m *Credentials, e flows.Event, _ *[]flows.Effect) {
			if _, ok := e.(flows.Identified); ok && !was.off && m.cause != NoCause {
				m.slots = [flows.MaxSlots]flows.SlotStage{}
			}
		}), sinUntrue, oneSlot, false, ""},
	}
}

func TestCredentialsMutants(t *testing.T) {
	t.Parallel()
	sole := sin(0)
	var mu sync.Mutex
	var all sync.WaitGroup
	try := func(name string, m credMutant) {
		in := m.in
		if in == "" {
			in = "as usual"
		}
		broken, _, err := searchCred(m.step, []world{start(m.cells, !m.whole, variants[in])}, 100_000)
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		found := sin(0)
		for s := range broken {
			found |= s
		}
		switch {
		case found == 0:
			t.Errorf("the mutant that %s lives", name)
		case m.only != 0 && found != m.only:
			t.Errorf("the mutant that %s is found by %v, not by %v alone: %v", name, found, m.only, broken[found&^m.only&-(found&^m.only)])
		case bits.OnesCount32(uint32(found)) == 1:
			sole |= found
		default:
			t.Logf("the mutant that %s is found by %v", name, found)
		}
	}
	tried := 0
	for name, m := range credMutants() {
		if tried++; raced && tried > 3 {
			break
		}
		all.Go(func() { try(name, m) })
	}
	all.Wait()
	if left := sin(1<<sins-1) &^ sole; left != 0 && !raced {
		t.Errorf("these invariants are the only killer of no mutant: %v", left)
	}
}
