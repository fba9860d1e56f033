package rack

import (
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/machine"
	"example.org/sectag/flows/station"
)

// Ask is what a lane's bench wants to know, or what keeps it from starting.
type Ask uint8

// The questions.
const (
	AskNothing    Ask = iota
	AskPassphrase     // the authority's key is closed
	AskDigits         // the plan destroys what is not ours: the last four digits of the IMEI
	AskAnchor         // blocked: there is no trust anchor to write
	AskFirmware       // blocked: the modem's firmware proves nothing by its digests, or does not tell its version
	AskPlan           // blocked: the profile asks for nothing
	Asks          = iota
)

// Stage is where a lane's bench stands, as far as the rack cares.
type Stage uint8

// The stages.
const (
	SawLooking Stage = iota // it finds out who is there
	SawTold                 // a unit told who it is, and waits to be confirmed
	SawWorking              // it works on a confirmed unit
	SawAsking               // it rests with a question
	SawOver                 // it rests with a verdict, or because something failed before there could be one
	SawAway                 // it rests, and has nothing in hand
)

// Saw is a lane's bench from far.
type Saw struct {
	Stage   Stage
	IMEI    cred.IMEI     // of the unit that is there; 0 while nobody told
	Outcome flows.Outcome // of SawOver
	Ask     Ask           // of SawAsking
	Refused bool          // the passphrase that it was given opens nothing
}

// Look sums a lane's bench up. Its outcome is the machines'; what was found beside them can make a warning of a pass.
func Look(b station.Bench) Saw {
	s := Saw{IMEI: b.Unit().Who().IMEI}
	_, planned := b.Credentials().Planned()
	switch {
	case b.Rest() && locked(b):
		s.Stage, s.Ask, s.Refused = SawAsking, AskPassphrase, b.Stage(flows.AuthorityScreen) == flows.Failing
	case !b.Rest() && b.Credentials().Sure():
		s.Stage = SawWorking
	case !b.Rest():
		s.Stage = SawLooking
	case b.Outcome() != flows.NoOutcome:
		s.Stage, s.Outcome = SawOver, b.Outcome()
	case b.Stage(flows.AuthorityScreen) == flows.Failing || b.Stage(flows.PortScreen) == flows.Failing:
		s.Stage, s.Outcome = SawOver, flows.FailedOutcome
	case planned:
		s.Stage, s.Ask = SawAsking, question(b)
	case b.Credentials().Stage() == flows.Running:
		s.Stage, s.Ask = SawAsking, AskPlan
	case b.Unit().Asking():
		s.Stage = SawTold
	default:
		s.Stage = SawAway
	}
	return s
}

// locked tells whether nothing goes on before the authority's key is open: no unit was looked for yet, or its plan waits for a signer.
func locked(b station.Bench) bool {
	st := b.Stage(flows.AuthorityScreen)
	_, planned := b.Credentials().Planned()
	return b.Authority().Encrypted() && (st == flows.Running || st == flows.Failing) &&
		(b.Stage(flows.PortScreen) == flows.Idle || planned && b.Credentials().Block() == machine.NoSigner)
}

// question is why a plan rests that a station would have started.
func question(b station.Bench) Ask {
	switch b.Credentials().Block() {
	case machine.OldFirmware:
		return AskFirmware
	case machine.NoAnchor:
		return AskAnchor
	case machine.NoSigner:
		return AskPassphrase
	}
	return AskDigits
}
