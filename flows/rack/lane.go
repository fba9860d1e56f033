package rack

import (
	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

// Phase is what goes on in a lane.
type Phase uint8

// The phases.
const (
	Absent  Phase = iota // no port
	Looking              // its bench finds out who is there
	Waiting              // a unit is there and waits to be begun: for a key, or for its label
	Working              // its bench works on the unit
	Asking               // its bench has a question (Ask)
	Passed
	Warned
	Failed
	Resting // the unit was left alone: it waits to be unplugged, or for next
	Leaving // the port is gone, and its bench comes to rest
	Broken  // the port is there, and its bench stopped by itself
)

// Lane is one port and the unit there.
type Lane struct {
	Phase Phase
	Ask   Ask
	IMEI  cred.IMEI // of the unit that is there, once it told
	Stays bool      // the port does not go with its unit
	Wrong bool      // it Failed because its unit is not the one whose label was scanned; nothing was changed

	untaken uint8 // events that its bench was told and did not take yet: what it shows is older than they are
	told    bool  // its bench still waits for the unit to be confirmed, whatever the phase says
	was     Phase // the verdict on IMEI, while a scan made the lane look whether another unit is there by now
}

// There tells whether the lane has a port.
func (l Lane) There() bool { return l.Phase != Absent && l.Phase != Leaving }

// Over tells whether the lane is done with its unit.
func (l Lane) Over() bool {
	return l.Phase == Passed || l.Phase == Warned || l.Phase == Failed || l.Phase == Resting
}

// tell asks the lane's bench for something.
func (l *Lane) tell(n uint8, e flows.Event) Effect {
	l.untaken++
	return Tell{n, e}
}

func (l *Lane) unlock(n uint8) Effect {
	l.untaken++
	l.Phase, l.Ask = Looking, AskNothing
	return Unlock{n}
}

// begin lets the lane's bench work on the unit that it told of.
func (l *Lane) begin(n uint8) []Effect {
	l.Phase, l.Wrong, l.told = Working, false, false
	return []Effect{l.tell(n, flows.UnitConfirmed{IMEI: l.IMEI})}
}

// look has the lane's bench find out who is there now.
func (l *Lane) look(n uint8) []Effect {
	*l = Lane{Phase: Looking, Stays: l.Stays, untaken: l.untaken}
	return []Effect{l.tell(n, flows.UnitWanted{})}
}

// peek is look without forgetting the verdict: if the same unit is still there, it stands.
func (l *Lane) peek(n uint8) []Effect {
	imei, was := l.IMEI, l.Phase
	do := l.look(n)
	l.IMEI, l.was = imei, was
	return do
}

// saw takes how a lane's bench stands. As long as it has not taken all that it was told, it speaks of the time before.
func (r *Rack) saw(e LaneSaw) ([]Effect, bool) {
	l, ok := r.lane(e.Lane)
	if !ok || !l.There() || l.Phase == Broken {
		return nil, false
	}
	was := *l
	if l.untaken -= min(e.Took, l.untaken); l.untaken > 0 {
		return nil, *l != was
	}
	do := r.follow(e.Lane, l, e.Saw)
	return do, *l != was || len(do) > 0
}

// follow makes the lane what its bench says.
func (r *Rack) follow(n uint8, l *Lane, s Saw) []Effect {
	if s.Stage == SawTold && l.told && s.IMEI == l.IMEI {
		return nil // it waits, and is known to
	}
	looked := l.was
	seen := l.IMEI
	l.Ask, l.Wrong, l.told, l.was = AskNothing, false, false, Absent
	if l.IMEI = s.IMEI; s.Stage == SawLooking {
		l.IMEI, l.was = seen, looked // nothing is known yet
		if looked == Absent {
			l.IMEI = 0
		}
	}
	switch s.Stage {
	case SawLooking:
		l.Phase = Looking
	case SawTold:
		l.told = true
		if looked != Absent && s.IMEI == seen {
			l.Phase = looked // still the same unit: what was said of it stands
			return nil
		}
		return r.meet(n, l)
	case SawWorking:
		l.Phase = Working
	case SawAsking:
		return r.ask(n, l, s)
	case SawOver:
		l.Phase = [...]Phase{flows.NoOutcome: Resting, flows.Passed: Passed, flows.Warned: Warned, flows.FailedOutcome: Failed}[min(s.Outcome, flows.FailedOutcome)]
	default:
		l.Phase = Resting
	}
	return nil
}

// meet decides about a unit that has just told who it is.
func (r *Rack) meet(n uint8, l *Lane) []Effect {
	switch {
	case l.IMEI == r.label:
		r.label = 0
		return l.begin(n)
	case r.start == Labelled:
		l.Phase = Waiting
	case r.label != 0 && r.only() == int(n):
		l.Phase, l.Wrong = Failed, true
	case r.start == Auto:
		return l.begin(n)
	default:
		l.Phase = Waiting
	}
	return nil
}

// ask hears a bench's question. The one that is answered already is the passphrase.
func (r *Rack) ask(n uint8, l *Lane, s Saw) []Effect {
	l.Phase, l.Ask = Asking, s.Ask
	if s.Ask != AskPassphrase {
		return nil
	}
	if r.keyed = r.keyed && !s.Refused; r.keyed {
		return []Effect{l.unlock(n)}
	}
	return nil
}
