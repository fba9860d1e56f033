package walk

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"example.org/sectag/flows"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/screen"
	"example.org/sectag/tui/words"
)

// sizes are the windows in which every state must show what matters.
var sizes = [...][2]int{{80, 24}, {40, 12}, {200, 60}}

// readable fails if a state does not fit its window, or hides what a person must see: the question and what is typed, the key of
// an action that can be done, the verdict.
func (r *run) readable(sizes ...[2]int) {
	r.t.Helper()
	old := r.root.sight
	for _, s := range sizes {
		r.root.sight.w, r.root.sight.h = s[0], s[1]
		view := sized(r.t, r.root)
		h := &r.root.hand
		switch {
		case h.over != screen.Nothing:
			r.shows(view, "esc back")
		case h.form != nil:
			r.shows(view, strings.Fields(h.form.Title)[0], "▸ "+cut(h.form.Fields[h.form.At].Label, s[0]/3-1), "enter")
		default:
			r.offers(view)
		}
		if v := verdictWord(r.m.Outcome(), r.m.Credentials().Hand(), r.m.Credentials().Aim()); v != "" && h.over == screen.Nothing && r.m.Screen() == flows.RecordScreen {
			big := strings.Contains(view, "██ ") || strings.Contains(view, strings.Join(strings.Split(v, ""), " "))
			if !big {
				r.t.Errorf("%s is not to be seen at %v in\n%s", v, s, view)
			}
		}
	}
	r.root.sight = old
}

// offers fails unless the first actions that can be done are to be seen, and the others are, or it is said where they are.
func (r *run) offers(shown string) {
	r.t.Helper()
	more := strings.Contains(shown, "? more")
	for i, a := range slices.DeleteFunc(view{r.m}.Actions(), func(a flows.Action) bool { return a.Disabled != "" }) {
		text := words.Key(a.Key) + " " + screen.Label(a)
		if _, turns := a.Event.(flows.Show); turns && a.Key <= '9' {
			text = "←→ screens"
		}
		if i < 3 || !more {
			r.shows(shown, text)
		}
	}
}

func cut(s string, n int) string { return string([]rune(s)[:min(len([]rune(s)), n)]) }

func verdictWord(o flows.Outcome, hand flows.Op, aim flows.Aim) string {
	if aim == flows.ForRetirement && o != flows.NoOutcome && o != flows.FailedOutcome {
		return "RETIRED"
	}
	if o == flows.Passed && hand != flows.Keep {
		return map[flows.Op]string{flows.WriteSlot: "WRITTEN", flows.DeleteSlot: "DELETED"}[hand]
	}
	return map[flows.Outcome]string{flows.Passed: "PASS", flows.Warned: "WARN", flows.FailedOutcome: "FAIL"}[o]
}

func (r *run) shows(view string, texts ...string) {
	r.t.Helper()
	for _, x := range texts {
		if !strings.Contains(view, x) {
			r.t.Errorf("%q is not to be seen at %dx%d in\n%s", x, r.root.sight.w, r.root.sight.h, view)
		}
	}
}

// TestEveryKindOfStateIsReadable searches the bench's machine: every action of a state is done, every effect in flight is answered
// well, badly and not at all, and every state that looks new is drawn at all sizes and searched on. Two states look the same when the
// same screen, stages, actions and effects in flight are there.
func TestEveryKindOfStateIsReadable(t *testing.T) {
	seen := map[string]bool{}
	var queue []*run
	add := func(r *run) {
		if k := r.looks(); !seen[k] {
			seen[k] = true
			r.readable(sizes[:]...)
			queue = append(queue, r)
		}
	}
	for _, terms := range []flows.Terms{{}, settled, {Authority: true, Port: true, Ledger: true}, {Authority: true, Port: true, Anchor: true, Station: true}} {
		for _, w := range []world{blank(t), returned(t), refusing(blank(t))} {
			add(newRun(t, terms, w))
		}
	}
	for _, terms := range []flows.Terms{inService, {Authority: true, Port: true, Ledger: true, Service: true}} {
		add(newRun(t, terms, cameBack(t)))
	}
	for n := 0; len(queue) > 0 && !t.Failed(); n++ {
		r := queue[0]
		queue = queue[1:]
		if n > 60_000 {
			t.Fatal("the search does not end")
		}
		for _, a := range (view{r.m}).Actions() {
			if e := anAnswer(a, r.story.Facts); e != nil && a.Disabled == "" {
				add(r.fork(func(r *run) { r.event(e) }))
			}
		}
		for i := range r.pending {
			for _, bad := range []int{0, 1, 2} {
				add(r.fork(func(r *run) { r.reply(i, bad) }))
			}
		}
	}
	t.Logf("%d kinds of states", len(seen))
	if len(seen) < 300 {
		t.Errorf("only %d kinds of states were found: the search is broken", len(seen))
	}
}

