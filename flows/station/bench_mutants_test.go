package station

import (
	"sync"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/machine"
)

// benchMutant is the bench with one fault in it.
type benchMutant struct {
	step  benchStep
	only  string // the one invariant that finds it; empty when several may
	scope string
}

// after changes what a step that was not ignored came to.
func after(change func(was Bench, b *Bench, e flows.Event, do *[]flows.Effect)) benchStep {
	return func(b Bench, e flows.Event) (Bench, []flows.Effect, bool) {
		n, do, ignored := b.Step(e)
		if !ignored {
			change(b, &n, e, &do)
		}
		return n, do, ignored
	}
}

// hears changes events before the bench takes them.
func hears(change func(flows.Event) flows.Event) benchStep {
	return func(b Bench, e flows.Event) (Bench, []flows.Effect, bool) { return b.Step(change(e)) }
}

func without[T flows.Effect](do []flows.Effect) (left []flows.Effect, found bool) {
	for _, x := range do {
		if _, is := x.(T); is {
			found = true
		} else {
			left = append(left, x)
		}
	}
	return left, found
}

func benchMutants() map[string]benchMutant {
	return map[string]benchMutant{
		"goes on after a cancel": {after(func(_ Bench, b *Bench, e flows.Event, _ *[]flows.Effect) {
			if _, cancel := e.(flows.Cancel); cancel {
				b.halted = false
			}
		}), "halted", "a calm job"},
		"confirms the unit by itself": {after(func(_ Bench, b *Bench, e flows.Event, do *[]flows.Effect) {
			if i, told := e.(flows.Identified); told && b.unit.Asking() && !b.halted {
				*b, *do, _ = b.Step(flows.UnitConfirmed{IMEI: i.IMEI})
			}
		}), "unconfirmed", "a moody key"},
		"takes a look for a yes": {after(func(_ Bench, b *Bench, e flows.Event, do *[]flows.Effect) {
			if _, look := e.(flows.PlanWanted); look && b.unit.Asking() {
				var more []flows.Effect
				b.credentials, more = b.credentials.Confirm()
				*do = append(*do, more...)
			}
		}), "unconfirmed", "a moody key"},
		"writes what was to be kept": {hears(func(e flows.Event) flows.Event {
			if p, planned := e.(flows.Planned); planned && p.Plan.AllKept() && p.Plan.N > 0 {
				p.Plan.Slots[0].Op = flows.WriteSlot
				return p
			}
			return e
		}), "kept", "a calm job"},
		"connects with a key that is not there": {func(b Bench, e flows.Event) (Bench, []flows.Effect, bool) {
			n, do, ignored := b.Step(e)
			if _, wanted := e.(flows.ConnectWanted); wanted && ignored && b.still() && b.Stage(flows.CredentialsScreen) == flows.Done && b.credentials.Kept() {
				b.connection, do = b.connection.Begin()
				b.record = b.record.Fresh()
				return b, do, false
			}
			return n, do, ignored
		}, "keyless", "a calm job"},
		"connects with a key that the unit kept": {func(b Bench, e flows.Event) (Bench, []flows.Effect, bool) {
			n, do, ignored := b.Step(e)
			left, writes := without[flows.WriteRecord](do)
			if writes && !n.halted && n.terms.Endpoint && n.Stage(flows.CredentialsScreen) == flows.Done && !n.credentials.Kept() && !n.credentials.Renews() {
				n.record = machine.Record{}
				n.connection, do = n.connection.Begin()
				return n, append(left, do...), ignored
			}
			return n, do, ignored
		}, "keyless", "a calm job"},
		"connects though no server is named": {after(func(_ Bench, b *Bench, _ flows.Event, do *[]flows.Effect) {
			left, writes := without[flows.WriteRecord](*do)
			if writes && !b.halted && b.order().proof && b.Stage(flows.CredentialsScreen) == flows.Done {
				var more []flows.Effect
				b.record = machine.Record{}
				b.connection, more = b.connection.Begin()
				*do = append(left, more...)
			}
		}), "serverless", "a moody key"},
		"records before the work": {after(func(_ Bench, b *Bench, e flows.Event, do *[]flows.Effect) {
			if _, planned := e.(flows.Planned); planned && b.Rest() {
				b.record, *do = b.record.Begin(flows.FailedOutcome, false, flows.ForProfile)
			}
		}), "early", "a moody key"},
		"records twice": {func(b Bench, e flows.Event) (Bench, []flows.Effect, bool) {
			if _, wanted := e.(flows.RecordWanted); wanted && b.Stage(flows.RecordScreen) == flows.Done && b.still() {
				var do []flows.Effect
				b.record, do = b.record.Fresh().Begin(b.record.Verdict(), b.credentials.Kept(), flows.ForProfile)
				return b, do, false
			}
			return b.Step(e)
		}, "twice", "a calm job"},
		"retires a unit before it is read back": {after(func(_ Bench, b *Bench, e flows.Event, do *[]flows.Effect) {
			if _, deleted := e.(flows.Deleted); deleted && b.credentials.Aim() == flows.ForRetirement {
				b.record, *do = b.record.Begin(flows.Passed, false, flows.ForRetirement)
			}
		}), "", "in service"},
		"begins in service without the digits": {func(b Bench, e flows.Event) (Bench, []flows.Effect, bool) {
			if _, accepted := e.(flows.Accepted); accepted && b.terms.Service {
				e = flows.Confirmed{IMEI: b.unit.Who().IMEI}
			}
			return b.Step(e)
		}, "", "in service"},
		"records a pass that was none": {after(func(_ Bench, _ *Bench, _ flows.Event, do *[]flows.Effect) {
			for i, x := range *do {
				if r, write := x.(flows.WriteRecord); write {
					r.Verdict = flows.Passed
					(*do)[i] = r
				}
			}
		}), "verdict", "a calm job"},
		"records that something was changed": {after(func(_ Bench, _ *Bench, _ flows.Event, do *[]flows.Effect) {
			for i, x := range *do {
				if r, write := x.(flows.WriteRecord); write {
					r.Kept = false
					(*do)[i] = r
				}
			}
		}), "verdict", "a calm job"},
		"says another verdict than it recorded": {after(func(_ Bench, b *Bench, e flows.Event, _ *[]flows.Effect) {
			if _, written := e.(flows.RecordWritten); written && b.record.Verdict() == flows.FailedOutcome {
				r, do := b.record.Fresh().Begin(flows.Warned, false, flows.ForProfile)
				b.record, _, _ = r.Step(flows.RecordWritten{ID: do[0].Of()})
			}
		}), "outcome", "a calm job"},
		"does not record a failure": {after(func(_ Bench, b *Bench, _ flows.Event, do *[]flows.Effect) {
			left, writes := without[flows.WriteRecord](*do)
			if writes && b.Stage(flows.CredentialsScreen) == flows.Failing {
				b.record, *do = machine.Record{}, left
			}
		}), "unrecorded", "a calm job"},
		"passes before it has connected": {after(func(_ Bench, b *Bench, _ flows.Event, do *[]flows.Effect) {
			if left, connects := without[flows.ConnectServer](*do); connects {
				b.connection = machine.Connection{}
				var more []flows.Effect
				b.record, more = b.record.Begin(flows.Passed, false, flows.ForProfile)
				*do = append(left, more...)
			}
		}), "", "a calm job"},
		"forgets what a unit is owed": {after(func(_ Bench, b *Bench, _ flows.Event, _ *[]flows.Effect) {
			b.owed = owed{}
		}), "mode", "the main job"},
		"asks two at once": {after(func(_ Bench, b *Bench, _ flows.Event, do *[]flows.Effect) {
			if _, prepares := without[flows.Prepare](*do); prepares {
				var more []flows.Effect
				b.port, more, _ = b.port.Step(flows.PortsWanted{})
				*do = append(*do, more...)
			}
		}), "two", "a moody key"},
		"puts a unit away that is worked on": {func(b Bench, e flows.Event) (Bench, []flows.Effect, bool) {
			if _, next := e.(flows.NextUnit); next && !b.still() {
				b.clear()
				return b, nil, false
			}
			return b.Step(e)
		}, "", "a moody key"},
		"takes any answer": {hears(func(e flows.Event) flows.Event {
			if w, written := e.(flows.Written); written {
				w.ID = numberOf(flows.CredentialsScreen)
				return w
			}
			return e
		}), "stale", "a moody key"},
		"is changed by what it ignores": {func(b Bench, e flows.Event) (Bench, []flows.Effect, bool) {
			n, do, ignored := b.Step(e)
			if ignored {
				n.halted = !n.halted
			}
			return n, do, ignored
		}, "ignored", "a moody key"},
		"does not hear that the profile is saved": {func(b Bench, e flows.Event) (Bench, []flows.Effect, bool) {
			if _, saved := e.(flows.ProfileSaved); saved && b.Outcome() == flows.Passed {
				return b, nil, true
			}
			return b.Step(e)
		}, "stuck", "by hand"},
		"never reads back what it wrote": {hears(func(e flows.Event) flows.Event {
			if r, back := e.(flows.ReadBack); back {
				r.SHA256 = cred.Digest{2}
				return r
			}
			return e
		}), "hopeless", "a moody key"},
		"does not turn to what is retried": {after(func(was Bench, b *Bench, e flows.Event, _ *[]flows.Effect) {
			if _, retry := e.(flows.Retry); retry {
				b.screen = was.screen
			}
		}), "hopeless", "what is shown"},
	}
}

