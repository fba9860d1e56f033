package station

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

func TestStoryOfTheMainJob(t *testing.T) {
	s := usual().holding(flows.Foreign)
	_, story, _ := s.run(t, Orders{Keyed: true, Yes: true, IMEIs: []cred.IMEI{ourUnit}})
	f := story.Facts
	if f.Authority.Subject != "CN=Root" || f.Port != "p" || f.Unit.Model != "nRF9151" || len(f.Slots) != 1 || f.Prepared.KeyOrigin != "host" {
		t.Errorf("the facts are %+v", f)
	}
	if f.Connect == nil || f.Connect.Version != "DTLS 1.2" || f.Record != "1431" || f.Verdict != flows.Passed || f.Failure != nil || f.Terms != s.terms {
		t.Errorf("the facts are %+v", f)
	}
	for i, p := range f.Plan {
		want := flows.PlanFacts{
			Slot: cred.Slot{SecTag: 42, Kind: cred.Kind(i)}, Has: flows.Foreign, Op: flows.WriteSlot, New: cred.Digest{byte(i + 1)},
			Now: cred.Digest{byte(i + 1)}, Stage: flows.SlotMatches, Bytes: 100 * (i + 1),
		}
		if i == 0 {
			want.Old, want.Reason = cred.Digest{9}, "it is another's"
		}
		if p != want {
			t.Errorf("slot %d is %+v, not %+v", i, p, want)
		}
	}
}

// modemsKey is the usual job with a key that the modem makes.
func modemsKey() *script {
	s := usual().holding(flows.Ours)
	p := &s.plan
	p.Slots[1], p.Slots[2] = p.Slots[2], p.Slots[1]
	p.Slots[1].Op = flows.MakeSlot
	return s
}

func TestStoryOfAKeyMadeInTheModem(t *testing.T) {
	_, story, _ := modemsKey().run(t, Orders{Keyed: true})
	f := story.Facts
	if f.Prepared.KeyOrigin != "modem" || f.Prepared.Key == nil || f.Prepared.Key.SPKI != (cred.Digest{7}) || f.Prepared.Certificate == nil ||
		f.Prepared.Certificate.Serial != "5f" || f.Prepared.Clock != "system" || f.Verdict != flows.Passed {
		t.Errorf("the facts are %+v", f.Prepared)
	}
	for i, p := range f.Plan {
		key := p.Op == flows.MakeSlot
		if p.New != (cred.Digest{byte(i + 1)}) || p.Now != p.New || p.Stage != flows.SlotMatches || p.Asked != key || p.Told != key || p.Bytes != []int{100, 0, 300}[i] {
			t.Errorf("slot %d is %+v", i, p)
		}
		if p.Action() != "written" || !p.Done() || p.KeyAlone(f.Plan) {
			t.Errorf("of slot %d is said %q, done %v", i, p.Action(), p.Done())
		}
	}
}

// A modem that could make no key leaves its slot to this computer's, and the facts tell of nothing else; and what is found in the middle of
// an effect is told though no machine hears it.
func TestStoryOfAKeyMadeInTheModemsPlace(t *testing.T) {
	s := modemsKey()
	s.spoil = func(e flows.Effect) flows.Event {
		if m, ok := e.(flows.MakeKey); ok {
			return flows.KeyByHost{ID: m.ID, Want: [flows.MaxSlots]cred.Digest{{1}, {2}, {3}}, Doc: `{"key_origin":"host","certificate":{"serial":"5f"},"sizes":[100,200,300],"why":"the modem could not"}`}
		}
		return nil
	}
	_, story, _ := s.run(t, Orders{Keyed: true})
	f := story.Facts
	if f.Prepared.KeyOrigin != "host" || f.Prepared.Why == "" || f.Prepared.Certificate == nil || f.Prepared.Key != nil || f.Verdict != flows.Passed {
		t.Errorf("the facts are %+v, %v", f.Prepared, f.Failure)
	}
	for i, p := range f.Plan {
		if p.Op != flows.WriteSlot || p.Asked || p.New != (cred.Digest{byte(i + 1)}) || p.Now != p.New || !p.Done() || p.Bytes != 100*(i+1) {
			t.Errorf("slot %d is %+v", i, p)
		}
	}
	own, far := f.Plan[1].Slot, cred.Slot{SecTag: 4}
	for _, c := range []struct {
		n       flows.Noticed
		holds   string
		listed  cred.Digest
		strays  int
		spoiled bool
	}{
		{flows.Noticed{Slot: own, Found: flows.FoundDamaged, Now: cred.Digest{8}}, "new", cred.Digest{2}, 0, false},
		{flows.Noticed{Slot: far, Found: flows.FoundStray, Now: cred.Digest{8}}, "new", cred.Digest{2}, 1, false},
		{flows.Noticed{Slot: far, Found: flows.FoundErased, Now: cred.Digest{8}}, "new", cred.Digest{2}, 1, false},
		{flows.Noticed{Slot: own, Found: flows.FoundLost, Was: cred.Digest{2}, Now: cred.Digest{8}}, "unknown", cred.Digest{8}, 2, true},
		{flows.Noticed{Slot: own, Found: flows.FoundLost, Was: cred.Digest{8}}, "missing", cred.Digest{}, 2, true},
	} {
		story = story.With(c.n)
		p := story.Facts.Plan[1]
		if p.Holds() != c.holds || p.Listed() != c.listed || len(story.Facts.Strays) != c.strays || p.Spoiled != c.spoiled || p.Done() == c.spoiled {
			t.Errorf("after %+v: %+v, holds %s, strays %v", c.n, p, p.Holds(), story.Facts.Strays)
		}
	}
	if f.Plan[1].Spoiled || len(f.Strays) != 0 {
		t.Error("facts that were handed out are changed")
	}
}

