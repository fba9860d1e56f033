package console

import (
	"fmt"
	"strings"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/search"
	"example.org/sectag/flows/turn"
)

const (
	mine  cred.IMEI = 352656100367872
	other cred.IMEI = 352656100367880
)

// The texts behind references: one that asks, one that changes the unit, and that one again once it is held.
const (
	asks flows.Ref = iota + 1
	changes
	held
)

// world is the console joined with a port at which boards come and go.
type world struct {
	m      Console
	flight flows.Effect // asked, not answered
	meant  cred.IMEI    // the unit at the port when the changing command was typed; 0 when none is held
	sin    string
}

type step func(Console, flows.Event) (Console, []flows.Effect, bool)

func plain(m Console, e flows.Event) (Console, []flows.Effect, bool) { return m.Step(e) }

// normal gives the numbers their smallest values, so that the space is finite.
func (w world) normal() world {
	c := w.m.Counter()
	c.Seq = 1
	if c.Wait != 0 {
		c.Wait = turn.Aside | 1
		switch x := w.flight.(type) {
		case flows.AskModem:
			x.ID = c.Wait
			w.flight = x
		case flows.SaveTranscript:
			x.ID = c.Wait
			w.flight = x
		}
	}
	return w
}

// feed lets the machine have an event, and holds what it asks for against what must always be so.
func (w world) feed(do step, e flows.Event, edge func(search.Edge[world])) {
	next, effects, ignored := do(w.m, e)
	n := w
	n.m = next
	if ignored && (next != w.m || len(effects) > 0) {
		n.sin = "ignored"
	}
	for _, x := range effects {
		if n.flight != nil || len(effects) > 1 {
			n.sin = "two"
		}
		n.flight = x
		a, ask := x.(flows.AskModem)
		c, named := e.(flows.CommandConfirmed)
		switch {
		case ask && turn.Asker(a.ID) != flows.Screens:
			n.sin = "screen"
		case ask && w.m.imei == 0:
			n.sin = "nobody"
		case ask && a.Text == held && (a.IMEI == 0 || !named || uint64(c.Last4) != uint64(a.IMEI)%10000):
			n.sin = "unnamed"
		case ask && a.Text == held && a.IMEI != w.meant:
			n.sin = "swapped"
		}
	}
	if !ignored || n.sin != "" {
		edge(search.Edge[world]{Label: strings.TrimPrefix(fmt.Sprintf("%T", e), "flows."), To: n.normal()})
	}
}

// replies are what can come of the effect in flight: all of it, at any time.
func (w world) replies() []flows.Event {
	id := w.flight.Of()
	out := []flows.Event{flows.Failed{ID: id, Code: "line.error"}, flows.Lost{ID: id, Code: "port.lost"}}
	switch x := w.flight.(type) {
	case flows.AskModem:
		if x.Text == changes {
			return append(out, flows.CommandHeld{ID: id, Text: held})
		}
		return append(out, flows.ModemAnswered{ID: id, OK: true}, flows.ModemAnswered{ID: id})
	case flows.SaveTranscript:
		return append(out, flows.TranscriptSaved{ID: id})
	}
	return out
}

func moves(do step) func(world, func(search.Edge[world])) {
	return func(w world, edge func(search.Edge[world])) {
		if w.sin != "" {
			return
		}
		for _, e := range []flows.Event{
			flows.CommandTyped{Text: asks},
			flows.CommandTyped{Text: changes},
			flows.CommandDropped{},
			flows.TranscriptWanted{Path: "t"},
			flows.CommandConfirmed{Last4: uint16(mine % 10000)},
			flows.CommandConfirmed{Last4: uint16(other % 10000)},
			flows.CommandConfirmed{Last4: 1},
		} {
			n := w
			if c, ok := e.(flows.CommandTyped); ok && c.Text == changes {
				n.meant = w.m.imei
			}
			n.feed(do, e, edge)
		}
		for _, id := range []flows.ID{0, turn.Aside, turn.Aside | 7, flows.Screens} { // late answers, and other machines'
			for _, e := range []flows.Event{
				flows.Failed{ID: id}, flows.Lost{ID: id}, flows.CommandHeld{ID: id, Text: held}, flows.ModemAnswered{ID: id, OK: true}, flows.TranscriptSaved{ID: id},
			} {
				w.feed(do, e, func(x search.Edge[world]) { x.To.sin = "late"; edge(x) })
			}
		}
		for _, imei := range []cred.IMEI{0, mine, other} { // a board is pulled or another one identified: never while the console works
			if w.flight == nil {
				n := w
				n.m = n.m.At(imei)
				edge(search.Edge[world]{Label: "another board", To: n, Exit: true})
			}
		}
		if w.flight != nil {
			for _, e := range w.replies() {
				n := w
				n.flight = nil
				n.feed(do, e, edge)
			}
		}
	}
}

