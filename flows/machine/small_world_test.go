package machine

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"testing"

	"example.org/sectag/flows"
	"example.org/sectag/flows/codec"
	"example.org/sectag/flows/search"
	"example.org/sectag/flows/turn"
)

// staged is a machine that can be seen from far.
type staged[M any] interface {
	flows.Machine[M]
	Stage() flows.Stage
}

// joint is a machine together with a small world W: the effect in flight, and what the world and the invariants remember.
type joint[M comparable, W comparable] struct {
	m      M
	effect flows.Effect
	w      W
	sin    string // the first invariant that a step broke
}

// reply is one way in which the world answers an effect.
type reply[W any] struct {
	event flows.Event
	w     W
}

// way is a machine as it is, or as a mutant of it is.
type way[M any] struct {
	step    func(M, flows.Event) (M, []flows.Effect, bool)
	actions func(M) []flows.Action
}

// model is all that the search needs to know of one machine and its world. A func that is nil has nothing to say.
type model[M staged[M], W comparable] struct {
	start   M
	world   W
	wishes  []flows.Event                             // what a person may put in at any moment
	facts   []flows.Event                             // what has happened at any moment, whether the machine takes it or not
	recall  func(W, flows.Event) W                    // what the world remembers of a wish that was taken, or of a fact
	drift   func(W, flows.Effect) []W                 // what the world does by itself
	begin   func(M, W) (M, []flows.Effect, W, bool)   // what the bench does by a call instead of an event
	replies func(W, flows.Effect) []reply[W]          // how the world may answer an effect
	ask     func(W, flows.Effect, flows.Event) string // what is wrong with asking for an effect now, after this event
	judge   func(M, W) string                         // what is wrong with being here
}

func right[M staged[M]]() way[M] {
	return way[M]{
		step:    func(m M, e flows.Event) (M, []flows.Effect, bool) { return m.Step(e) },
		actions: func(m M) []flows.Action { return m.Actions() },
	}
}

// number sets the ID of an effect or an answer.
func number[T any](v T, id flows.ID) T {
	p := reflect.New(reflect.TypeOf(v)).Elem()
	p.Set(reflect.ValueOf(v))
	p.FieldByName("ID").SetUint(uint64(id))
	return p.Interface().(T)
}

// idOf is the ID of an answer; false for an event that answers nothing.
func idOf(e flows.Event) (flows.ID, bool) {
	f := reflect.ValueOf(e).FieldByName("ID")
	if !f.IsValid() {
		return 0, false
	}
	return flows.ID(f.Uint()), true
}