// Wherever the work on a modem's key breaks off, the facts say of each slot what can be known.
func TestStoryOfAKeyWithoutACertificate(t *testing.T) {
	is := func(want flows.Effect) func(flows.Effect) bool {
		return func(e flows.Effect) bool { return reflect.TypeOf(e) == reflect.TypeOf(want) }
	}
	for name, c := range map[string]struct {
		at    func(flows.Effect) bool
		put   flows.Event
		holds [3]string // root, key, certificate
		alone bool
		told  bool
	}{
		"the request is lost":     {is(flows.MakeKey{}), flows.Failed{Code: "keygen.csr-lost"}, [3]string{"new", "new", "missing"}, true, false},
		"the line is lost":        {is(flows.MakeKey{}), flows.Lost{Code: "port.lost"}, [3]string{"new", "unknown", "missing"}, false, false},
		"nobody can sign":         {is(flows.Certify{}), flows.Failed{Code: "ca.locked"}, [3]string{"new", "new", "missing"}, true, true},
		"the signature is no use": {is(flows.Certify{}), flows.Certified{}, [3]string{"new", "new", "missing"}, true, true},
		"another's key is no use": {is(flows.Prepare{}), flows.Prepared{}, [3]string{"old", "missing", "missing"}, false, false},
	} {
		s := modemsKey()
		s.spoil = func(e flows.Effect) flows.Event {
			if c.at(e) {
				return c.put
			}
			return nil
		}
		_, story, _ := s.run(t, Orders{Keyed: true})
		f := story.Facts
		if f.Verdict != flows.FailedOutcome || f.Failure == nil {
			t.Errorf("%s: %+v", name, f.Failure)
		}
		for i, p := range f.Plan {
			key := p.Op == flows.MakeSlot
			if got := p.Holds(); got != c.holds[i] {
				t.Errorf("%s: slot %d holds %q", name, i, got)
			}
			if p.KeyAlone(f.Plan) != (c.alone && key) || p.Told != (c.told && key) {
				t.Errorf("%s: slot %d: %+v", name, i, p)
			}
		}
	}
}

// What was handed out stays as it is, whatever happens afterwards.
func TestFactsAreNeverChangedAfterwards(t *testing.T) {
	s := usual().holding(flows.Foreign)
	s.run(t, Orders{Keyed: true, Yes: true, IMEIs: []cred.IMEI{ourUnit}})
	var facts []flows.Facts
	var then []string
	var story Story
	for _, e := range append(s.events, flows.UnitWanted{}) {
		story = story.With(e)
		b, err := json.Marshal(story.Facts)
		if err != nil {
			t.Fatal(err)
		}
		facts, then = append(facts, story.Facts), append(then, string(b))
	}
	for i, f := range facts {
		if b, _ := json.Marshal(f); string(b) != then[i] {
			t.Errorf("after event %d the facts were\n%s and are now\n%s", i, then[i], b)
		}
	}
}

