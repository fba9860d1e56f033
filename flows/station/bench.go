package station

import (
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/machine"
)

// Bench holds the seven machines, brings every event to the one that it is for, and lets each begin when it is its turn.
type Bench struct {
	terms       flows.Terms
	screen      flows.Screen // what is shown
	halted      bool         // cancelled, or put away: nothing begins by itself
	owed        owed
	authority   machine.Authority
	port        machine.Port
	unit        machine.Unit
	credentials machine.Credentials
	endpoint    machine.Endpoint
	connection  machine.Connection
	record      machine.Record
}

// owed is what has to be put back in a unit that was left: by an interrupted run, or with its line cut.
type owed struct {
	imei cred.IMEI
	mode uint8
}

// NewBench is the bench at the start of a run. Nothing happens before the first event, which is TermsSet.
func NewBench(t flows.Terms) Bench { return Bench{terms: t} }

// Step takes an event.
func (b Bench) Step(e flows.Event) (Bench, []flows.Effect, bool) {
	was := b
	do, ignored := b.take(e)
	if ignored {
		return was, nil, true
	}
	b.credentials = b.credentials.Signer(b.authority.Stage() == flows.Done)
	_, looked := e.(flows.Probed) // who wanted to see the server is shown it
	if !looked && b.screen == was.screen && was.Stage(b.screen) != flows.Done && b.Stage(b.screen) == flows.Done {
		b.screen = b.order().after(b.screen)
	}
	return b, append(do, b.advance()...), false
}

// take brings an event to the machine that it is for.
func (b *Bench) take(e flows.Event) (do []flows.Effect, ignored bool) {
	switch e := e.(type) {
	case flows.TermsSet:
		b.settle(e.Terms)
		if (e.Terms.PSK || e.Terms.Service) && b.screen == flows.AuthorityScreen && b.authority.Stage() == flows.Idle {
			b.screen = flows.PortScreen // nothing is to be signed, or not yet
		}
		return nil, false
	case flows.Resumed:
		b.owed = owed{e.IMEI, e.Mode}
		return nil, false
	case flows.Show:
		ignored = e.Screen >= flows.Screens || e.Screen == b.screen
		if !ignored {
			b.screen = e.Screen
		}
		return nil, ignored
	case flows.NextUnit:
		return nil, !b.putAway()
	case flows.Cancel:
		return b.cancel()
	case flows.Retry:
		s := b.failing()
		do, ignored = b.wish(s, e)
		if !ignored {
			b.screen = s
		}
		return do, ignored
	}
	if s, ok := wisher(e); ok {
		return b.wish(s, e)
	}
	if s, ok := answerer(e); ok {
		return b.answer(s, e)
	}
	return nil, true
}

// settle tells the machines what is settled. Credentials is told when it is its turn: it may want to look again.
func (b *Bench) settle(t flows.Terms) {
	b.terms = t
	b.endpoint, _, _ = b.endpoint.Step(flows.TermsSet{Terms: t})
	b.record, _, _ = b.record.Step(flows.TermsSet{Terms: t})
}

// cancel stops the work on the unit after the effect in flight.
func (b *Bench) cancel() (do []flows.Effect, ignored bool) {
	b.credentials, do, ignored = b.credentials.Step(flows.Cancel{})
	ignored = ignored && (b.halted || b.Rest())
	b.halted = b.halted || !ignored
	return do, ignored
}

// wish brings a person's event to a machine, if its handles may be turned now, and puts away what that makes void.
func (b *Bench) wish(s flows.Screen, e flows.Event) (do []flows.Effect, ignored bool) {
	if _, locked := e.(flows.AuthorityLocked); locked {
		return b.step(s, e) // it has happened, whatever is in hand
	}
	if !b.free(s) || b.leaves(s, e) {
		return nil, true
	}
	switch e := e.(type) {
	case flows.PlanWanted:
		do, ignored = b.planWanted(e)
	case flows.ConnectWanted:
		do, ignored = b.connectWanted(e)
	case flows.UnitConfirmed:
		do, ignored = b.unitConfirmed(e)
	case flows.UnitWanted:
		if b.port.Stage() != flows.Done {
			return nil, true
		}
		do, ignored = b.step(s, e)
	case flows.Accepted, flows.Confirmed:
		if !b.Rest() {
			return nil, true // what the work stands on is in motion
		}
		if do, ignored = b.step(s, e); !ignored && b.unit.Asking() {
			_, _ = b.step(flows.UnitScreen, flows.UnitConfirmed{IMEI: b.unit.Who().IMEI}) // in service the digits confirm it
		}
	default:
		do, ignored = b.step(s, e)
	}
	if ignored {
		return nil, true
	}
	b.void(s, e)
	if s != flows.AuthorityScreen && s != flows.EndpointScreen {
		b.halted = false
	}
	return do, false
}

// planWanted also looks at a unit that is not confirmed: the plan is shown, nothing is done.
func (b *Bench) planWanted(e flows.PlanWanted) ([]flows.Effect, bool) {
	if b.credentials.Who().IMEI == 0 && b.unit.Asking() && machine.Allowed(e.Hand) {
		return b.plan(e.Hand), false
	}
	return b.step(flows.CredentialsScreen, e)
}

// connectWanted also makes a connection that a cancel left out, or for which the server was named afterwards.
func (b *Bench) connectWanted(e flows.ConnectWanted) (do []flows.Effect, ignored bool) {
	if b.order().connects() {
		b.connection, do = b.connection.Begin()
		return do, false
	}
	return b.step(flows.ConnectionScreen, e)
}

