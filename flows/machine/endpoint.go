package machine

import (
	"encoding/binary"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/turn"
)

type endpointPhase uint8

const (
	endpointNone     endpointPhase = iota // nothing was asked
	endpointProbing                       // ProbeServer is in flight
	endpointJudged                        // there is an anchor that a unit may be given: shall it be?
	endpointStoring                       // StoreAnchor is in flight
	endpointStored                        // the anchor is settled
	endpointSkipped                       // there is no server
	endpointLoading                       // LoadAnchor is in flight
	endpointUnproven                      // no anchor came of the probe
	endpointUnstored                      // the anchor was compared and could not be stored
)

// Endpoint settles which root the units will trust.
type Endpoint struct {
	turn.Turn
	phase  endpointPhase
	anchor cred.Digest
	print  cred.Digest // the anchor's fingerprint
	trust  flows.Trust
	named  bool // a server is named
	seen   bool // a server that a person named was looked at, whatever came of it
	have   bool // an anchor is configured
}

// Step takes an event.
func (m Endpoint) Step(e flows.Event) (Endpoint, []flows.Effect, bool) {
	was := m
	if t, ok := e.(flows.TermsSet); ok {
		m.named, m.have = t.Terms.Endpoint, t.Terms.Anchor
		return m, nil, m == was
	}
	if do, ok := m.asked(e); ok {
		return m, do, false
	}
	if m.answered(e) {
		return m, nil, false
	}
	return was, nil, true
}

func (m *Endpoint) asked(e flows.Event) ([]flows.Effect, bool) {
	if !m.Rest() {
		return nil, false
	}
	switch e := e.(type) {
	case flows.ProbeWanted:
		return m.probe(e.URL), true
	case flows.AnchorCompared:
		if m.phase == endpointJudged && m.compared(e.Last8) {
			return m.store(), true
		}
	case flows.AnchorChosen:
		m.phase, m.anchor, m.print, m.trust = endpointLoading, cred.Digest{}, cred.Digest{}, flows.NoTrust
		return []flows.Effect{flows.LoadAnchor{ID: m.Ask(flows.EndpointScreen), Path: e.Path}}, true
	case flows.EndpointSkipped:
		ok := !m.named && m.phase != endpointSkipped
		m.phase, m.seen = endpointSkipped, false
		return nil, ok
	case flows.Retry:
		if m.phase == endpointUnproven {
			return m.probe(""), true
		}
		if m.phase == endpointUnstored {
			return m.store(), true
		}
	}
	return nil, false
}

// probe looks at the server; an empty address is the one that was named last.
func (m *Endpoint) probe(url string) []flows.Effect {
	m.phase, m.anchor, m.print, m.trust = endpointProbing, cred.Digest{}, cred.Digest{}, flows.NoTrust
	return []flows.Effect{flows.ProbeServer{ID: m.Ask(flows.EndpointScreen), URL: url}}
}

func (m *Endpoint) store() []flows.Effect {
	m.phase = endpointStoring
	return []flows.Effect{flows.StoreAnchor{ID: m.Ask(flows.EndpointScreen), SHA256: m.anchor}}
}

func (m *Endpoint) answered(e flows.Event) bool {
	switch e := e.(type) {
	case flows.Probed:
		ok := m.phase == endpointProbing && m.Took(e.ID)
		m.phase, m.seen = endpointUnproven, true
		if e.OK && !e.Anchor.IsZero() && e.Trust != flows.NoTrust {
			m.phase, m.anchor, m.print, m.trust = endpointJudged, e.Anchor, e.Print, e.Trust
		}
		if m.phase == endpointJudged && e.Trust == flows.File {
			m.phase = endpointStored // it is the file that is configured
		}
		return ok
	case flows.AnchorStored:
		stored, loaded := m.phase == endpointStoring, m.phase == endpointLoading
		ok := (stored || loaded) && m.Took(e.ID)
		m.phase, m.have, m.named = endpointStored, true, m.named || stored || m.seen
		return ok
	case flows.Failed:
		failed := endpointUnproven
		if m.phase == endpointStoring {
			failed = endpointUnstored
		}
		m.phase = failed
		return m.Took(e.ID)
	}
	return false
}

// Named tells whether a server is named.
func (m Endpoint) Named() bool { return m.named }

// Probing tells whether the server is being looked at.
func (m Endpoint) Probing() bool { return m.phase == endpointProbing }

// compared tells whether these are the last eight characters of the anchor's digest, or of its fingerprint.
func (m Endpoint) compared(last uint32) bool {
	return last == last8(m.anchor) || !m.print.IsZero() && last == last8(m.print)
}

// last8 is the number that the last eight characters of a digest are.
func last8(d cred.Digest) uint32 { return binary.BigEndian.Uint32(d[len(d)-4:]) }

// Stage is the machine from far.
func (m Endpoint) Stage() flows.Stage {
	switch m.phase {
	case endpointNone:
		if m.have {
			return flows.Done
		}
		return flows.Idle
	case endpointStored, endpointSkipped:
		return flows.Done
	case endpointUnproven, endpointUnstored:
		return flows.Failing
	}
	return flows.Running
}

// Actions is what a person may do now.
func (m Endpoint) Actions() []flows.Action {
	if !m.Rest() {
		return nil
	}
	var as []flows.Action
	if m.phase == endpointJudged {
		a := flows.Action{Name: "store-anchor", Key: '\r', Danger: flows.Changes, Event: flows.AnchorCompared{Last8: last8(m.anchor)}}
		if m.trust == flows.FirstUse {
			a.Ask, a.Event = flows.AskLast8, nil
		}
		as = append(as, a)
	}
	if m.Stage() == flows.Failing {
		as = append(as, flows.Action{Name: "retry", Key: 'r', Event: flows.Retry{}})
	}
	if m.named {
		as = append(as, flows.Action{Name: "probe", Key: 'p', Event: flows.ProbeWanted{}})
	}
	as = append(as, flows.Action{Name: "name-server", Key: 'u', Ask: flows.AskURL}, flows.Action{Name: "load-anchor", Key: 'f', Ask: flows.AskAnchor})
	if !m.named && m.phase != endpointSkipped {
		as = append(as, flows.Action{Name: "no-server", Key: 'x', Event: flows.EndpointSkipped{}})
	}
	return as
}
