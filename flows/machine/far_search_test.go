package machine

import (
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

// farWorld is what the server showed and what a person said to it.
type farWorld struct {
	anchor cred.Digest // that the last probe proposed
	print  cred.Digest // and its fingerprint
	trust  flows.Trust
	typed  bool // its last eight characters were typed
	stored bool
	named  bool // terms: a server
	have   bool // terms: an anchor
	seen   bool // a server was looked at
	served bool // and a root from a file was settled for it
	skip   bool
}

func TestEndpoint(t *testing.T) {
	t.Parallel()
	a, b := cred.Digest{31: 7}, cred.Digest{31: 9}
	terms := func(server, anchor bool) flows.Event {
		return flows.TermsSet{Terms: flows.Terms{Endpoint: server, Anchor: anchor}}
	}
	d := model[Endpoint, farWorld]{
		wishes: []flows.Event{
			flows.ProbeWanted{}, flows.AnchorCompared{Last8: 7}, flows.AnchorCompared{Last8: 9}, flows.AnchorCompared{Last8: 5}, flows.AnchorCompared{}, flows.AnchorChosen{Path: "f"}, flows.EndpointSkipped{}, flows.Retry{}, flows.Cancel{},
		},
		facts: []flows.Event{terms(false, false), terms(true, false), terms(true, true)},
		recall: func(w farWorld, e flows.Event) farWorld {
			switch e := e.(type) {
			case flows.TermsSet:
				w.named, w.have, w.served = e.Terms.Endpoint, e.Terms.Anchor, false
			case flows.AnchorCompared:
				w.typed = e.Last8 == last8(w.anchor) || !w.print.IsZero() && e.Last8 == last8(w.print)
			case flows.AnchorChosen:
				w.stored, w.skip, w.served = false, false, false
			case flows.EndpointSkipped:
				w.skip, w.seen = true, false
			}
			return w
		},
		replies: func(w farWorld, x flows.Effect) []reply[farWorld] {
			if _, store := x.(flows.StoreAnchor); store {
				done := w
				done.stored, done.named, done.have, done.skip = true, true, true, false
				return []reply[farWorld]{{flows.Failed{}, w}, {flows.AnchorStored{}, done}}
			}
			w.print = cred.Digest{}
			if _, load := x.(flows.LoadAnchor); load {
				w.anchor, w.trust, w.typed, w.stored, w.skip = cred.Digest{}, flows.NoTrust, false, false, false
				done := w
				done.stored, done.have, done.served = true, true, w.seen
				return []reply[farWorld]{{flows.Failed{}, w}, {flows.AnchorStored{}, done}}
			}
			w.anchor, w.trust, w.typed, w.stored, w.skip = cred.Digest{}, flows.NoTrust, false, false, false
			failed := w
			w.seen = true
			out := []reply[farWorld]{{flows.Failed{}, failed}, {flows.Probed{Anchor: a, Trust: flows.FirstUse}, w}, {flows.Probed{OK: true, Trust: flows.FirstUse}, w}, {flows.Probed{OK: true, Anchor: a}, w}}
			for _, trust := range []flows.Trust{flows.FirstUse, flows.Bundle, flows.File} {
				for _, anchor := range []cred.Digest{a, b} {
					w.anchor, w.trust, w.stored = anchor, trust, trust == flows.File
					out = append(out, reply[farWorld]{flows.Probed{OK: true, Anchor: anchor, Trust: trust}, w})
				}
			}
			w.anchor, w.print, w.trust, w.stored = a, cred.Digest{31: 5}, flows.FirstUse, false
			return append(out, reply[farWorld]{flows.Probed{OK: true, Anchor: a, Print: w.print, Trust: flows.FirstUse}, w})
		},
		ask: func(w farWorld, x flows.Effect, e flows.Event) string {
			s, store := x.(flows.StoreAnchor)
			switch {
			case store && w.trust == flows.NoTrust:
				return "unproven"
			case store && s.SHA256 != w.anchor:
				return "other"
			case store && w.trust == flows.FirstUse && !w.typed:
				return "untyped"
			}
			return ""
		},
		judge: func(m Endpoint, w farWorld) string {
			switch {
			case m.phase == endpointSkipped && w.named && w.skip && !m.named:
				return "skipped"
			case m.phase == endpointStored && w.served && !m.named:
				return "forgotten"
			case m.Stage() == flows.Done && !w.stored && !w.have && !w.skip:
				return "unsettled"
			}
			return ""
		},
	}
	drawn(t, "endpoint.go", "Endpoint", d, func(m Endpoint) int { return int(m.phase) })
	tried(t, d, []string{"unproven", "other", "untyped", "skipped", "forgotten", "unsettled"}, map[string]mutant[Endpoint]{
		"does not compare": twisted("untyped", func(m Endpoint, e flows.Event) (Endpoint, []flows.Effect, bool) {
			if _, typed := e.(flows.AnchorCompared); typed && m.phase == endpointJudged {
				e = flows.AnchorCompared{Last8: last8(m.anchor)}
			}
			return m.Step(e)
		}),
		"stores what it saw before": twisted("other", func(m Endpoint, e flows.Event) (Endpoint, []flows.Effect, bool) {
			n, do, ignored := m.Step(e)
			for i, x := range do {
				if s, ok := x.(flows.StoreAnchor); ok {
					s.SHA256 = a
					do[i] = s
				}
			}
			return n, do, ignored
		}),
		"stores after a probe that failed": twisted("unproven", func(m Endpoint, e flows.Event) (Endpoint, []flows.Effect, bool) {
			if m.phase == endpointUnproven && e == flows.Event(flows.Retry{}) {
				m.phase = endpointUnstored
			}
			return m.Step(e)
		}),
		"believes an anchor without a reason": twisted("unproven", func(m Endpoint, e flows.Event) (Endpoint, []flows.Effect, bool) {
			if p, ok := e.(flows.Probed); ok && p.Trust == flows.NoTrust {
				p.Trust = flows.Bundle
				e = p
			}
			return m.Step(e)
		}),
		"takes a failed probe for settled": twisted("unsettled", func(m Endpoint, e flows.Event) (Endpoint, []flows.Effect, bool) {
			n, do, ignored := m.Step(e)
			if n.phase == endpointUnproven {
				n.phase = endpointStored
			}
			return n, do, ignored
		}),
		"forgets the server when its root comes from a file": twisted("forgotten", func(m Endpoint, e flows.Event) (Endpoint, []flows.Effect, bool) {
			n, do, ignored := m.Step(e)
			if _, stored := e.(flows.AnchorStored); stored && m.phase == endpointLoading && !ignored {
				n.named = m.named
			}
			return n, do, ignored
		}),
		"forgets that a server is named": twisted("skipped", func(m Endpoint, e flows.Event) (Endpoint, []flows.Effect, bool) {
			if s, ok := e.(flows.TermsSet); ok {
				s.Terms.Endpoint = false
				e = s
			}
			return m.Step(e)
		}),
	})
}

// wireWorld is what the server made of the unit.
type wireWorld struct {
	begun   bool
	verdict flows.Outcome
}

func TestConnection(t *testing.T) {
	t.Parallel()
	d := model[Connection, wireWorld]{
		wishes: []flows.Event{flows.ConnectWanted{}, flows.Retry{}, flows.Cancel{}},
		begin: func(m Connection, w wireWorld) (Connection, []flows.Effect, wireWorld, bool) {
			n, do := m.Begin()
			return n, do, wireWorld{begun: true}, m.phase == connectionNone
		},
		replies: func(w wireWorld, _ flows.Effect) []reply[wireWorld] {
			out := []reply[wireWorld]{{flows.Failed{}, wireWorld{true, flows.FailedOutcome}}, {flows.Connected{}, wireWorld{true, flows.FailedOutcome}}}
			for _, v := range []flows.Outcome{flows.Passed, flows.Warned, flows.FailedOutcome} {
				out = append(out, reply[wireWorld]{flows.Connected{Verdict: v}, wireWorld{true, v}})
			}
			return out
		},
		ask: func(w wireWorld, x flows.Effect, e flows.Event) string {
			switch e.(type) {
			case flows.Connected, flows.Failed:
				return "unasked"
			}
			if !w.begun {
				return "keyless"
			}
			return ""
		},
		judge: func(m Connection, w wireWorld) string {
			good := w.verdict == flows.Passed || w.verdict == flows.Warned
			switch {
			case m.Rest() && m.Stage() == flows.Done && !good, m.Rest() && m.Stage() == flows.Failing && good:
				return "false"
			case m.Rest() && m.Verdict() != w.verdict && m.Stage() != flows.Failing:
				return "verdict"
			}
			return ""
		},
	}
	step := func(change func(m *Connection, e flows.Event, do *[]flows.Effect)) func(Connection, flows.Event) (Connection, []flows.Effect, bool) {
		return func(m Connection, e flows.Event) (Connection, []flows.Effect, bool) {
			n, do, ignored := m.Step(e)
			if !ignored {
				change(&n, e, &do)
			}
			return n, do, ignored
		}
	}
	drawn(t, "connection.go", "Connection", d, func(m Connection) int { return int(m.phase) })
	tried(t, d, []string{"unasked", "keyless", "false", "verdict"}, map[string]mutant[Connection]{
		"tries again by itself": twisted("unasked", step(func(m *Connection, e flows.Event, do *[]flows.Effect) {
			if _, failed := e.(flows.Failed); failed {
				*m, *do = m.Begin()
			}
		})),
		"connects without a key": twisted("keyless", func(m Connection, e flows.Event) (Connection, []flows.Effect, bool) {
			if _, wanted := e.(flows.ConnectWanted); wanted && m.phase == connectionNone {
				n, do := m.Begin()
				return n, do, false
			}
			return m.Step(e)
		}),
		"passes what failed": twisted("false", step(func(m *Connection, e flows.Event, _ *[]flows.Effect) {
			if m.phase == connectionOver && m.verdict == flows.FailedOutcome {
				m.verdict = flows.Warned
			}
		})),
		"passes a verdict that nobody gave": twisted("false", step(func(m *Connection, e flows.Event, _ *[]flows.Effect) {
			if c, ok := e.(flows.Connected); ok && c.Verdict == flows.NoOutcome {
				m.verdict = flows.NoOutcome
			}
		})),
		"forgets a warning": twisted("verdict", step(func(m *Connection, e flows.Event, _ *[]flows.Effect) {
			if m.verdict == flows.Warned {
				m.verdict = flows.Passed
			}
		})),
	})
}

// bookWorld is what is in the ledger and in the profile.
type bookWorld struct {
	verdict flows.Outcome // that the work came to
	kept    bool
	records uint8
	profile bool
	saved   bool
}

func TestRecord(t *testing.T) {
	t.Parallel()
	d := model[Record, bookWorld]{
		wishes: []flows.Event{
			flows.RecordWanted{}, flows.Retry{}, flows.ProfileSaveWanted{Path: "p"}, flows.Cancel{},
		},
		facts: []flows.Event{flows.TermsSet{Terms: flows.Terms{Profile: true}}, flows.TermsSet{}},
		recall: func(w bookWorld, e flows.Event) bookWorld {
			if s, ok := e.(flows.TermsSet); ok {
				w.profile = s.Terms.Profile
			}
			return w
		},
		begin: func(m Record, w bookWorld) (Record, []flows.Effect, bookWorld, bool) {
			w.verdict, w.kept, w.records = flows.Warned, true, 0
			n, do := m.Begin(w.verdict, w.kept, flows.ForProfile)
			return n, do, w, m.phase == recordNone
		},
		replies: func(w bookWorld, x flows.Effect) []reply[bookWorld] {
			out := []reply[bookWorld]{{flows.Failed{}, w}}
			if _, save := x.(flows.SaveProfile); save {
				w.saved = true
				return append(out, reply[bookWorld]{flows.ProfileSaved{}, w})
			}
			w.records++
			return append(out, reply[bookWorld]{flows.RecordWritten{}, w})
		},
		ask: func(w bookWorld, x flows.Effect, e flows.Event) string {
			r, write := x.(flows.WriteRecord)
			_, save := x.(flows.SaveProfile)
			switch {
			case write && w.verdict == flows.NoOutcome:
				return "early"
			case write && w.records > 0:
				return "twice"
			case write && (r.Verdict != w.verdict || r.Kept != w.kept):
				return "untrue"
			case save && (w.profile || w.records == 0):
				return "needless"
			}
			return ""
		},
		judge: func(m Record, w bookWorld) string {
			if m.Stage() == flows.Done && w.records == 0 {
				return "missing"
			}
			return ""
		},
	}
	drawn(t, "record.go", "Record", d, func(m Record) int { return int(m.phase) })
	tried(t, d, []string{"early", "twice", "untrue", "needless", "missing"}, map[string]mutant[Record]{
		"writes before the work is over": twisted("early", func(m Record, e flows.Event) (Record, []flows.Effect, bool) {
			if _, wanted := e.(flows.RecordWanted); wanted && m.phase == recordNone {
				do := m.write()
				return m, do, false
			}
			return m.Step(e)
		}),
		"writes again": twisted("twice", func(m Record, e flows.Event) (Record, []flows.Effect, bool) {
			if _, wanted := e.(flows.RecordWanted); wanted && m.phase == recordSaved {
				do := m.write()
				return m, do, false
			}
			return m.Step(e)
		}),
		"tries again with a better verdict": twisted("untrue", func(m Record, e flows.Event) (Record, []flows.Effect, bool) {
			n, do, ignored := m.Step(e)
			if n.phase == recordUnwritten && !ignored {
				n.verdict = flows.Passed
			}
			return n, do, ignored
		}),
		"forgets that nothing was changed": twisted("untrue", func(m Record, e flows.Event) (Record, []flows.Effect, bool) {
			n, do, ignored := m.Step(e)
			if n.phase == recordUnwritten && !ignored {
				n.kept = false
			}
			return n, do, ignored
		}),
		"saves a profile over another": twisted("needless", func(m Record, e flows.Event) (Record, []flows.Effect, bool) {
			if s, ok := e.(flows.TermsSet); ok {
				s.Terms.Profile = false
				e = s
			}
			return m.Step(e)
		}),
		"is content without a record": twisted("missing", func(m Record, e flows.Event) (Record, []flows.Effect, bool) {
			n, do, ignored := m.Step(e)
			if n.phase == recordUnwritten && !ignored {
				n.phase, n.profile = recordSaved, true
			}
			return n, do, ignored
		}),
	})
}