// unitConfirmed also settles the plan of a unit that was only looked at.
func (b *Bench) unitConfirmed(e flows.UnitConfirmed) (do []flows.Effect, ignored bool) {
	do, ignored = b.step(flows.UnitScreen, e)
	if !ignored && b.credentials.Who().IMEI != 0 {
		b.credentials, do = b.credentials.Confirm()
	}
	return do, ignored
}

// void puts away what a person's event makes out of date.
func (b *Bench) void(s flows.Screen, e flows.Event) {
	switch e.(type) {
	case flows.UnitWanted:
		b.leave()
	case flows.SecTagChosen, flows.PlanWanted, flows.ConnectWanted, flows.Retry:
	default:
		return
	}
	switch s {
	case flows.UnitScreen, flows.CredentialsScreen:
		b.connection, b.record = b.connection.Fresh(), b.record.Fresh()
	case flows.ConnectionScreen:
		b.record = b.record.Fresh()
	}
}

// answer brings an effect's answer to the machine that asked.
func (b *Bench) answer(s flows.Screen, e flows.Event) (do []flows.Effect, ignored bool) {
	do, ignored = b.step(s, e)
	if ignored {
		return nil, true
	}
	switch e.(type) {
	case flows.PortChosen:
		b.clear()
	case flows.Restored:
		if b.owed.imei == b.credentials.Who().IMEI {
			b.owed = owed{}
		}
	case flows.AnchorStored:
		t := b.terms
		t.Anchor, t.Endpoint = true, t.Endpoint || b.endpoint.Named()
		b.settle(t)
	}
	return do, false
}

// step lets one machine take an event.
func (b *Bench) step(s flows.Screen, e flows.Event) (do []flows.Effect, ignored bool) {
	switch s {
	case flows.AuthorityScreen:
		b.authority, do, ignored = b.authority.Step(e)
	case flows.PortScreen:
		b.port, do, ignored = b.port.Step(e)
	case flows.UnitScreen:
		b.unit, do, ignored = b.unit.Step(e)
	case flows.CredentialsScreen:
		b.credentials, do, ignored = b.credentials.Step(e)
	case flows.EndpointScreen:
		b.endpoint, do, ignored = b.endpoint.Step(e)
	case flows.ConnectionScreen:
		b.connection, do, ignored = b.connection.Step(e)
	case flows.RecordScreen:
		b.record, do, ignored = b.record.Step(e)
	default:
		return nil, true
	}
	return do, ignored
}

// clear puts the unit away, and all that was done to it.
func (b *Bench) clear() {
	b.leave()
	b.unit, b.connection, b.record = b.unit.Fresh(), b.connection.Fresh(), b.record.Fresh()
}

// leave puts the work on a unit away. What the unit is still owed is paid when it comes back.
func (b *Bench) leave() {
	if mode := b.credentials.Owed(); mode != 0 {
		b.owed = owed{b.credentials.Who().IMEI, mode}
	}
	b.credentials = b.credentials.Fresh()
}

// putAway makes the bench ready for the next unit, which a person says is there.
func (b *Bench) putAway() bool {
	if !b.canPutAway() {
		return false
	}
	b.clear()
	b.halted, b.screen = true, flows.UnitScreen
	return true
}

func (b Bench) canPutAway() bool {
	return b.still() && !b.credentials.Owes() && b.unit.Stage() != flows.Idle
}

// advance lets every machine begin whose turn it is.
func (b *Bench) advance() (do []flows.Effect) {
	if !b.credentials.Rest() || b.still() {
		b.credentials, do, _ = b.credentials.Step(flows.TermsSet{Terms: b.terms})
	}
	if _, planned := b.credentials.Planned(); planned && b.terms.Station && !b.halted && b.Rest() {
		var more []flows.Effect
		b.credentials, more, _ = b.credentials.Step(flows.Accepted{}) // ignored when it destroys something or is blocked
		do = append(do, more...)
	}
	for {
		s, ok := b.order().due()
		if !ok {
			return do
		}
		do = append(do, b.begin(s)...)
	}
}

// begin lets one machine begin.
func (b *Bench) begin(s flows.Screen) (do []flows.Effect) {
	switch s {
	case flows.AuthorityScreen:
		do, _ = b.step(s, flows.AuthorityChosen{})
	case flows.PortScreen:
		if b.terms.Port {
			do, _ = b.step(s, flows.PortNamed{})
		} else {
			do, _ = b.step(s, flows.PortsWanted{})
		}
	case flows.UnitScreen:
		do, _ = b.step(s, flows.UnitWanted{})
	case flows.CredentialsScreen:
		do = b.plan(flows.Hand{})
	case flows.ConnectionScreen:
		b.connection, do = b.connection.Begin()
		b.screen = s
	case flows.RecordScreen:
		b.record, do = b.record.Begin(b.order().verdict(), b.credentials.Kept(), b.credentials.Aim())
		b.screen = s
	}
	return do
}

// plan turns to the unit's slots.
func (b *Bench) plan(h flows.Hand) (do []flows.Effect) {
	who, left := b.unit.Who(), uint8(0)
	if b.owed.imei == who.IMEI {
		left = b.owed.mode
	}
	b.credentials, do = b.credentials.Begin(who, left, b.unit.Stage() == flows.Done, h)
	b.screen = flows.CredentialsScreen
	return do
}
