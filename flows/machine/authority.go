package machine

import (
	"example.org/sectag/flows"
	"example.org/sectag/flows/turn"
)

type authorityPhase uint8

const (
	authorityNone      authorityPhase = iota // none is named
	authorityLoading                         // LoadAuthority is in flight
	authorityCreating                        // CreateAuthority is in flight
	authorityLocked                          // loaded; the key is closed
	authorityUnlocking                       // UnlockAuthority is in flight
	authorityReady                           // the key is open
	authorityUnloaded                        // the files could not be used
	authorityUnmade                          // no authority could be made
	authorityRefused                         // the key did not open
)

// Authority gets the authority's key open: it loads or makes a root and unlocks its key.
type Authority struct {
	turn.Turn
	phase     authorityPhase
	encrypted bool // the key needs a passphrase
	doubt     bool // it was locked while the answer in flight was on its way: the answer may be older than the lock
}

// Step takes an event.
func (m Authority) Step(e flows.Event) (Authority, []flows.Effect, bool) {
	was := m
	if do, ok := m.asked(e); ok {
		return m, do, false
	}
	if do, ok := m.answered(e); ok {
		return m, do, false
	}
	return was, nil, true
}

// asked takes what a person wants.
func (m *Authority) asked(e flows.Event) ([]flows.Effect, bool) {
	if _, ok := e.(flows.AuthorityLocked); ok {
		return nil, m.lock()
	}
	if !m.Rest() {
		return nil, false
	}
	switch e := e.(type) {
	case flows.AuthorityChosen:
		return m.load(e.Cert, e.Key), true
	case flows.AuthorityWanted:
		*m = Authority{Turn: m.Turn, phase: authorityCreating}
		return []flows.Effect{flows.CreateAuthority{ID: m.Ask(flows.AuthorityScreen), Dir: e.Dir, Subject: e.Subject, Days: e.Days, Pass: e.Pass}}, true
	case flows.PassphraseGiven:
		if m.phase == authorityLocked || m.phase == authorityRefused {
			return m.unlock(e.Pass), true
		}
	case flows.Retry:
		if m.phase == authorityUnloaded {
			return m.load("", ""), true
		}
		if m.phase == authorityRefused && !m.encrypted {
			return m.unlock(0), true
		}
	}
	return nil, false
}

// lock believes that the key was closed, and doubts an answer that may have been made before.
func (m *Authority) lock() bool {
	switch {
	case m.phase == authorityReady:
		m.phase = authorityLocked
		return true
	case m.Wait != 0 && !m.doubt:
		m.doubt = true
		return true
	}
	return false
}

// load reads an authority's files; empty names are those that were named last.
func (m *Authority) load(cert, key string) []flows.Effect {
	*m = Authority{Turn: m.Turn, phase: authorityLoading}
	return []flows.Effect{flows.LoadAuthority{ID: m.Ask(flows.AuthorityScreen), Cert: cert, Key: key}}
}

func (m *Authority) unlock(pass flows.Ref) []flows.Effect {
	m.phase, m.doubt = authorityUnlocking, false
	return []flows.Effect{flows.UnlockAuthority{ID: m.Ask(flows.AuthorityScreen), Pass: pass}}
}

// answered takes an effect's answer.
func (m *Authority) answered(e flows.Event) ([]flows.Effect, bool) {
	doubt := m.doubt
	m.doubt = false
	switch e := e.(type) {
	case flows.AuthorityLoaded:
		ok := (m.phase == authorityLoading || m.phase == authorityCreating) && m.Took(e.ID)
		m.encrypted = e.Encrypted
		m.phase = authorityLocked
		switch {
		case !ok || doubt:
		case e.Open:
			m.phase = authorityReady
		case !e.Encrypted:
			return m.unlock(0), true
		}
		return nil, ok
	case flows.AuthorityUnlocked:
		ok := m.phase == authorityUnlocking && m.Took(e.ID)
		m.phase = authorityReady
		if doubt {
			m.phase = authorityLocked
		}
		return nil, ok
	case flows.Failed:
		failed := map[authorityPhase]authorityPhase{
			authorityLoading: authorityUnloaded, authorityCreating: authorityUnmade, authorityUnlocking: authorityRefused,
		}
		m.phase = failed[m.phase]
		return nil, m.Took(e.ID)
	}
	return nil, false
}

// Encrypted tells whether the loaded key needs a passphrase.
func (m Authority) Encrypted() bool { return m.encrypted }

// Stage is the machine from far.
func (m Authority) Stage() flows.Stage {
	switch m.phase {
	case authorityNone:
		return flows.Idle
	case authorityReady:
		return flows.Done
	case authorityUnloaded, authorityUnmade, authorityRefused:
		return flows.Failing
	}
	return flows.Running
}

// Actions is what a person may do now.
func (m Authority) Actions() []flows.Action {
	if !m.Rest() {
		return nil
	}
	var as []flows.Action
	switch {
	case m.phase == authorityUnloaded:
		as = append(as, flows.Action{Name: "retry", Key: 'r', Event: flows.Retry{}})
	case (m.phase == authorityLocked || m.phase == authorityRefused) && m.encrypted:
		as = append(as, flows.Action{Name: "unlock", Key: '\r', Ask: flows.AskPassphrase})
	case m.phase == authorityLocked || m.phase == authorityRefused:
		as = append(as, flows.Action{Name: "unlock", Key: '\r', Event: flows.PassphraseGiven{}})
	}
	return append(as,
		flows.Action{Name: "load", Key: 'o', Ask: flows.AskFiles},
		flows.Action{Name: "create", Key: 'c', Danger: flows.Changes, Ask: flows.AskNewAuth})
}