func TestBenchMutants(t *testing.T) {
	t.Parallel()
	sole := map[string]bool{}
	var mu sync.Mutex
	var all sync.WaitGroup
	try := func(name string, step benchStep, actions func(Bench) []flows.Action, only, in string) {
		broken, _ := searchBench(t, step, actions, scopes[in], false)
		found := keys(broken)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case len(found) == 0:
			t.Errorf("the mutant that %s lives", name)
		case only != "" && (len(found) != 1 || found[0] != only):
			t.Errorf("the mutant that %s is found by %q, not by %q alone: %v", name, found, only, broken)
		case len(found) == 1:
			sole[found[0]] = true
		}
	}
	tried := 0
	for name, m := range benchMutants() {
		if tried++; raced && tried > 2 {
			break
		}
		all.Go(func() { try(name, m.step, rightActions, m.only, m.scope) })
	}
	all.Wait()
	try("offers nothing", rightStep, func(Bench) []flows.Action { return nil }, "silent", "a calm job")
	try("offers what it ignores", rightStep, func(b Bench) []flows.Action {
		return append(b.Actions(), flows.Action{Name: "promise", Event: flows.Interrupted{}})
	}, "lie", "a calm job")
	try("has one key for two things", rightStep, func(b Bench) []flows.Action {
		as := b.Actions()
		if len(as) > 0 {
			as = append(as, as[0])
		}
		return as
	}, "clash", "a calm job")
	for _, i := range []string{
		"ignored", "two", "halted", "unconfirmed", "kept", "keyless", "serverless", "early", "twice", "verdict",
		"unrecorded", "outcome", "mode", "lie", "clash", "silent", "stale", "stuck", "hopeless",
	} {
		if !sole[i] && !raced {
			t.Errorf("the invariant %q is the only killer of no mutant", i)
		}
	}
}
