package station

import (
	"slices"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/machine"
)

// Orders is the headless mouth: what a command line says in advance to the machine's questions. It chooses only among the
// machine's actions, by name.
type Orders struct {
	Yes    bool         // --yes: what is not ours may be destroyed, in the units that are named
	IMEIs  []cred.IMEI  // --imei: the units to work on; empty for whichever is there
	Pass   flows.Ref    // the authority's passphrase, in the bench's memory
	Keyed  bool         // there is a passphrase
	Look   bool         // only look: the plan is made and nothing else (--dry-run, inspect)
	Hand   flows.Hand   // work by hand on one slot, instead of the profile's plan
	SecTag *cred.SecTag // to work on instead of the profile's; nil for those
}

// Decision is what the orders make of a state.
type Decision struct {
	Event flows.Event // to be put into the bench; nil when there is nothing to say now
	Done  bool        // the run is over, as far as the orders go
	Fault *cred.Fault // why it cannot go on, where the machine itself did not fail
}

// Next answers the machine. A machine that is at work is left alone.
func (o Orders) Next(b Bench) Decision {
	switch {
	case !b.Rest():
		return Decision{}
	case b.halted || o.over(b):
		return Decision{Done: true}
	case o.opens(b):
		return o.choose(b, flows.AuthorityScreen, "unlock", flows.PassphraseGiven{Pass: o.Pass})
	case b.Stage(flows.PortScreen) != flows.Done:
		if !b.terms.Port {
			return refuse("usage.flag", "no port is named", "name it with --port; sectag ports lists what is there")
		}
		return o.choose(b, flows.PortScreen, "choose-port", flows.PortNamed{})
	case b.unit.Asking():
		return o.meet(b)
	}
	return o.plan(b)
}

// over tells whether the machines have come to an end, good or bad.
func (o Orders) over(b Bench) bool {
	for s, st := range b.stages() {
		if st == flows.Failing && flows.Screen(s) != flows.EndpointScreen {
			return true
		}
	}
	return b.Stage(flows.RecordScreen) == flows.Done
}

// opens tells whether the authority's key is to be opened: before the device is touched, so that a wrong passphrase is told
// first, and only if there is something to open it with.
func (o Orders) opens(b Bench) bool {
	locked := b.terms.Authority && b.Stage(flows.AuthorityScreen) == flows.Running
	return locked && !o.Look && (o.Keyed || !b.authority.Encrypted())
}

// meet is asked whether this is the unit. One that is not named is looked at, so that the plan can be shown, and left alone.
func (o Orders) meet(b Bench) Decision {
	w := b.unit.Who()
	named := len(o.IMEIs) == 0 || slices.Contains(o.IMEIs, w.IMEI)
	looked := b.credentials.Who().IMEI != 0
	switch {
	case !looked && (o.Look || !named || o.Hand.Op != flows.Keep || o.SecTag != nil):
		return o.choose(b, flows.UnitScreen, "look", flows.PlanWanted{Hand: o.Hand})
	case !looked:
		return o.choose(b, flows.UnitScreen, "confirm", nil)
	case !named:
		return refuse("store.wrong-unit", "the unit at the port is "+w.IMEI.String()+", which was not named", "plug in the unit that --imei names, or name this one")
	case o.tags(b):
		return o.choose(b, flows.CredentialsScreen, "choose-sec-tag", flows.SecTagChosen{SecTag: *o.SecTag})
	case o.Look:
		return Decision{Done: true}
	case b.terms.Service:
		return o.plan(b) // the plan is what confirms the unit
	}
	return o.choose(b, flows.CredentialsScreen, "confirm", nil)
}

// tags tells whether the sec_tag is still to be said.
func (o Orders) tags(b Bench) bool {
	t, chosen := b.credentials.Tag()
	return o.SecTag != nil && o.Hand.Op == flows.Keep && (!chosen || t != *o.SecTag)
}

// plan is asked whether the plan may be carried out.
func (o Orders) plan(b Bench) Decision {
	c := b.credentials
	_, planned := c.Planned()
	if !planned {
		return refuse("config.value", "nothing is planned for this unit", "name the slots in the profile, or a slot to work on")
	}
	imei := c.Who().IMEI
	if c.Asks() && !(o.Yes && slices.Contains(o.IMEIs, imei)) {
		return refuse("store.unconfirmed", "the plan destroys what is not ours, or the bench is in service", "look at the plan, then say --yes --imei "+imei.String())
	}
	switch c.Block() {
	case machine.OldFirmware:
		return refuse("store.firmware-old", "the modem's firmware is too old to prove what it stored, or does not tell its version, so nothing is changed",
			"update the modem to mfw_nrf9160_1.3.2 or newer with Cellular Monitor or nrfutil, then start again")
	case machine.NoAnchor:
		return refuse("config.anchor", "there is no trust anchor to write", "fetch it: sectag probe URL --anchor-out FILE, then name the file in the profile")
	case machine.NoSigner:
		if !b.terms.Authority {
			return refuse("config.value", "no authority is named", "name certificate and key in the profile; sectag ca init makes them")
		}
		return refuse("usage.no-terminal", "the authority's passphrase is needed and nobody can be asked", "give --passphrase-file")
	}
	if c.Asks() {
		return o.choose(b, flows.CredentialsScreen, start, flows.Confirmed{IMEI: imei})
	}
	return o.choose(b, flows.CredentialsScreen, start, nil)
}

// choose takes an action by its name, from the screen that has it. e is the answer to what it asks; nil takes its own event.
func (o Orders) choose(b Bench, s flows.Screen, name string, e flows.Event) Decision {
	if b.Screen() != s {
		return Decision{Event: flows.Show{Screen: s}}
	}
	for _, a := range b.Actions() {
		if a.Name != name {
			continue
		}
		if a.Disabled != "" {
			return refuse("internal", name+" cannot be done now: "+a.Disabled, "this is a defect of sectag: please report it")
		}
		if e == nil {
			e = a.Event
		}
		return Decision{Event: e}
	}
	return refuse("internal", "there is no "+name+" now", "this is a defect of sectag: please report it")
}

func refuse(code, text, hint string) Decision {
	return Decision{Done: true, Fault: cred.Failed(code, text, hint)}
}
