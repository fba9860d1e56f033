package station

import (
	"strings"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

// script answers effects for one headless run, and remembers what was asked.
type script struct {
	terms  flows.Terms
	plan   flows.Plan // what MakePlan answers
	spoil  func(flows.Effect) flows.Event
	asked  []flows.Effect
	events []flows.Event
}

func usual() *script {
	s := &script{terms: flows.Terms{Authority: true, Port: true, Anchor: true, Endpoint: true, Ledger: true, Profile: true}}
	s.plan = flows.Plan{N: 3}
	for i := range 3 {
		s.plan.Slots[i] = flows.SlotPlan{Slot: cred.Slot{SecTag: 42, Kind: cred.Kind(i)}, Op: flows.WriteSlot}
	}
	return s
}

func (s *script) holding(h flows.Holding) *script {
	for i := range s.plan.Slots[:s.plan.N] {
		s.plan.Slots[i].Has = h
	}
	return s
}

func (s *script) op(op flows.Op) *script {
	for i := range s.plan.Slots[:s.plan.N] {
		s.plan.Slots[i].Op = op
	}
	return s
}

func (s *script) with(change func(*script)) *script {
	change(s)
	return s
}

// answer is what a willing world says, unless it is spoiled.
func (s *script) answer(e flows.Effect) flows.Event {
	if s.spoil != nil {
		if a := s.spoil(e); a != nil {
			return number(a, e.Of())
		}
	}
	switch e := e.(type) {
	case flows.LoadAuthority:
		return flows.AuthorityLoaded{ID: e.ID, Encrypted: true, Doc: `{"subject":"CN=Root","key_encrypted":true}`}
	case flows.UnlockAuthority:
		return flows.AuthorityUnlocked{ID: e.ID}
	case flows.ListPorts:
		return flows.PortsListed{ID: e.ID, N: 1, Doc: `{"ports":[{"name":"p","role":"at"}]}`}
	case flows.UsePort:
		return flows.PortChosen{ID: e.ID, Name: "p"}
	case flows.Identify:
		return flows.Identified{ID: e.ID, Session: 1, IMEI: ourUnit, Firmware: true, Mode: 1, Doc: `{"imei":"352656100367872","model":"nRF9151"}`}
	case flows.MakePlan:
		plan := s.plan
		if e.Hand.Op != flows.Keep {
			plan = flows.Plan{N: 1, Slots: [flows.MaxSlots]flows.SlotPlan{{Slot: e.Hand.Slot, Op: e.Hand.Op, Has: s.plan.Slots[0].Has}}}
		}
		old := cred.Digest{9}.String()
		return flows.Planned{ID: e.ID, Plan: plan, Doc: flows.Doc(`{"slots":[{"sec_tag":42,"type":0,"sha256":"` + old + `"}],"plan":[{"old":"` + old + `","reason":"it is another's"}]}`)}
	case flows.Prepare:
		p := flows.Prepared{ID: e.ID, Doc: `{"key_origin":"host","sizes":[100,200,300]}`}
		for i := range p.Want {
			p.Want[i] = cred.Digest{byte(i + 1)}
		}
		if s.plan.MakesKey() {
			p.Want, p.Doc = [flows.MaxSlots]cred.Digest{{1}}, `{"key_origin":"modem","sizes":[100,0,0]}`
		}
		return p
	case flows.MakeKey:
		return flows.KeyMade{ID: e.ID, SPKI: cred.Digest{7}, Doc: flows.Doc(`{"csr_sha256":"` + cred.Digest{8}.String() + `","spki_sha256":"` + cred.Digest{7}.String() + `"}`)}
	case flows.Certify:
		return flows.Certified{ID: e.ID, Want: cred.Digest{e.Index + 1}, Doc: `{"key_origin":"modem","certificate":{"serial":"5f"},"sizes":[300],"clock":"system"}`}
	case flows.TakeOffline:
		return flows.Offline{ID: e.ID, Was: 1}
	case flows.Delete:
		return flows.Deleted{ID: e.ID, Found: true}
	case flows.Write:
		return flows.Written{ID: e.ID}
	case flows.ReadSlot:
		for i := len(s.asked) - 1; i >= 0; i-- {
			switch s.asked[i].(type) {
			case flows.Write, flows.MakeKey:
				return flows.ReadBack{ID: e.ID, SHA256: cred.Digest{e.Index + 1}}
			case flows.Delete:
				return flows.ReadBack{ID: e.ID}
			}
		}
	case flows.RestoreMode:
		return flows.Restored{ID: e.ID}
	case flows.ConnectServer:
		return flows.Connected{ID: e.ID, Verdict: flows.Passed, Doc: `{"verdict":"pass","version":"DTLS 1.2"}`}
	case flows.WriteRecord:
		return flows.RecordWritten{ID: e.ID, Record: "1431", Verdict: e.Verdict}
	}
	return flows.Failed{ID: e.Of(), Code: "internal", Text: "the script has no answer"}
}

// run drives the bench by orders until they are carried out.
func (s *script) run(t *testing.T, o Orders) (Bench, Story, *cred.Fault) {
	t.Helper()
	b, story := NewBench(s.terms), Story{}
	todo := []flows.Event{flows.TermsSet{Terms: s.terms}}
	for range 200 {
		if len(todo) == 0 {
			d := o.Next(b)
			if d.Done {
				return b, story, d.Fault
			}
			if d.Event == nil {
				t.Fatal("nothing is in flight and the orders wait")
			}
			todo = append(todo, d.Event)
		}
		e := todo[0]
		todo = todo[1:]
		next, do, ignored := b.Step(e)
		if ignored {
			t.Fatalf("%+v is ignored", e)
		}
		b, story = next, story.With(e)
		s.events = append(s.events, e)
		for _, x := range do {
			todo = append(todo, s.answer(x))
			s.asked = append(s.asked, x)
		}
	}
	t.Fatal("it does not end")
	return b, story, nil
}

// did counts the effects of a kind.
func did[T flows.Effect](s *script) (n int) {
	for _, x := range s.asked {
		if _, is := x.(T); is {
			n++
		}
	}
	return n
}

func deeds(s *script) int {
	return did[flows.Prepare](s) + did[flows.TakeOffline](s) + did[flows.Delete](s) + did[flows.Write](s)
}

func TestOrders(t *testing.T) {
	fails := func(x func(flows.Effect) bool, code string) func(*script) {
		return func(s *script) {
			s.spoil = func(e flows.Effect) flows.Event {
				if x(e) {
					return flows.Failed{Code: code, Text: "no"}
				}
				return nil
			}
		}
	}
	unlock := func(e flows.Effect) bool { _, is := e.(flows.UnlockAuthority); return is }
	write := func(e flows.Effect) bool { _, is := e.(flows.Write); return is }
	old := func(s *script) {
		s.spoil = func(e flows.Effect) flows.Event {
			if _, is := e.(flows.Identify); is {
				return flows.Identified{Session: 1, IMEI: ourUnit, Mode: 1}
			}
			return nil
		}
	}
	tag := cred.SecTag(7)
	hand := flows.Hand{Op: flows.DeleteSlot, Slot: cred.Slot{SecTag: 42, Kind: cred.PSK}}
	for name, c := range map[string]struct {
		s       *script
		o       Orders
		fault   string // of the orders
		failure string // of the facts
		outcome flows.Outcome
		writes  int
		records int
	}{
		"a blank unit":              {usual(), Orders{Keyed: true, Pass: 1}, "", "", flows.Passed, 3, 1},
		"named, blank":              {usual(), Orders{Keyed: true, IMEIs: []cred.IMEI{otherUnit, ourUnit}}, "", "", flows.Passed, 3, 1},
		"ours is replaced unasked":  {usual().holding(flows.Ours), Orders{Keyed: true}, "", "", flows.Passed, 3, 1},
		"kept needs no passphrase":  {usual().op(flows.Keep).holding(flows.Current), Orders{}, "", "", flows.Passed, 0, 1},
		"foreign, unsaid":           {usual().holding(flows.Foreign), Orders{Keyed: true}, "store.unconfirmed", "", flows.NoOutcome, 0, 0},
		"foreign, yes to nobody":    {usual().holding(flows.Foreign), Orders{Keyed: true, Yes: true}, "store.unconfirmed", "", flows.NoOutcome, 0, 0},
		"foreign, named but no yes": {usual().holding(flows.Foreign), Orders{Keyed: true, IMEIs: []cred.IMEI{ourUnit}}, "store.unconfirmed", "", flows.NoOutcome, 0, 0},
		"foreign, yes to this one":  {usual().holding(flows.Foreign), Orders{Keyed: true, Yes: true, IMEIs: []cred.IMEI{ourUnit}}, "", "", flows.Passed, 3, 1},
		"another unit":              {usual(), Orders{Keyed: true, Yes: true, IMEIs: []cred.IMEI{otherUnit}}, "store.wrong-unit", "", flows.NoOutcome, 0, 0},
		"another unit, all kept":    {usual().op(flows.Keep), Orders{IMEIs: []cred.IMEI{otherUnit}}, "store.wrong-unit", "", flows.NoOutcome, 0, 0},
		"a dry run":                 {usual().holding(flows.Foreign), Orders{Look: true}, "", "", flows.NoOutcome, 0, 0},
		"a dry run, all kept":       {usual().op(flows.Keep), Orders{Look: true}, "", "", flows.NoOutcome, 0, 0},
		"no passphrase":             {usual(), Orders{}, "usage.no-terminal", "", flows.NoOutcome, 0, 0},
		"wrong passphrase":          {usual().with(fails(unlock, "ca.passphrase")), Orders{Keyed: true}, "", "ca.passphrase", flows.NoOutcome, 0, 0},
		"no authority":              {usual().with(func(s *script) { s.terms.Authority = false }), Orders{Keyed: true}, "config.value", "", flows.NoOutcome, 0, 0},
		"no anchor":                 {usual().with(func(s *script) { s.terms.Anchor = false }), Orders{Keyed: true}, "config.anchor", "", flows.NoOutcome, 0, 0},
		"no port":                   {usual().with(func(s *script) { s.terms.Port = false }), Orders{Keyed: true}, "usage.flag", "", flows.NoOutcome, 0, 0},
		"no server":                 {usual().with(func(s *script) { s.terms.Endpoint = false }), Orders{Keyed: true}, "", "", flows.Passed, 3, 1},
		"old firmware":              {usual().with(old), Orders{Keyed: true}, "store.firmware-old", "", flows.NoOutcome, 0, 0},
		"a write is refused":        {usual().with(fails(write, "cmng.518")), Orders{Keyed: true}, "", "cmng.518", flows.FailedOutcome, 1, 1},
		"nothing is planned":        {usual().with(func(s *script) { s.plan = flows.Plan{} }), Orders{Keyed: true}, "config.value", "", flows.NoOutcome, 0, 0},
		"delete by hand":            {usual().holding(flows.Ours), Orders{Hand: hand}, "", "", flows.Passed, 0, 1},
		"delete what is not there":  {usual(), Orders{Hand: hand}, "", "", flows.Passed, 0, 1},
		"delete what is foreign":    {usual().holding(flows.Foreign), Orders{Hand: hand, IMEIs: []cred.IMEI{ourUnit}}, "store.unconfirmed", "", flows.NoOutcome, 0, 0},
		"delete in another unit":    {usual(), Orders{Hand: hand, IMEIs: []cred.IMEI{otherUnit}}, "store.wrong-unit", "", flows.NoOutcome, 0, 0},
		"a tag that nothing names":  {usual().with(func(s *script) { s.plan = flows.Plan{} }), Orders{Keyed: true, SecTag: &tag}, "config.value", "", flows.NoOutcome, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b, story, fault := c.s.run(t, c.o)
			if got := code(fault); got != c.fault {
				t.Errorf("the orders end with %q, not %q", got, c.fault)
			}
			if got := code(story.Facts.Failure); got != c.failure {
				t.Errorf("the failure is %q, not %q", got, c.failure)
			}
			if b.Outcome() != c.outcome || story.Facts.Verdict != c.outcome {
				t.Errorf("the outcome is %v and is told as %v, not %v", b.Outcome(), story.Facts.Verdict, c.outcome)
			}
			if n := did[flows.Write](c.s); n != c.writes {
				t.Errorf("%d writes, not %d", n, c.writes)
			}
			if n := did[flows.WriteRecord](c.s); n != c.records {
				t.Errorf("%d records, not %d", n, c.records)
			}
			if c.records == 0 && deeds(c.s) > 0 {
				t.Errorf("%d deeds without a record: %v", deeds(c.s), c.s.asked)
			}
			if strings.HasPrefix(c.fault, "store.") && len(story.Facts.Slots) == 0 {
				t.Error("it is refused without a plan to show")
			}
			if c.failure == "ca.passphrase" && did[flows.Identify](c.s) > 0 {
				t.Error("the device was touched before the passphrase was told to be wrong")
			}
		})
	}
}