// looks is what tells one kind of state from another: what the screen that is shown depends on.
func (r *run) looks() string {
	var b strings.Builder
	at, f := r.m.Screen(), r.story.Facts
	fmt.Fprint(&b, at, r.m.Stage(at), r.m.Stage(flows.CredentialsScreen), r.m.Outcome(), f.Failure != nil, len(r.pending) > 1)
	for _, s := range []flows.Screen{flows.UnitScreen, flows.RecordScreen} {
		fmt.Fprint(&b, r.m.Stage(s))
	}
	for _, a := range (view{r.m}).Actions() {
		if _, turns := a.Event.(flows.Show); !turns {
			fmt.Fprint(&b, " ", a.Name, a.Disabled, a.Ask)
		}
	}
	for _, e := range r.pending {
		if flows.Screen(e.Of()%flows.Screens) == at {
			fmt.Fprint(&b, " ", typeName(e))
		}
	}
	if at == flows.CredentialsScreen || at == flows.RecordScreen {
		for _, p := range f.Plan {
			fmt.Fprint(&b, " ", p.Op, p.Stage)
		}
	}
	return b.String()
}

// fork goes on from a state without changing it.
func (r *run) fork(do func(*run)) *run {
	p := New(&desk{}, Options{UTC: true, Now: r.root.clock})
	p.palette = r.root.palette
	next := &run{t: r.t, m: r.m, story: r.story, pending: slices.Clone(r.pending), root: p, desk: p.hand.bench.(*desk), world: r.world}
	do(next)
	return next
}

// reply answers one of the effects in flight: well, with a failure, or with the loss of the session.
func (r *run) reply(i, bad int) {
	e := r.pending[i]
	answer := r.world.answer(r.t, e, r.story.Facts)
	switch bad {
	case 1:
		answer = flows.Failed{ID: e.Of(), Code: "cmng.518", Text: "the modem is active and refuses to change credentials, says its answer 518", Hint: "take it offline: AT+CFUN=4"}
	case 2:
		answer = flows.Lost{ID: e.Of(), Code: "port.lost", Text: "the port is gone", Hint: "plug it in again and retry"}
	}
	r.pending = slices.Delete(r.pending, i, i+1)
	r.event(answer)
}

// anAnswer is an event of an action, with a good answer to what it asks.
func anAnswer(a flows.Action, f flows.Facts) flows.Event {
	q := form.Open(a, f, form.Before{})
	if q == nil {
		return a.Event
	}
	good := map[flows.Ask][]string{
		flows.AskFiles: {"root.crt", "root.key"}, flows.AskPassphrase: {"open"}, flows.AskPort: {"/dev/ttyACM0"}, flows.AskSecTag: {"42"},
		flows.AskDigits: {f.Unit.IMEI.Last4()}, flows.AskURL: {"coaps://lwm2m.acme.eu"}, flows.AskSlot: {"42", "root-ca", "root.pem"},
		flows.AskAnchor: {"owner.pem"},
	}[a.Ask]
	if a.Ask == flows.AskLast8 && f.Probe != nil && f.Probe.Anchor != nil {
		good = []string{f.Probe.Anchor.SHA256.Last8()}
	}
	for i := range min(len(good), len(q.Fields)) {
		q.Fields[i].Set(good[i])
	}
	return q.Answer(func([]byte) flows.Ref { return 1 })
}

// TestAnyKeysAtAnyTime lets a monkey at the keyboard while effects are answered in any way, and wants every state to be readable.
func TestAnyKeysAtAnyTime(t *testing.T) {
	keys := []form.Key{{Name: form.Pasted, Text: "coaps://h:1"}}
	for name := form.Enter; name < form.Interrupt; name++ {
		keys = append(keys, form.Key{Name: name})
	}
	rapid.Check(t, func(rt *rapid.T) {
		worlds := []world{blank(t), returned(t), refusing(blank(t)), cameBack(t)}
		terms := []flows.Terms{{}, settled, {Authority: true, Port: true}, {Port: true, Station: true}, inService}
		r := newRun(t, terms[rapid.IntRange(0, len(terms)-1).Draw(rt, "terms")], worlds[rapid.IntRange(0, len(worlds)-1).Draw(rt, "world")])
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			switch rapid.IntRange(0, 4).Draw(rt, "kind") {
			case 0:
				r.press(rapid.SampledFrom(keys).Draw(rt, "key"))
			case 1: // q is left out: it would end the run
				r.press(string(rapid.SampledFrom([]rune("abcdefgilnoprstuwx?0123456789 /:")).Draw(rt, "char")))
			case 2:
				for _, a := range (view{r.m}).Actions() {
					if e := anAnswer(a, r.story.Facts); e != nil && a.Disabled == "" && rapid.Bool().Draw(rt, "do") {
						r.event(e)
						break
					}
				}
			default:
				if len(r.pending) > 0 {
					r.reply(rapid.IntRange(0, len(r.pending)-1).Draw(rt, "effect"), max(rapid.IntRange(-4, 2).Draw(rt, "bad"), 0))
				}
			}
			r.readable(sizes[:2]...)
			if t.Failed() {
				rt.FailNow()
			}
		}
	})
}