// run searches the whole space and names every invariant that breaks somewhere, with a shortest way there.
func (d model[M, W]) run(t testing.TB, how way[M]) (map[string]string, *search.Graph[joint[M, W]]) {
	t.Helper()
	broken := map[string]string{}
	start := joint[M, W]{m: d.start, w: d.world}
	g, err := search.Search([]joint[M, W]{start}, func(j joint[M, W], edge func(search.Edge[joint[M, W]])) { d.moves(how, j, edge) }, nil, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	for i, j := range g.States {
		if why := d.wrong(how, j); why != "" && broken[why] == "" {
			broken[why] = g.Way(i)
		}
	}
	if i, stuck := g.Stuck(func(j joint[M, W]) bool { return j.m.Rest() || j.sin != "" }); stuck {
		broken["stuck"] = g.Way(i)
	}
	return broken, g
}

// moves are all steps out of a state: the answers to the effect in flight, and all that a person may put in.
func (d model[M, W]) moves(how way[M], j joint[M, W], edge func(search.Edge[joint[M, W]])) {
	if j.sin != "" {
		return
	}
	add := func(to joint[M, W], e flows.Event) {
		label := strings.TrimPrefix(fmt.Sprintf("%T", e), "flows.")
		if e == nil {
			label = "drift"
		}
		edge(search.Edge[joint[M, W]]{Label: label, To: to})
	}
	if j.effect != nil {
		for _, r := range d.replies(j.w, j.effect) {
			n := j
			n.effect, n.w = nil, r.w
			e := number(r.event, j.effect.Of())
			next, _ := d.feed(how, n, e)
			add(next, e)
		}
	}
	for _, e := range d.wishes {
		if n, taken := d.feed(how, d.recalls(j, e), e); taken {
			add(n, e)
		}
	}
	for _, e := range d.facts {
		n, _ := d.feed(how, d.recalls(j, e), e)
		add(n, e)
	}
	if d.drift != nil {
		for _, w := range d.drift(j.w, j.effect) {
			n := j
			n.w = w
			add(n, nil)
		}
	}
	if d.begin != nil {
		if m, do, w, ok := d.begin(j.m, j.w); ok {
			n := j
			n.m, n.w = m, w
			for _, x := range do {
				n = d.asked(n, x, nil)
			}
			edge(search.Edge[joint[M, W]]{Label: "begun", To: n.normal()})
		}
	}
}

func (d model[M, W]) recalls(j joint[M, W], e flows.Event) joint[M, W] {
	if d.recall != nil {
		j.w = d.recall(j.w, e)
	}
	return j
}

// feed lets the machine take an event and holds what it asks for against the invariants.
func (d model[M, W]) feed(how way[M], j joint[M, W], e flows.Event) (joint[M, W], bool) {
	next, do, ignored := how.step(j.m, e)
	n := j
	if ignored {
		if next != j.m || len(do) > 0 {
			n.sin = "ignored"
		}
		return n, n.sin != ""
	}
	n.m = next
	for _, x := range do {
		n = d.asked(n, x, e)
	}
	return n.normal(), true
}

func (d model[M, W]) asked(n joint[M, W], x flows.Effect, e flows.Event) joint[M, W] {
	if n.effect != nil {
		n.sin = "two"
	}
	if d.ask != nil && n.sin == "" {
		n.sin = d.ask(n.w, x, e)
	}
	n.effect = x
	return n
}

// normal gives the numbers that only have to differ the smallest values.
func (j joint[M, W]) normal() joint[M, W] {
	c := any(&j.m).(interface{ Counter() *turn.Turn }).Counter()
	if j.effect == nil {
		if c.Wait == 0 {
			c.Seq = 0
		}
		return j
	}
	screen := flows.ID(turn.Asker(j.effect.Of()))
	if j.effect.Of() == c.Wait {
		c.Seq, c.Wait = 1, flows.Screens+screen
		j.effect = number(j.effect, c.Wait)
	}
	return j
}

// wrong is what is wrong with a state.
func (d model[M, W]) wrong(how way[M], j joint[M, W]) string {
	if j.sin != "" {
		return j.sin
	}
	if d.judge != nil {
		if why := d.judge(j.m, j.w); why != "" {
			return why
		}
	}
	offered := false
	for _, a := range how.actions(j.m) {
		offered = offered || a.Disabled == ""
		if a.Event != nil && a.Ask == flows.AskNothing {
			if _, _, ignored := how.step(j.m, a.Event); ignored != (a.Disabled != "") {
				return "lie"
			}
		}
	}
	if s := j.m.Stage(); j.m.Rest() && !offered && (s == flows.Running || s == flows.Failing) {
		return "silent"
	}
	for _, e := range everyAnswer {
		for _, id := range []flows.ID{0, 5 * flows.Screens} {
			for s := range flows.ID(flows.Screens) {
				if _, _, ignored := how.step(j.m, number(e, id+s)); !ignored && (id+s == 0 || id != 0) {
					return "stale"
				}
			}
		}
	}
	return ""
}

// everyEvent is one of each kind of event, as the journal's examples have them.
func everyEvent(t testing.TB) (all []flows.Event) {
	t.Helper()
	files, err := filepath.Glob("../codec/testdata/*.json")
	if err != nil || len(files) < 40 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		body, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		e, err := codec.Decode(strings.TrimSuffix(filepath.Base(f), ".json"), body)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// total tells whether a machine takes an event or is not changed by it.
func total[M staged[M]](m M, e flows.Event) bool {
	next, do, ignored := m.Step(e)
	return !ignored || next == m && len(do) == 0
}

// everyAnswer is one of each kind of answer.
var everyAnswer = []flows.Event{
	flows.Failed{},
	flows.Lost{},
	flows.AuthorityLoaded{},
	flows.AuthorityUnlocked{},
	flows.PortsListed{},
	flows.PortChosen{},
	flows.Identified{},
	flows.Planned{},
	flows.Prepared{},
	flows.Offline{},
	flows.Deleted{},
	flows.Written{},
	flows.KeyMade{},
	flows.KeyByHost{},
	flows.Certified{},
	flows.ReadBack{},
	flows.Restored{},
	flows.Probed{},
	flows.AnchorStored{},
	flows.Connected{},
	flows.RecordWritten{},
	flows.ProfileSaved{},
	flows.CommandHeld{},
	flows.ModemAnswered{},
	flows.TranscriptSaved{},
}

// mutant is a machine with one fault in it.
type mutant[M any] struct {
	how  way[M]
	only string // the one invariant that finds it; empty when several may
}

// twisted is a machine whose step is another.
func twisted[M staged[M]](only string, step func(M, flows.Event) (M, []flows.Effect, bool)) mutant[M] {
	how := right[M]()
	how.step = step
	return mutant[M]{how, only}
}

// common are the faults that every machine can have; each is found by one invariant alone.
func common[M staged[M]]() map[string]mutant[M] {
	r := right[M]()
	twice := func(m M, e flows.Event) (M, []flows.Effect, bool) {
		n, do, ignored := m.Step(e)
		return n, append(do, do...), ignored
	}
	any1 := func(m M, e flows.Event) (M, []flows.Effect, bool) {
		if _, answer := idOf(e); answer {
			e = number(e, any(&m).(interface{ Counter() *turn.Turn }).Counter().Wait)
		}
		return m.Step(e)
	}
	marks := func(m M, e flows.Event) (M, []flows.Effect, bool) {
		n, do, ignored := m.Step(e)
		if ignored {
			any(&n).(interface{ Counter() *turn.Turn }).Counter().Seq += 100
		}
		return n, do, ignored
	}
	deaf := func(m M, e flows.Event) (M, []flows.Effect, bool) {
		if _, failed := e.(flows.Failed); failed {
			return m, nil, true
		}
		return m.Step(e)
	}
	mute := way[M]{r.step, func(M) []flows.Action { return nil }}
	liar := way[M]{r.step, func(m M) []flows.Action {
		return append(m.Actions(), flows.Action{Name: "promise", Event: flows.Interrupted{}})
	}}
	return map[string]mutant[M]{
		"asks twice":                    twisted("two", twice),
		"takes any answer":              twisted("stale", any1),
		"what it ignores leaves a mark": twisted("ignored", marks),
		"does not hear a failure":       twisted("stuck", deaf),
		"offers nothing":                {mute, "silent"},
		"offers what it ignores":        {liar, "lie"},
	}
}

// tried runs the machine and all its mutants: the machine breaks nothing, every mutant breaks something, and every invariant is
// the only one that finds some mutant.
func tried[M staged[M], W comparable](t *testing.T, d model[M, W], invariants []string, own map[string]mutant[M]) {
	t.Helper()
	broken, g := d.run(t, right[M]())
	for why, way := range broken {
		t.Errorf("%s, after: %s", why, way)
	}
	t.Logf("%d states, %d steps", len(g.States), g.Edges)
	for _, e := range everyEvent(t) {
		for i, j := range g.States {
			if !total(j.m, e) {
				t.Errorf("%T is ignored and leaves a mark, after: %s", e, g.Way(i))
			}
		}
	}
	if len(own) < 5 {
		t.Errorf("only %d mutants of its own", len(own))
	}
	mutants := common[M]()
	for name, m := range own {
		mutants[name] = m
	}
	sole := map[string]bool{}
	for name, m := range mutants {
		broken, _ := d.run(t, m.how)
		var found []string
		for why := range broken {
			found = append(found, why)
		}
		sort.Strings(found)
		switch {
		case len(found) == 0:
			t.Errorf("the mutant that %s lives", name)
		case m.only != "" && (len(found) != 1 || found[0] != m.only):
			t.Errorf("the mutant that %s is found by %q, not by %q alone", name, found, m.only)
		case len(found) == 1:
			sole[found[0]] = true
		}
	}
	for _, i := range append(invariants, "two", "stale", "ignored", "stuck", "silent", "lie") {
		if !sole[i] {
			t.Errorf("the invariant %q is the only killer of no mutant", i)
		}
	}
}
