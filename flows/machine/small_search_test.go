package machine

import (
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

// keyWorld is what the bench has of the authority.
type keyWorld struct {
	loaded, encrypted bool
	open              bool // the key, in memory
	early             bool // the effect in flight has had its effect, and its answer is on its way
}

func TestAuthority(t *testing.T) {
	t.Parallel()
	failed := func(w keyWorld) reply[keyWorld] {
		w.early = false
		return reply[keyWorld]{flows.Failed{Code: "x"}, w}
	}
	d := model[Authority, keyWorld]{
		wishes: []flows.Event{
			flows.AuthorityChosen{Cert: "c"}, flows.AuthorityWanted{Pass: 1}, flows.PassphraseGiven{Pass: 1}, flows.PassphraseGiven{}, flows.Retry{}, flows.Cancel{},
		},
		facts: []flows.Event{flows.AuthorityLocked{}},
		recall: func(w keyWorld, e flows.Event) keyWorld {
			switch e.(type) {
			case flows.AuthorityLocked:
				w.open = false
			case flows.AuthorityChosen, flows.AuthorityWanted:
				w = keyWorld{}
			}
			return w
		},
		drift: func(w keyWorld, x flows.Effect) []keyWorld {
			switch x.(type) {
			case flows.CreateAuthority:
				return []keyWorld{{loaded: true, encrypted: true, open: true, early: true}}
			case flows.UnlockAuthority:
				w.open, w.early = true, true
				return []keyWorld{w}
			}
			return nil
		},
		replies: func(w keyWorld, x flows.Effect) []reply[keyWorld] {
			out := []reply[keyWorld]{failed(w)}
			answer := flows.Event(flows.AuthorityUnlocked{})
			switch x.(type) {
			case flows.LoadAuthority:
				return append(out, reply[keyWorld]{flows.AuthorityLoaded{}, keyWorld{loaded: true}},
					reply[keyWorld]{flows.AuthorityLoaded{Encrypted: true}, keyWorld{loaded: true, encrypted: true}})
			case flows.CreateAuthority:
				answer = flows.AuthorityLoaded{Encrypted: true, Open: true}
			}
			if w.early {
				w.early = false
				out = append(out, reply[keyWorld]{answer, w})
			}
			return out
		},
		ask: func(w keyWorld, x flows.Effect, e flows.Event) string {
			_, unlock := x.(flows.UnlockAuthority)
			_, given := e.(flows.PassphraseGiven)
			switch {
			case unlock && !w.loaded:
				return "unloaded"
			case unlock && !given && w.encrypted:
				return "guess"
			}
			return ""
		},
		judge: func(m Authority, w keyWorld) string {
			if m.Stage() == flows.Done && !w.open {
				return "open"
			}
			return ""
		},
	}
	drawn(t, "authority.go", "Authority", d, func(m Authority) int { return int(m.phase) })
	tried(t, d, []string{"unloaded", "guess", "open"}, map[string]mutant[Authority]{
		"believes an answer from before a lock": twisted("open", func(m Authority, e flows.Event) (Authority, []flows.Effect, bool) {
			n, do, ignored := m.Step(e)
			n.doubt = n.doubt && ignored
			return n, do, ignored
		}),
		"takes every loaded key for open": twisted("open", func(m Authority, e flows.Event) (Authority, []flows.Effect, bool) {
			if l, ok := e.(flows.AuthorityLoaded); ok {
				l.Open = true
				e = l
			}
			return m.Step(e)
		}),
		"does not hear a lock": twisted("open", func(m Authority, e flows.Event) (Authority, []flows.Effect, bool) {
			if _, locked := e.(flows.AuthorityLocked); locked && m.phase == authorityReady {
				return m, nil, true
			}
			return m.Step(e)
		}),
		"tries an empty passphrase": twisted("guess", func(m Authority, e flows.Event) (Authority, []flows.Effect, bool) {
			if l, ok := e.(flows.AuthorityLoaded); ok {
				l.Encrypted = false
				e = l
			}
			return m.Step(e)
		}),
		"unlocks what was never loaded": twisted("unloaded", func(m Authority, e flows.Event) (Authority, []flows.Effect, bool) {
			if _, given := e.(flows.PassphraseGiven); given && m.phase == authorityNone {
				m.phase = authorityLocked
			}
			return m.Step(e)
		}),
	})
}

// portWorld is what was asked of the port.
type portWorld struct {
	ok bool // the last name that was given is a port's
}

func TestPort(t *testing.T) {
	t.Parallel()
	d := model[Port, portWorld]{
		wishes: []flows.Event{flows.PortsWanted{}, flows.PortNamed{Name: "p"}, flows.Retry{}, flows.Cancel{}},
		replies: func(w portWorld, x flows.Effect) []reply[portWorld] {
			if _, list := x.(flows.ListPorts); list {
				return []reply[portWorld]{{flows.Failed{}, w}, {flows.PortsListed{}, w}}
			}
			return []reply[portWorld]{{flows.Failed{}, portWorld{}}, {flows.PortChosen{Name: "p"}, portWorld{ok: true}}}
		},
		recall: func(w portWorld, e flows.Event) portWorld { return w },
		judge: func(m Port, w portWorld) string {
			switch {
			case m.Stage() == flows.Done && !w.ok:
				return "unchecked"
			case m.phase == portAsking && w.ok:
				return "forgotten"
			}
			return ""
		},
	}
	drawn(t, "port.go", "Port", d, func(m Port) int { return int(m.phase) })
	tried(t, d, []string{"unchecked", "forgotten"}, map[string]mutant[Port]{
		"believes every name": twisted("unchecked", func(m Port, e flows.Event) (Port, []flows.Effect, bool) {
			n, do, ignored := m.Step(e)
			if n.phase == portRefused {
				n.phase = portChosen
			}
			return n, do, ignored
		}),
		"keeps the old port when the new one is refused": twisted("unchecked", func(m Port, e flows.Event) (Port, []flows.Effect, bool) {
			held := m.held
			n, do, ignored := m.Step(e)
			if n.phase == portTaking {
				n.held = held
			}
			return n, do, ignored
		}),
		"takes the list for a choice": twisted("unchecked", func(m Port, e flows.Event) (Port, []flows.Effect, bool) {
			n, do, ignored := m.Step(e)
			if n.phase == portAsking {
				n.phase = portChosen
			}
			return n, do, ignored
		}),
		"believes a refused name at the second try": twisted("unchecked", func(m Port, e flows.Event) (Port, []flows.Effect, bool) {
			if m.phase == portRefused && e == flows.Event(flows.Retry{}) {
				m.phase, m.held = portChosen, true
				return m, nil, false
			}
			return m.Step(e)
		}),
		"forgets the port when it lists": twisted("forgotten", func(m Port, e flows.Event) (Port, []flows.Effect, bool) {
			if _, list := e.(flows.PortsWanted); list {
				m.held = false
			}
			return m.Step(e)
		}),
	})
}

// unitWorld is what was last told of the unit, and confirmed.
type unitWorld struct {
	told, yes cred.IMEI
	session   uint32
}

func TestUnit(t *testing.T) {
	t.Parallel()
	d := model[Unit, unitWorld]{
		wishes: []flows.Event{flows.UnitWanted{}, flows.UnitConfirmed{IMEI: unitA}, flows.UnitConfirmed{IMEI: unitB}, flows.UnitConfirmed{}, flows.Retry{}, flows.Cancel{}},
		recall: func(w unitWorld, e flows.Event) unitWorld {
			switch e := e.(type) {
			case flows.UnitConfirmed:
				w.yes = e.IMEI
			case flows.UnitWanted, flows.Retry:
				w = unitWorld{}
			}
			return w
		},
		replies: func(w unitWorld, x flows.Effect) []reply[unitWorld] {
			out := []reply[unitWorld]{{flows.Failed{}, unitWorld{}}, {flows.Lost{}, unitWorld{}}}
			for _, imei := range []cred.IMEI{unitA, unitB, 0} {
				out = append(out, reply[unitWorld]{flows.Identified{IMEI: imei, Session: 2}, unitWorld{told: imei, session: 2}})
			}
			return out
		},
		judge: func(m Unit, w unitWorld) string {
			switch {
			case m.Stage() == flows.Done && w.yes == 0:
				return "nameless"
			case m.Stage() == flows.Done && w.yes != w.told:
				return "stranger"
			case m.Who().IMEI != w.told:
				return "old"
			case m.Who().Session != w.session:
				return "session"
			}
			return ""
		},
	}
	drawn(t, "unit.go", "Unit", d, func(m Unit) int { return int(m.phase) })
	tried(t, d, []string{"nameless", "stranger", "old", "session"}, map[string]mutant[Unit]{
		"takes any yes": twisted("stranger", func(m Unit, e flows.Event) (Unit, []flows.Effect, bool) {
			if c, ok := e.(flows.UnitConfirmed); ok && c.IMEI != 0 && m.Asking() {
				e = flows.UnitConfirmed{IMEI: m.who.IMEI}
			}
			return m.Step(e)
		}),
		"confirms a unit without a name": twisted("", func(m Unit, e flows.Event) (Unit, []flows.Effect, bool) {
			if e == (flows.UnitConfirmed{}) && m.phase == unitAsking && m.who.IMEI == 0 {
				m.phase = unitConfirmed
				return m, nil, false
			}
			return m.Step(e)
		}),
		"remembers the unit before": twisted("old", func(m Unit, e flows.Event) (Unit, []flows.Effect, bool) {
			n, do, ignored := m.Step(e)
			if n.phase == unitFailed {
				n.who.IMEI = unitA
			}
			return n, do, ignored
		}),
		"confirms by itself": twisted("nameless", func(m Unit, e flows.Event) (Unit, []flows.Effect, bool) {
			n, do, ignored := m.Step(e)
			if n.phase == unitAsking && n.who.IMEI != 0 {
				n.phase = unitConfirmed
			}
			return n, do, ignored
		}),
		"does not remember the opening": twisted("session", func(m Unit, e flows.Event) (Unit, []flows.Effect, bool) {
			n, do, ignored := m.Step(e)
			n.who.Session = 0
			return n, do, ignored
		}),
	})
}