func code(f *cred.Fault) string {
	if f == nil {
		return ""
	}
	return f.Code
}

// Whatever the world answers, the orders come to an end, and nothing that they say is ignored.
func TestOrdersAlwaysEnd(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Orders{
		"to do it":         {Keyed: true, Yes: true, IMEIs: []cred.IMEI{ourUnit}},
		"without a key":    {},
		"to look":          {Look: true},
		"for another":      {IMEIs: []cred.IMEI{otherUnit}},
		"to do it by hand": {Hand: flows.Hand{Op: flows.WriteSlot}},
	} {
		sc := scopes["the main job"]
		sc.screens, sc.authority, sc.orders = true, true, &o
		broken, g := searchBench(t, rightStep, rightActions, sc, false)
		delete(broken, "hopeless") // orders do not try again
		for why, way := range broken {
			t.Errorf("orders %s: %s, after: %s", name, why, way)
		}
		if i, stuck := g.Stuck(func(w world) bool { return o.Next(w.b).Done }); stuck {
			t.Errorf("orders %s do not end after: %s", name, g.Way(i))
		}
		for i, w := range g.States {
			if d := o.Next(w.b); d.Event != nil {
				if _, _, ignored := w.b.Step(d.Event); ignored {
					t.Errorf("orders %s: %+v is ignored after: %s", name, d.Event, g.Way(i))
				}
			}
			if f := o.Next(w.b).Fault; f != nil && f.Code == "internal" {
				t.Errorf("orders %s: %v after: %s", name, f, g.Way(i))
			}
		}
	}
}