// An event that the machine ignores changes no fact: stale answers, and what comes at the wrong time.
func TestStoryIgnoresWhatTheMachineIgnores(t *testing.T) {
	s := usual()
	_, story, _ := s.run(t, Orders{Keyed: true})
	before, _ := json.Marshal(story.Facts)
	for _, e := range append(stale, flows.Accepted{}, flows.Confirmed{IMEI: ourUnit}, flows.AnchorCompared{}) {
		after, _ := json.Marshal(story.With(e).Facts)
		if string(after) != string(before) {
			t.Errorf("%+v changed the facts to %s", e, after)
		}
	}
}

func TestStoryOfFailures(t *testing.T) {
	at := func(is func(flows.Effect) bool, answer flows.Event) func(flows.Effect) flows.Event {
		n := 0
		return func(e flows.Effect) flows.Event {
			if is(e) {
				if n++; n == 1 {
					return answer
				}
			}
			return nil
		}
	}
	second := func(e flows.Effect) bool { r, is := e.(flows.ReadSlot); return is && r.Index == 1 }
	working := false
	swap := func(e flows.Effect) flows.Event {
		if _, prepares := e.(flows.Prepare); prepares {
			working = true
		}
		if _, asks := e.(flows.Identify); asks && working {
			return flows.Identified{Session: 1, IMEI: otherUnit, Firmware: true}
		}
		return nil
	}
	for name, c := range map[string]struct {
		spoil func(flows.Effect) flows.Event
		code  string
		text  string
		holds []string
	}{
		"damaged": {at(second, flows.ReadBack{SHA256: cred.Digest{77}}), "store.mismatch", "42 client-cert", []string{"new", "unknown", "missing"}},
		"lost":    {at(second, flows.Lost{Code: "port.lost", Text: "gone"}), "port.lost", "gone", []string{"new", "unknown", "missing"}},
		"swapped": {swap, "store.swapped", otherUnit.String(), []string{"unknown", "unknown", "unknown"}},
		"refused": {at(func(e flows.Effect) bool { _, is := e.(flows.ConnectServer); return is },
			flows.Connected{Verdict: flows.FailedOutcome, Code: "dtls.48", Doc: `{"verdict":"fail","failure":{"code":"dtls.48","text":"unknown_ca","hint":"h"}}`}), "dtls.48", "unknown_ca", []string{"new", "new", "new"}},
		"refused without words": {at(func(e flows.Effect) bool { _, is := e.(flows.ConnectServer); return is },
			flows.Connected{Verdict: flows.FailedOutcome, Code: "dtls.48", Doc: "{"}), "dtls.48", "connection failed", []string{"new", "new", "new"}},
		"no set": {at(func(e flows.Effect) bool { _, is := e.(flows.Prepare); return is }, flows.Prepared{}), "internal", "", []string{"old", "missing", "missing"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := usual()
			s.spoil = c.spoil
			b, story, _ := s.run(t, Orders{Keyed: true})
			f := story.Facts
			if f.Failure == nil || f.Failure.Code != c.code || !strings.Contains(f.Failure.Text, c.text) {
				t.Errorf("the failure is %+v", f.Failure)
			}
			if b.Outcome() != flows.FailedOutcome || f.Record != "1431" {
				t.Errorf("the outcome is %v, the record %q", b.Outcome(), f.Record)
			}
			for i, p := range f.Plan {
				if p.Holds() != c.holds[i] {
					t.Errorf("slot %d holds %q, not %q: %+v", i, p.Holds(), c.holds[i], p)
				}
			}
			if again := story.With(flows.Retry{}); again.Facts.Failure != nil || again.Facts.Record != "" {
				t.Errorf("after a retry the failure is still %+v", again.Facts.Failure)
			}
		})
	}
}