func judge(w world) string {
	switch {
	case w.sin != "":
		return w.sin
	case (w.flight == nil) != w.m.Rest():
		return "deaf"
	}
	for _, a := range w.m.Actions() {
		if a.Disabled == "" && !w.m.Rest() {
			return "open"
		}
		if a.Event != nil && a.Disabled == "" {
			if _, _, ignored := w.m.Step(a.Event); ignored {
				return "lie"
			}
		}
	}
	return ""
}

func walk(do step) (*search.Graph[world], error) {
	return search.Search([]world{{m: Console{Turn: turn.Turn{Seq: 1}}}}, moves(do), judge, 5000)
}

func TestTheConsoleInEveryState(t *testing.T) {
	g, err := walk(plain)
	if err != nil {
		t.Fatal(err)
	}
	if i, stuck := g.Stuck(func(w world) bool { return w.m.Rest() }); stuck {
		t.Errorf("it never rests again, after: %s", g.Way(i))
	}
	seen := map[consolePhase]bool{}
	for _, w := range g.States {
		seen[w.m.phase] = true
	}
	if len(seen) != int(consoleSaving)+1 || len(g.States) < 15 {
		t.Errorf("%d states, phases %v", len(g.States), seen)
	}
}

// TestTheSearchFindsWhatIsWrong: machines that are wrong in one way each are found out.
func TestTheSearchFindsWhatIsWrong(t *testing.T) {
	for sin, do := range map[string]step{
		"unnamed": func(m Console, e flows.Event) (Console, []flows.Effect, bool) {
			if _, ok := e.(flows.CommandConfirmed); ok {
				e = flows.CommandConfirmed{Last4: uint16(m.imei % 10000)} // believes any digits
			}
			return m.Step(e)
		},
		"swapped": func(m Console, e flows.Event) (Console, []flows.Effect, bool) {
			if _, ok := e.(flows.CommandConfirmed); ok && m.text == 0 && m.Rest() && m.imei != 0 {
				m.phase, m.text = consoleHeld, held // keeps what was meant for the board before
			}
			return m.Step(e)
		},
		"two": func(m Console, e flows.Event) (Console, []flows.Effect, bool) {
			if _, ok := e.(flows.CommandTyped); ok && m.imei != 0 {
				m.Wait = 0 // does not wait for the answer
			}
			return m.Step(e)
		},
		"late": func(m Console, e flows.Event) (Console, []flows.Effect, bool) {
			if a, ok := e.(flows.ModemAnswered); ok && m.Wait != 0 {
				a.ID = m.Wait // takes any answer for its own
				e = a
			}
			return m.Step(e)
		},
		"nobody": func(m Console, e flows.Event) (Console, []flows.Effect, bool) {
			if c, ok := e.(flows.CommandTyped); ok && m.imei == 0 && m.Rest() {
				m.phase = consoleAsking
				return m, []flows.Effect{flows.AskModem{ID: m.AskAside(), Text: c.Text}}, false
			}
			return m.Step(e)
		},
		"deaf": func(m Console, e flows.Event) (Console, []flows.Effect, bool) {
			if l, ok := e.(flows.Lost); ok && l.ID == m.Wait && l.ID != 0 {
				return m, nil, false // waits for ever when the session is gone
			}
			return m.Step(e)
		},
	} {
		if _, err := walk(do); err == nil || !strings.HasPrefix(err.Error(), sin+",") {
			t.Errorf("%s: the search says %v", sin, err)
		}
	}
}

func TestACommandThatIsHeldGoesWithItsUnit(t *testing.T) {
	m := Console{phase: consoleHeld, imei: mine, text: held}
	if m = m.At(mine); !m.Held() {
		t.Error("the same unit lost its command")
	}
	if m = m.At(other); m.Held() || m.text != 0 {
		t.Error("another unit would get it")
	}
}
