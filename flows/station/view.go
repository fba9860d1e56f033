package station

import (
	"example.org/sectag/flows"
	"example.org/sectag/flows/machine"
	"example.org/sectag/flows/turn"
)

// wisher names the machine that a person's event is for.
func wisher(e flows.Event) (flows.Screen, bool) {
	switch e.(type) {
	case flows.AuthorityChosen, flows.AuthorityWanted, flows.PassphraseGiven, flows.AuthorityLocked:
		return flows.AuthorityScreen, true
	case flows.PortsWanted, flows.PortNamed:
		return flows.PortScreen, true
	case flows.UnitWanted, flows.UnitConfirmed:
		return flows.UnitScreen, true
	case flows.SecTagChosen, flows.PlanWanted, flows.Accepted, flows.Confirmed:
		return flows.CredentialsScreen, true
	case flows.ProbeWanted, flows.AnchorCompared, flows.AnchorChosen, flows.EndpointSkipped:
		return flows.EndpointScreen, true
	case flows.ConnectWanted:
		return flows.ConnectionScreen, true
	case flows.RecordWanted, flows.ProfileSaveWanted:
		return flows.RecordScreen, true
	}
	return 0, false
}

// answerer names the machine that asked for what an event answers.
func answerer(e flows.Event) (flows.Screen, bool) {
	switch e := e.(type) {
	case flows.Failed:
		return turn.Asker(e.ID), true
	case flows.Lost:
		return turn.Asker(e.ID), true
	case flows.Identified:
		return turn.Asker(e.ID), true
	case flows.AuthorityLoaded, flows.AuthorityUnlocked:
		return flows.AuthorityScreen, true
	case flows.PortsListed, flows.PortChosen:
		return flows.PortScreen, true
	case flows.Planned, flows.Prepared, flows.Offline, flows.Deleted, flows.Written, flows.KeyMade, flows.KeyByHost, flows.Certified, flows.ReadBack, flows.Restored:
		return flows.CredentialsScreen, true
	case flows.Probed, flows.AnchorStored:
		return flows.EndpointScreen, true
	case flows.Connected:
		return flows.ConnectionScreen, true
	case flows.RecordWritten, flows.ProfileSaved:
		return flows.RecordScreen, true
	}
	return 0, false
}

// Screen is what is shown.
func (b Bench) Screen() flows.Screen { return b.screen }

// Terms is what is settled.
func (b Bench) Terms() flows.Terms { return b.terms }

// Owed is what a unit that was left is owed still: its IMEI and its functional mode. The zero value is nothing.
func (b Bench) Owed() flows.Resumed {
	if mode := b.credentials.Owed(); mode != 0 {
		return flows.Resumed{IMEI: b.credentials.Who().IMEI, Mode: mode}
	}
	return flows.Resumed{IMEI: b.owed.imei, Mode: b.owed.mode}
}

// Authority is the machine of the authority screen.
func (b Bench) Authority() machine.Authority { return b.authority }

// Unit is the machine of the unit screen.
func (b Bench) Unit() machine.Unit { return b.unit }

// Credentials is the machine of the credentials screen.
func (b Bench) Credentials() machine.Credentials { return b.credentials }

// Stage is the machine of a screen from far.
func (b Bench) Stage(s flows.Screen) flows.Stage {
	if s >= flows.Screens {
		return flows.Idle
	}
	return b.stages()[s]
}

func (b Bench) stages() [flows.Screens]flows.Stage {
	return [flows.Screens]flows.Stage{
		flows.AuthorityScreen: b.authority.Stage(), flows.PortScreen: b.port.Stage(), flows.UnitScreen: b.unit.Stage(),
		flows.CredentialsScreen: b.credentials.Stage(), flows.EndpointScreen: b.endpoint.Stage(),
		flows.ConnectionScreen: b.connection.Stage(), flows.RecordScreen: b.record.Stage(),
	}
}

func (b Bench) order() order {
	c := b.credentials
	return order{
		terms: b.terms, halted: b.halted, still: b.still(), stage: b.stages(), read: b.authority.Rest(), met: b.terms.Service && b.unit.Asking(), begun: c.Begun(),
		proof: c.Renews(), tried: b.connection.Verdict(),
	}
}

// Outcome is the verdict on the unit, once there is one.
func (b Bench) Outcome() flows.Outcome {
	st := b.stages()
	failing := st[flows.UnitScreen] == flows.Failing || st[flows.CredentialsScreen] == flows.Failing || st[flows.RecordScreen] == flows.Failing
	switch {
	case st[flows.RecordScreen] == flows.Done:
		return b.record.Verdict()
	case failing && st[flows.RecordScreen] != flows.Running:
		return flows.FailedOutcome
	}
	return flows.NoOutcome
}

// Rest tells whether everything waits for a person and no effect is in flight.
func (b Bench) Rest() bool {
	return b.authority.Rest() && b.endpoint.Rest() && b.still()
}

// still tells whether nothing is asked of the unit, its port, its server or its record.
func (b Bench) still() bool {
	return b.port.Rest() && b.unit.Rest() && b.credentials.Rest() && b.connection.Rest() && b.record.Rest()
}

