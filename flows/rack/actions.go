package rack

import (
	"strconv"

	"example.org/sectag/flows"
)

// Action is something that a person may do now, as flows.Action has it. No digit is ever a key: digits belong to the label scanner.
type Action struct {
	Name     string // stable, lower case, such as "retry"
	Key      rune   // '\r' is Enter, '\t' is Tab, 27 is Esc
	Disabled string // empty, or why it cannot be done now, in a few words
	Danger   flows.Danger
	Ask      flows.Ask // AskDigits: the answer makes a DigitsGiven for Lane; AskPassphrase: it goes to the bench; both leave Event nil
	Lane     uint8     // that it is about; NoLane is all of them
	Event    Event     // ready to be put when Ask is AskNothing
}

// Actions is what a person may do now.
func (r Rack) Actions() (as []Action) {
	n := r.Focus()
	if a, ok := r.startAction(n); ok {
		as = append(as, a)
	}
	if n != NoLane {
		as = append(as, r.laneActions(uint8(n))...)
	}
	for i, l := range r.lanes {
		if l.Phase == Asking && l.Ask == AskPassphrase {
			as = append(as, Action{Name: "unlock", Key: 'u', Ask: flows.AskPassphrase, Lane: uint8(i)})
			break // one passphrase is for all
		}
	}
	if to, ok := r.after(); ok {
		as = append(as, Action{Name: "select-lane", Key: '\t', Lane: to, Event: LaneSelected{to}})
	}
	switch {
	case r.selected != NoLane:
		as = append(as, Action{Name: "all-lanes", Key: 27, Lane: NoLane, Event: LaneSelected{NoLane}})
	case r.label != 0:
		as = append(as, Action{Name: "drop-label", Key: 27, Lane: NoLane, Event: LabelDropped{}})
	}
	return as
}

// startAction begins the unit in the lane that is meant, or those in all that wait.
func (r Rack) startAction(n int) (Action, bool) {
	a := Action{Name: "start", Key: '\r', Danger: flows.Changes, Lane: uint8(n)}
	lanes := uint32(0)
	for i, l := range r.lanes {
		if l.Phase == Waiting && (n == NoLane || n == i) {
			lanes |= 1 << i
		}
	}
	if r.start == Labelled {
		a.Disabled = "scan its label"
	}
	a.Event = StartWanted{lanes}
	return a, lanes != 0
}

// laneActions are about one lane.
func (r Rack) laneActions(n uint8) (as []Action) {
	l := r.lanes[n]
	act := func(name string, key rune, e Event) {
		a := Action{Name: name, Key: key, Lane: n, Event: e}
		if l.untaken > 0 {
			a.Disabled = "wait for the lane's answer"
		}
		as = append(as, a)
	}
	switch l.Phase {
	case Failed:
		act("retry", 'r', RetryWanted{n})
		act("next", '\r', NextWanted{n})
	case Passed, Warned, Resting:
		act("next", '\r', NextWanted{n})
	case Broken:
		act("retry", 'r', RetryWanted{n})
	case Working, Waiting:
		act("cancel", 'x', CancelWanted{n})
	case Asking:
		if l.IMEI != 0 {
			act("cancel", 'x', CancelWanted{n})
		}
		if l.Ask == AskDigits {
			as = append(as, Action{Name: "answer", Key: '\r', Danger: flows.Destroys, Ask: flows.AskDigits, Lane: n})
		}
	}
	return as
}

// after is the lane with a port behind the one that was turned to, round about; false when there is no other.
func (r Rack) after() (uint8, bool) {
	if r.only() != NoLane {
		return 0, false // there is nothing to choose
	}
	from := int(r.selected)
	if from == NoLane {
		from = MaxLanes - 1
	}
	for i := 1; i <= MaxLanes; i++ {
		n := (from + i) % MaxLanes
		if r.lanes[n].There() && n != int(r.selected) {
			return uint8(n), true
		}
	}
	return 0, false
}

// Waits says what a lane waits for that nobody can do with a key, in a few words; empty when it waits for nothing.
func (r Rack) Waits(lane int) string {
	l := r.lanes[lane]
	leave := "unplug the unit"
	if l.Stays {
		leave = "put the next unit in"
	}
	switch l.Phase {
	case Absent:
		return "plug a unit in"
	case Waiting:
		if r.start == Labelled {
			return "scan its label"
		}
		return "press Enter, or scan its label"
	case Asking:
		return [Asks]string{
			AskPassphrase: "the passphrase of the authority", AskDigits: "the last four digits of the IMEI", AskAnchor: "a trust anchor in the profile",
			AskFirmware: "a newer modem firmware", AskPlan: "a slot in the profile",
		}[l.Ask]
	case Failed:
		if l.Wrong {
			return "put in the unit whose label was scanned, or scan the label of this one"
		}
		return leave
	case Passed, Warned, Resting:
		return leave
	case Broken:
		return "retry, once what its message says is put right"
	}
	return ""
}

// Typed is what a line of text means now that ended with Enter: a label, or four digits for the lane that asks for them. The event is nil
// when it means nothing; then why says so in a few words.
func (r Rack) Typed(text string) (e Event, why string) {
	if found := labels(text); len(found) == 1 {
		return LabelScanned{found[0]}, ""
	} else if len(found) > 1 {
		return nil, "there are several IMEIs in it: scan the one of this unit"
	}
	last4, err := strconv.ParseUint(text, 10, 16)
	if err != nil || len(text) != 4 {
		return nil, "there is no IMEI in it: fifteen digits that end in their check digit"
	}
	n := r.asked()
	switch {
	case n == NoLane:
		return nil, "no lane asks for four digits, or several do: turn to one"
	case uint64(r.lanes[n].IMEI)%10_000 != last4:
		return nil, "these are not the last four digits of " + r.lanes[n].IMEI.String()
	}
	return DigitsGiven{uint8(n), uint16(last4)}, ""
}

// asked is the lane that four digits are for: the one that was turned to, or the only one that asks.
func (r Rack) asked() int {
	asks := func(n int) bool { return r.lanes[n].Phase == Asking && r.lanes[n].Ask == AskDigits }
	if n := r.Focus(); n != NoLane {
		if asks(n) {
			return n
		}
		return NoLane
	}
	found := NoLane
	for n := range r.lanes {
		if asks(n) {
			if found != NoLane {
				return NoLane
			}
			found = n
		}
	}
	return found
}
