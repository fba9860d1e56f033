package rack

import (
	"slices"

	"example.org/sectag/cred"
)

// MaxLanes is how many ports can be worked at side by side.
const MaxLanes = 32

// NoLane is no lane's number: all of them are meant.
const NoLane = MaxLanes

// Start says who lets the work on a unit begin, once it has told who it is. A person always may by scanning its label.
type Start uint8

// The rules.
const (
	Key      Start = iota // a person presses Enter
	Auto                  // plugging in is enough
	Labelled              // only the unit whose label was scanned
)

// Rack is all lanes together. It is comparable and passed by value; New makes one.
type Rack struct {
	start    Start
	label    cred.IMEI // scanned, and its unit is not there yet
	keyed    bool      // the bench keeps a passphrase
	selected uint8
	lanes    [MaxLanes]Lane
}

// New is a rack without a port.
func New(s Start) Rack { return Rack{start: s, selected: NoLane} }

// Start is the rule.
func (r Rack) Start() Start { return r.start }

// Waiting is the label that waits for its unit; 0 when there is none.
func (r Rack) Waiting() cred.IMEI { return r.label }

// Lane is the n-th lane, from 0 to MaxLanes-1.
func (r Rack) Lane(n int) Lane { return r.lanes[n] }

// Selected is the lane that was turned to, or NoLane.
func (r Rack) Selected() int { return int(r.selected) }

// Focus is the lane that keys act on: the one that was turned to, or the only one; NoLane when there are several.
func (r Rack) Focus() int {
	if r.selected != NoLane {
		return int(r.selected)
	}
	return r.only()
}

// only is the one lane that has a port; NoLane when there are none or several.
func (r Rack) only() int {
	found := NoLane
	for n, l := range r.lanes {
		if !l.There() {
			continue
		}
		if found != NoLane {
			return NoLane
		}
		found = n
	}
	return found
}

// Step takes an event. One that is not expected changes nothing, causes nothing, and is reported as ignored.
func (r Rack) Step(e Event) (Rack, []Effect, bool) {
	was := r
	do, taken := r.take(e)
	if !taken {
		return was, nil, true
	}
	return r, do, false
}

func (r *Rack) take(e Event) (do []Effect, taken bool) {
	switch e := e.(type) {
	case PortCame:
		return r.came(e)
	case PortGone:
		return r.gone(e.Lane)
	case BenchEnded:
		return nil, r.ended(e.Lane)
	case LaneSaw:
		return r.saw(e)
	case PassphraseKept:
		return r.kept()
	case PassphraseForgotten:
		taken, r.keyed = r.keyed, false
		return nil, taken
	case LabelScanned:
		return r.scanned(e.IMEI)
	case LabelDropped:
		taken, r.label = r.label != 0, 0
		return nil, taken
	case StartWanted:
		return r.started(e.Lanes)
	case NextWanted:
		return r.next(e.Lane)
	case RetryWanted:
		return r.retry(e.Lane)
	case LaneSelected:
		return nil, r.turn(e.Lane)
	case DigitsGiven:
		return r.answered(e)
	case CancelWanted:
		return r.cancelled(e.Lane)
	}
	return nil, false
}

// lane is the lane of an event; false for a number that is none.
func (r *Rack) lane(n uint8) (*Lane, bool) {
	if n >= MaxLanes {
		return nil, false
	}
	return &r.lanes[n], true
}

func (r *Rack) came(e PortCame) ([]Effect, bool) {
	l, ok := r.lane(e.Lane)
	if !ok || l.Phase != Absent {
		return nil, false
	}
	*l = Lane{Phase: Looking, Stays: e.Stays}
	return []Effect{Open{e.Lane}}, true
}

func (r *Rack) gone(n uint8) ([]Effect, bool) {
	l, ok := r.lane(n)
	if !ok || !l.There() {
		return nil, false
	}
	if r.selected == n {
		r.selected = NoLane
	}
	broken := l.Phase == Broken
	if *l = (Lane{}); broken {
		return nil, true // there is nothing left to close
	}
	l.Phase = Leaving
	return []Effect{Close{n}}, true
}

func (r *Rack) ended(n uint8) bool {
	l, ok := r.lane(n)
	switch {
	case !ok || l.Phase == Absent || l.Phase == Broken:
		return false
	case l.Phase == Leaving:
		*l = Lane{}
	default:
		*l = Lane{Phase: Broken, IMEI: l.IMEI, Stays: l.Stays}
	}
	return true
}

func (r *Rack) turn(n uint8) bool {
	if n == r.selected || n > NoLane || n < NoLane && !r.lanes[n].There() {
		return false
	}
	r.selected = n
	return true
}

// kept gives a passphrase to the lanes that ask for one.
func (r *Rack) kept() (do []Effect, taken bool) {
	taken, r.keyed = !r.keyed, true
	for n := range r.lanes {
		if l := &r.lanes[n]; l.Phase == Asking && l.Ask == AskPassphrase {
			do, taken = append(do, l.unlock(uint8(n))), true
		}
	}
	return do, taken
}

var startNames = [...]string{Key: "key", Auto: "auto", Labelled: "label"}

// String is the rule's name, as a profile has it.
func (s Start) String() string { return startNames[min(int(s), len(startNames)-1)] }

// ParseStart reads a rule's name; false: there is none of that name.
func ParseStart(name string) (Start, bool) {
	at := slices.Index(startNames[:], name)
	return Start(max(at, 0)), at >= 0
}