// free tells whether a person may turn the handles of a machine now. While a unit is worked on nothing else is begun that the
// work stands on; its key may be unlocked at any time.
func (b Bench) free(s flows.Screen) bool {
	working := b.credentials.Begun() && !b.credentials.Rest() || !b.connection.Rest() || !b.record.Rest()
	if s == flows.AuthorityScreen || s == flows.EndpointScreen {
		return !working
	}
	return b.still()
}

// failing is the screen whose failure a retry is about: the one that is shown, or the first in a unit's life.
func (b Bench) failing() flows.Screen {
	st := b.stages()
	if st[b.screen] == flows.Failing {
		return b.screen
	}
	for _, s := range [...]flows.Screen{flows.UnitScreen, flows.CredentialsScreen, flows.ConnectionScreen, flows.RecordScreen} {
		if st[s] == flows.Failing {
			return s
		}
	}
	return b.screen
}

// Actions is what a person may do now: on the screen that is shown, and at the bench.
func (b Bench) Actions() []flows.Action {
	as := b.shown()
	for i := range as {
		if why := b.refuses(as[i]); why != "" {
			as[i].Disabled = why
		}
	}
	as = append(b.doors(), as...)
	if b.screen == flows.UnitScreen && b.Stage(b.screen) == flows.Failing {
		as = append(as, flows.Action{Name: "other-port", Key: 'p', Event: flows.Show{Screen: flows.PortScreen}})
	}
	if b.canPutAway() {
		as = append(as, flows.Action{Name: "next-unit", Key: 'n', Event: flows.NextUnit{}})
	}
	if _, planned := b.credentials.Planned(); planned || !b.Rest() && !b.halted {
		as = append(as, flows.Action{Name: "cancel", Key: 27, Event: flows.Cancel{}})
	}
	names := [flows.Screens]string{"authority", "port", "unit", "credentials", "endpoint", "connection", "record"}
	for s, name := range names {
		if flows.Screen(s) != b.screen {
			as = append(as, flows.Action{Name: "show-" + name, Key: '1' + rune(s), Event: flows.Show{Screen: flows.Screen(s)}})
		}
	}
	return as
}

// refuses tells why an action of the shown machine cannot be done now, because of the others.
func (b Bench) refuses(a flows.Action) string {
	_, identifies := a.Event.(flows.UnitWanted)
	_, looks := a.Event.(flows.PlanWanted)
	switch {
	case !b.free(b.screen) || a.Name == start && !b.Rest():
		return "wait until the work in hand is done"
	case b.leaves(b.screen, a.Event) && !looks:
		return "cancel first: the modem is still offline"
	case identifies && b.port.Stage() != flows.Done:
		return "choose a port first"
	}
	return ""
}

// leaves tells whether a person's event turns away from a unit that is not as it was found, and can be put back.
func (b Bench) leaves(s flows.Screen, e flows.Event) bool {
	_, confirms := e.(flows.UnitConfirmed)
	return b.credentials.Owes() && (s == flows.PortScreen || s == flows.UnitScreen && !confirms)
}

// start is the name of the action that begins the plan.
const start = "start"

// shown is what the shown screen's machine offers, and what leads from it to where the work waits.
func (b Bench) shown() []flows.Action {
	switch b.screen {
	case flows.AuthorityScreen:
		return b.authority.Actions()
	case flows.PortScreen:
		return b.port.Actions()
	case flows.UnitScreen:
		as := b.unit.Actions()
		if b.unit.Asking() && b.credentials.Who().IMEI == 0 {
			as = append(as, flows.Action{Name: "look", Key: 'l', Event: flows.PlanWanted{}})
		}
		return as
	case flows.CredentialsScreen:
		return b.credentials.Actions()
	case flows.EndpointScreen:
		return b.endpoint.Actions()
	case flows.ConnectionScreen:
		if b.order().connects() {
			return []flows.Action{{Name: "connect", Key: 'c', Event: flows.ConnectWanted{}}}
		}
		return b.connection.Actions()
	}
	as := b.record.Actions()
	if s := b.failing(); s != flows.RecordScreen && b.Stage(s) == flows.Failing {
		as = append(as, flows.Action{Name: "retry", Key: 'r', Event: flows.Retry{}})
	}
	return as
}

// doors lead from the plan to what it waits for.
func (b Bench) doors() []flows.Action {
	c := b.credentials
	if b.screen != flows.CredentialsScreen || !c.Rest() {
		return nil
	}
	if !c.Sure() && b.unit.Asking() && b.still() && !b.terms.Service {
		return []flows.Action{{Name: "confirm", Key: '\r', Event: flows.UnitConfirmed{IMEI: b.unit.Who().IMEI}}}
	}
	if _, planned := c.Planned(); !planned {
		return nil
	}
	switch c.Block() {
	case machine.NoAnchor:
		return []flows.Action{{Name: "choose-anchor", Key: 'a', Event: flows.Show{Screen: flows.EndpointScreen}}}
	case machine.NoSigner:
		return []flows.Action{{Name: "open-authority", Key: 'a', Event: flows.Show{Screen: flows.AuthorityScreen}}}
	}
	return nil
}
