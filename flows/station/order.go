package station

import "example.org/sectag/flows"

// order is all that Bench knows of its machines when it decides whose turn it is: seen from far, and what the work came to.
type order struct {
	terms  flows.Terms
	halted bool // nothing begins by itself but the record of what was done
	still  bool // nothing is asked of the unit, its port, its server or its record
	stage  [flows.Screens]flows.Stage
	met    bool // in service: the unit told who it is, and is looked at before anybody confirms it
	read   bool // the authority's certificate was read, or could not be
	begun  bool // the plan was accepted
	proof  bool // the plan wrote an identity that can be tried at the server
	tried  flows.Outcome
}

// due names the machine whose turn it is to begin by itself.
func (o order) due() (flows.Screen, bool) {
	idle := func(s flows.Screen) bool { return o.stage[s] == flows.Idle }
	done := func(s flows.Screen) bool { return o.stage[s] == flows.Done }
	switch {
	case o.still && idle(flows.RecordScreen) && o.over():
		return flows.RecordScreen, true
	case o.halted:
		return 0, false
	case idle(flows.AuthorityScreen) && o.terms.Authority:
		return flows.AuthorityScreen, true
	case !o.still:
		return 0, false
	case idle(flows.PortScreen) && (done(flows.AuthorityScreen) || !o.terms.Authority || o.terms.Service && o.read):
		return flows.PortScreen, true
	case idle(flows.UnitScreen) && done(flows.PortScreen):
		return flows.UnitScreen, true
	case idle(flows.CredentialsScreen) && (done(flows.UnitScreen) || o.met):
		return flows.CredentialsScreen, true
	case o.connects() && idle(flows.RecordScreen):
		return flows.ConnectionScreen, true
	}
	return 0, false
}

// connects tells whether the unit, as it was just written, can and shall be proven at the server.
func (o order) connects() bool {
	return o.stage[flows.CredentialsScreen] == flows.Done && o.stage[flows.ConnectionScreen] == flows.Idle && o.proof && o.terms.Endpoint
}

// over tells whether the work on the unit has ended, however it did, so that it is recorded.
func (o order) over() bool {
	switch o.stage[flows.CredentialsScreen] {
	case flows.Failing:
		return o.begun
	case flows.Done:
		return o.stage[flows.ConnectionScreen] != flows.Running && (o.halted || !o.connects())
	}
	return false
}

// verdict is what the work came to. A unit that had to be proven at a server and was not has not passed.
func (o order) verdict() flows.Outcome {
	switch {
	case o.stage[flows.CredentialsScreen] != flows.Done:
		return flows.FailedOutcome
	case !o.proof || !o.terms.Endpoint && o.tried == flows.NoOutcome:
		return flows.Passed
	case o.tried == flows.NoOutcome:
		return flows.FailedOutcome
	}
	return o.tried
}

// after is the screen that a person turns to when the machine of this one is done: the next in the order of the work, in which
// the server comes right after the authority.
func (o order) after(s flows.Screen) flows.Screen {
	way := [...]flows.Screen{flows.AuthorityScreen, flows.EndpointScreen, flows.PortScreen, flows.UnitScreen, flows.CredentialsScreen, flows.ConnectionScreen}
	passed := false
	for _, w := range way {
		skip := w == flows.EndpointScreen || w == flows.UnitScreen && o.met || w == flows.ConnectionScreen && o.stage[w] == flows.Idle
		if passed && !skip && o.stage[w] != flows.Done {
			return w
		}
		passed = passed || w == s
	}
	return flows.RecordScreen
}
