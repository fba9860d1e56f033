package rack

import (
	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

// scanned brings a label to the lane whose modem says that IMEI, or lets it wait for one.
func (r *Rack) scanned(imei cred.IMEI) ([]Effect, bool) {
	if !imei.Valid() {
		return nil, false
	}
	for n := range r.lanes {
		if l := &r.lanes[n]; l.There() && l.IMEI == imei && l.Phase != Looking {
			return r.named(uint8(n), l)
		}
	}
	if r.label == imei {
		return nil, false
	}
	r.label = imei
	if n := r.Focus(); n != NoLane {
		return r.other(uint8(n), &r.lanes[n]), true
	}
	return nil, true
}

// named takes the label of a unit that is there. One that has passed is not begun again: nobody asked for that by its label alone.
func (r *Rack) named(n uint8, l *Lane) (do []Effect, taken bool) {
	switch {
	case l.told && (l.Phase == Waiting || l.Wrong):
		do = l.begin(n)
	case l.Phase == Failed:
		do, _ = r.retry(n)
	case l.Phase == Resting:
		r.label = l.IMEI
		do = l.look(n)
	default:
		return nil, false
	}
	return do, true
}

// other takes a label that no unit has which is there, for the lane that is meant. Where the port stays, another unit may stand there.
func (r *Rack) other(n uint8, l *Lane) []Effect {
	switch {
	case l.Phase == Waiting && r.start != Labelled && r.only() == int(n):
		l.Phase, l.Wrong = Failed, true
	case l.Over() && !l.Wrong && l.Stays && l.untaken == 0:
		return l.peek(n)
	}
	return nil
}

// started begins the units that wait in these lanes. Where a label is wanted no key begins anything.
func (r *Rack) started(lanes uint32) (do []Effect, taken bool) {
	if r.start == Labelled {
		return nil, false
	}
	for n := range r.lanes {
		if l := &r.lanes[n]; lanes>>n&1 == 1 && l.Phase == Waiting {
			do = append(do, l.begin(uint8(n))...)
		}
	}
	return do, len(do) > 0
}

func (r *Rack) next(n uint8) ([]Effect, bool) {
	l, ok := r.lane(n)
	if !ok || !l.Over() || l.untaken > 0 {
		return nil, false
	}
	return l.look(n), true
}

// retry does it again from where it failed; a unit that was not even begun is looked for.
func (r *Rack) retry(n uint8) ([]Effect, bool) {
	l, ok := r.lane(n)
	switch {
	case !ok || l.untaken > 0:
		return nil, false
	case l.Phase == Broken:
		*l = Lane{Phase: Looking, Stays: l.Stays}
		return []Effect{Open{n}}, true
	case l.Phase != Failed:
		return nil, false
	case l.told:
		return l.look(n), true
	}
	l.Phase = Looking
	if l.IMEI != 0 {
		l.Phase = Working
	}
	return []Effect{l.tell(n, flows.Retry{})}, true
}

func (r *Rack) answered(e DigitsGiven) ([]Effect, bool) {
	l, ok := r.lane(e.Lane)
	if !ok || l.Phase != Asking || l.Ask != AskDigits || uint64(e.Last4) != uint64(l.IMEI)%10_000 || l.untaken > 0 {
		return nil, false
	}
	l.Phase, l.Ask = Working, AskNothing
	return []Effect{l.tell(e.Lane, flows.Confirmed{IMEI: l.IMEI})}, true
}

// cancelled stops the work, or leaves a unit alone that waits or whose question nobody wants to answer.
func (r *Rack) cancelled(n uint8) ([]Effect, bool) {
	l, ok := r.lane(n)
	if !ok || l.untaken > 0 {
		return nil, false
	}
	switch l.Phase {
	case Working:
		return []Effect{l.tell(n, flows.Cancel{})}, true
	case Waiting:
		l.Phase, l.told = Resting, false
		return []Effect{l.tell(n, flows.NextUnit{})}, true
	case Asking:
		if l.IMEI == 0 {
			return nil, false // a locked authority: there is no unit yet to leave alone
		}
		l.Phase, l.Ask = Resting, AskNothing
		return []Effect{l.tell(n, flows.Cancel{})}, true
	}
	return nil, false
}
