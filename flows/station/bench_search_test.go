package station

import (
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"example.org/sectag/flows"
	"example.org/sectag/flows/codec"
	"example.org/sectag/flows/search"
)

// scopes are the searches; together they vary everything, one at a time.
var scopes = map[string]scope{
	"the main job":         {terms: flows.Terms{Authority: true, Port: true, Anchor: true, Endpoint: true, Ledger: true, Profile: true}},
	"a calm job":           {terms: flows.Terms{Authority: true, Port: true, Anchor: true, Endpoint: true, Ledger: true, Profile: true}, smooth: true, kept: true},
	"what is shown":        {terms: flows.Terms{Authority: true, Port: true, Anchor: true, Endpoint: true, Ledger: true}, screens: true},
	"a moody key":          {terms: flows.Terms{Authority: true, Port: true, Anchor: true, Ledger: true, Profile: true}, authority: true, smooth: true},
	"no anchor yet":        {terms: flows.Terms{Authority: true, Port: true, Ledger: true, Profile: true}, endpoint: true, smooth: true},
	"by hand":              {terms: flows.Terms{Port: true}, hand: true},
	"the station":          {terms: flows.Terms{Authority: true, Port: true, Anchor: true, Endpoint: true, Ledger: true, Profile: true, Station: true}},
	"a key of the modem's": {terms: flows.Terms{Authority: true, Port: true, Anchor: true, Endpoint: true, Ledger: true, Profile: true}, made: true},
	"in service":           {terms: flows.Terms{Authority: true, Port: true, Anchor: true, Ledger: true, Profile: true, Service: true}, smooth: true, kept: true},
	"in service, shown":    {terms: flows.Terms{Authority: true, Port: true, Anchor: true, Ledger: true, Profile: true, Service: true}, screens: true},
	"nothing is named":     {terms: flows.Terms{}, smooth: true, authority: true},
}

// judge names what can be seen to be wrong with a world by itself.
func (w world) judge(step benchStep, actions func(Bench) []flows.Action, whole bool) string {
	if w.sin != "" {
		return w.sin
	}
	stage := w.b.Stage(flows.CredentialsScreen)
	due := w.worked && (stage == flows.Done || stage == flows.Failing) || w.kept && stage == flows.Done
	if w.b.Rest() && due && w.b.Stage(flows.RecordScreen) == flows.Idle {
		return "unrecorded"
	}
	if w.b.Rest() && w.recorded && w.offline && w.b.Outcome() == flows.Passed {
		return "mode"
	}
	if w.b.Rest() && w.recorded && w.b.Outcome() != w.verdict() {
		return "outcome"
	}
	if whole || w.b.Rest() {
		if why := w.offers(step, actions); why != "" {
			return why
		}
	}
	for _, e := range stale {
		if w.flight == [flows.Screens]flows.Effect{} {
			break // nothing is waited for
		}
		if _, _, ignored := step(w.b, e); !ignored {
			return "stale"
		}
	}
	return ""
}

// offers holds the actions of every screen against what the bench takes. Where what is shown counts, that screen must offer
// something to a bench at rest; else any.
func (w world) offers(step benchStep, actions func(Bench) []flows.Action) string {
	moves := 0
	for s := range flows.Screen(flows.Screens) {
		if w.scope.screens && s != w.b.screen {
			continue
		}
		n := w.b
		n.screen = s
		keys := map[rune]bool{}
		for _, a := range actions(n) {
			if a.Disabled == "" && keys[a.Key] {
				return "clash"
			}
			keys[a.Key] = keys[a.Key] || a.Disabled == ""
			if x, show := a.Event.(flows.Show); show && x.Screen != s {
				continue // turning pages is always taken, and leads nowhere
			}
			if a.Disabled == "" {
				moves++
			}
			if a.Event == nil || a.Ask != flows.AskNothing {
				continue
			}
			if _, _, ignored := step(n, a.Event); ignored != (a.Disabled != "") {
				return "lie"
			}
		}
	}
	if w.b.Rest() && moves == 0 {
		return "silent"
	}
	return ""
}

// stale are answers that nobody waits for, one of each kind and screen.
var stale = func() (all []flows.Event) {
	for _, e := range everyAnswer {
		first, ok := answerer(number(e, numberOf(0)))
		other, _ := answerer(number(e, numberOf(1)))
		for s := range flows.Screen(flows.Screens) {
			if ok && (s == first || first != other) {
				all = append(all, number(e, 5*flows.Screens+flows.ID(s)))
			}
		}
		all = append(all, e)
	}
	return all
}()

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

func searchBench(t *testing.T, step benchStep, actions func(Bench) []flows.Action, sc scope, whole bool) (map[string]string, *search.Graph[world]) {
	t.Helper()
	if machines := flows.Screens + 1; len(counters) != machines { // one a screen, and the console
		t.Fatalf("%d machines count their effects, of %d", len(counters), machines)
	}
	start := world{b: NewBench(sc.terms), scope: sc}
	start, _ = start.feed(step, flows.TermsSet{Terms: sc.terms})
	g, err := search.Search([]world{start}, moves(step), nil, 300_000)
	if err != nil {
		t.Error(err)
		return nil, g
	}
	broken := map[string]string{}
	for i, w := range g.States {
		if why := w.judge(step, actions, whole); why != "" && broken[why] == "" {
			broken[why] = g.Way(i)
		}
	}
	if i, stuck := g.Stuck(func(w world) bool { return w.b.Rest() || w.sin != "" }); stuck {
		broken["stuck"] = g.Way(i)
	}
	if i, stuck := g.Stuck(func(w world) bool { return w.b.Outcome() == flows.Passed || w.sin != "" }); stuck {
		broken["hopeless"] = g.Way(i)
	}
	return broken, g
}

func rightStep(b Bench, e flows.Event) (Bench, []flows.Effect, bool) { return b.Step(e) }

func rightActions(b Bench) []flows.Action { return b.Actions() }

func TestBenchInEveryScope(t *testing.T) {
	for name, sc := range scopes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if raced {
				sc.smooth, sc.endpoint, sc.terms.Anchor = true, false, true
			}
			broken, g := searchBench(t, rightStep, rightActions, sc, true)
			for why, way := range broken {
				t.Errorf("%s, after: %s", why, way)
			}
			t.Logf("%d states, %d steps", len(g.States), g.Edges)
			total(t, g)
		})
	}
}

// total feeds every event, expected or not, to the bench in every state: it is taken, or changes nothing.
func total(t *testing.T, g *search.Graph[world]) {
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
		for i, w := range g.States {
			if next, do, ignored := w.b.Step(e); ignored && (next != w.b || len(do) > 0) {
				t.Fatalf("%T is ignored and leaves a mark, after: %s", e, g.Way(i))
			}
		}
	}
}

func keys(m map[string]string) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
