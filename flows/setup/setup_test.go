package setup

import (
	"slices"
	"testing"

	"example.org/sectag/flows/search"
)

// world is the machine with the bench that it asks.
type world struct {
	m     Setup
	asked Effect // in flight
	made  bool
	saved bool
	wrong string // what must never be
}

var events = []Event{
	Answered{},
	Answered{Wrong: true},
	Answered{PSK: true},
	Answered{Whose: Make},
	Answered{Whose: Later},
	Answered{Whose: 9},
	BackWanted{},
	WriteWanted{},
	WriteWanted{Wrong: true},
	WriteWanted{Replace: true},
	Made{},
	Made{Failed: true},
	Saved{},
	Saved{Failed: true},
}

// next is every event in every state; the bench answers only what it was asked.
func next(w world, edge func(search.Edge[world])) {
	for _, e := range events {
		to := w
		answers := false
		switch e.(type) {
		case Made:
			answers = w.asked == MakeAuthority
		case Saved:
			answers = w.asked == SaveProfile || w.asked == ReplaceProfile
		}
		m, do, ignored := w.m.Step(e)
		to.m, to.wrong = m, judge(w, e, m, do, ignored, answers)
		if answers {
			to.made = w.made || e == Made{}
			to.saved = w.saved || e == Saved{}
			to.asked = Nothing
		}
		if do != Nothing {
			to.asked = do
		}
		edge(search.Edge[world]{Label: name(e), To: to})
	}
}

func name(e Event) string {
	i := slices.Index(events, e)
	return []string{"answer", "wrong answer", "psk", "make", "later", "out of range", "back", "write", "write what is wrong", "replace", "made", "not made", "saved", "not saved"}[i]
}

// judge names what no step may do.
func judge(w world, e Event, m Setup, do Effect, ignored, answers bool) string {
	answer := e == Made{} || e == Made{Failed: true} || e == Saved{} || e == Saved{Failed: true}
	switch {
	case ignored && (m != w.m || do != Nothing):
		return "an ignored event changed something"
	case answer && answers == ignored:
		return "an answer was not taken, or taken and not asked for"
	case do != Nothing && w.asked != Nothing:
		return "two effects are in flight"
	case (do == SaveProfile || do == ReplaceProfile) && w.m.At != Review:
		return "a file is written that nobody was shown"
	case do == SaveProfile && w.m.Exists, do == ReplaceProfile && !w.m.Exists:
		return "the wrong way to write"
	case do == ReplaceProfile && !w.m.Edit && e != Event(WriteWanted{Replace: true}):
		return "a file is replaced and nobody agreed"
	case do == MakeAuthority && (w.m.PSK || w.m.At != AskCreate):
		return "an authority is made that nobody asked for"
	case do != Nothing && (e == Answered{Wrong: true} || e == WriteWanted{Wrong: true}):
		return "something is done by a wrong answer"
	case m.Phase == Asking && !m.Asked(m.At):
		return "a question is asked that does not apply"
	case w.made && !m.Made:
		return "a made authority is forgotten"
	}
	return ""
}

func starts() (out []world) {
	for _, m := range []Setup{New(false, false, false), New(true, false, false), New(true, true, false), New(true, true, true)} {
		out = append(out, world{m: m})
	}
	return out
}

func TestAllStates(t *testing.T) {
	g, err := search.Search(starts(), next, func(w world) string {
		switch as := w.m.Actions(); {
		case w.wrong != "":
			return w.wrong
		case w.m.Phase == Asking && len(as) < 2:
			return "a resting state offers too little"
		case w.m.Phase != Asking && len(as) != 0:
			return "something is offered that would be ignored"
		case w.m.Rest() != (w.asked == Nothing):
			return "rest and the effect in flight disagree"
		case w.m.Phase == Written && !w.saved:
			return "written, it says, and nothing was"
		}
		n, of := w.m.Place()
		if w.m.Phase == Asking && (n < 1 || n > of || n == of != (w.m.At == Review)) {
			return "the place is wrong"
		}
		return ""
	}, 20000)
	if err != nil {
		t.Fatal(err)
	}
	if i, stuck := g.Stuck(func(w world) bool { return w.m.Rest() }); stuck {
		t.Errorf("no rest after: %s", g.Way(i))
	}
	if i, stuck := g.Stuck(func(w world) bool { return w.m.Phase == Left || w.m.Phase == Written }); stuck {
		t.Errorf("nobody gets out after: %s", g.Way(i))
	}
	seen := map[Question]bool{}
	for _, w := range g.States {
		seen[w.m.At] = true
	}
	if len(seen) != Questions {
		t.Errorf("only %d questions are ever asked", len(seen))
	}
	t.Logf("%d states, %d steps", len(g.States), g.Edges)
}

// TestAMutantIsFound: the judge must bite.
func TestAMutantIsFound(t *testing.T) {
	m := New(true, false, false)
	m.At = Review
	for name, bad := range map[string]string{
		"replaces unasked": judge(world{m: m}, WriteWanted{}, m, ReplaceProfile, false, false),
		"writes early":     judge(world{m: New(false, false, false)}, Answered{}, m, SaveProfile, false, false),
		"asks in vain":     judge(world{m: m}, BackWanted{}, Setup{At: AskRecipients}, Nothing, false, false),
		"forgets":          judge(world{m: m, made: true}, BackWanted{}, m, Nothing, false, false),
	} {
		if bad == "" {
			t.Errorf("%s is not seen", name)
		}
	}
}

func TestEscGoesBackQuestionByQuestion(t *testing.T) {
	m := New(false, false, false)
	var there, back []Question
	for m.At != Review {
		there = append(there, m.At)
		m, _, _ = m.Step(Answered{})
	}
	for m.Phase == Asking {
		m, _, _ = m.Step(BackWanted{})
		if m.Phase == Asking {
			back = append(back, m.At)
		}
	}
	slices.Reverse(back)
	if !slices.Equal(there, back) {
		t.Errorf("there by %v, back by %v", there, back)
	}
}

func TestEveryKeyHasAName(t *testing.T) {
	seen := map[string]bool{}
	for k := range Key(Keys) {
		if seen[k.String()] || k.String() == "?" || k.String() == "" {
			t.Errorf("key %d is called %q", k, k)
		}
		seen[k.String()] = true
	}
	p := Paper{Refusals: []Refusal{{Key: URL, Text: "x"}}}
	if p.On(URL) == nil || p.On(Life) != nil {
		t.Error("a refusal is at the wrong key")
	}
}