// A cancel in the middle of a write: what the slot holds is still read, the mode is put back, nothing more is written.
func TestStoryOfACancel(t *testing.T) {
	s := usual()
	cancelled := false
	var story Story
	b := NewBench(s.terms)
	todo := []flows.Event{flows.TermsSet{Terms: s.terms}}
	for len(todo) > 0 {
		e := todo[0]
		todo = todo[1:]
		next, do, _ := b.Step(e)
		b, story = next, story.With(e)
		for _, x := range do {
			s.asked = append(s.asked, x)
			if _, writes := x.(flows.Write); writes {
				todo, cancelled = append(todo, flows.Cancel{}), true
			}
			todo = append(todo, s.answer(x))
		}
		if d := (Orders{Keyed: true}).Next(b); len(todo) == 0 && d.Event != nil {
			todo = append(todo, d.Event)
		}
	}
	f := story.Facts
	if !cancelled || f.Failure == nil || f.Failure.Code != "store.stopped" || did[flows.Write](s) != 1 || did[flows.RestoreMode](s) != 1 {
		t.Errorf("the failure is %+v after %v", f.Failure, s.asked)
	}
	for i, holds := range []string{"new", "missing", "missing"} {
		if f.Plan[i].Holds() != holds {
			t.Errorf("slot %d holds %q, not %q", i, f.Plan[i].Holds(), holds)
		}
	}
	if f.Plan[0].Stage != flows.SlotMatches || f.Record != "1431" || b.Outcome() != flows.FailedOutcome || b.Stage(flows.ConnectionScreen) != flows.Idle {
		t.Errorf("slot 0 is at stage %d, the record is %q, the outcome %v", f.Plan[0].Stage, f.Record, b.Outcome())
	}
}

func TestStoryOfAnInterruptedRun(t *testing.T) {
	story := Story{}.With(flows.TermsSet{}).With(flows.Resumed{IMEI: ourUnit, Mode: 1})
	if story.Facts.Interrupted != ourUnit {
		t.Errorf("%+v", story.Facts)
	}
	if closed := (Story{}).With(flows.Interrupted{IMEI: otherUnit}); closed.Facts.Interrupted != otherUnit {
		t.Errorf("%+v", closed.Facts)
	}
}

// Machines hold enums, small numbers and digests: nothing that can be shared, changed from outside, or tell a secret.
func TestBenchHoldsNoTextAndNoPointer(t *testing.T) {
	var walk func(path string, x reflect.Type)
	walk = func(path string, x reflect.Type) {
		switch x.Kind() {
		case reflect.Struct:
			for f := range x.Fields() {
				walk(path+"."+f.Name, f.Type)
			}
		case reflect.Array:
			walk(path+"[]", x.Elem())
		case reflect.Bool, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		default:
			t.Errorf("%s is a %s", path, x.Kind())
		}
	}
	walk("Bench", reflect.TypeFor[Bench]())
}

// any events, in any order, with any numbers: Step is total, and what it ignores leaves no trace.
func FuzzBench(f *testing.F) {
	f.Add(uint64(1), 50)
	f.Fuzz(func(t *testing.T, seed uint64, n int) {
		r := rand.New(rand.NewPCG(seed, 7))
		b, story := NewBench(flows.Terms{}), Story{}
		var flying []flows.Effect
		w := world{scope: scope{authority: true, endpoint: true, hand: true}}
		for range min(n, 500) {
			var e flows.Event
			switch k := r.IntN(4); {
			case k < 2 && len(flying) > 0:
				i := r.IntN(len(flying))
				answers := append(w.good(flying[i]), flows.Failed{Code: "x"}, flows.Lost{Code: "y"})
				e = number(answers[r.IntN(len(answers))], flying[i].Of())
				if r.IntN(3) > 0 {
					flying = append(flying[:i:i], flying[i+1:]...)
				}
			case k == 2:
				e = number(everyAnswer[r.IntN(len(everyAnswer))], flows.ID(r.IntN(60)))
			default:
				wishes := append(w.wishes(), flows.Show{Screen: flows.Screen(r.IntN(9))}, flows.Retry{}, flows.Resumed{IMEI: ourUnit, Mode: 1},
					flows.TermsSet{Terms: flows.Terms{Authority: r.IntN(2) == 0, Port: true, Anchor: r.IntN(2) == 0, Endpoint: r.IntN(2) == 0, Station: r.IntN(2) == 0}},
					flows.Planned{Plan: flows.Plan{N: 255}}, nil)
				e = wishes[r.IntN(len(wishes))]
			}
			next, do, ignored := b.Step(e)
			if ignored && (next != b || len(do) > 0) {
				t.Fatalf("%+v is ignored and changes something", e)
			}
			b, flying = next, append(flying, do...)
			story = story.With(e)
			if b != story.bench {
				t.Fatal("the story is another than the bench's")
			}
			b.Actions()
			b.Outcome()
		}
	})
}
