package rack

import (
	"slices"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

// Recent is how many units and takts a Tally names.
const Recent = 10

// Pause is how long nothing has to be told at a station to be a break and no takt, as in the ledger's report.
const Pause = 30 * time.Minute

// Verdict is what became of one unit.
type Verdict struct {
	At      time.Time
	Lane    uint8
	IMEI    cred.IMEI
	Outcome flows.Outcome
	Code    string        // of the failure; empty when there is none
	Took    time.Duration // from the moment at which its port was there, or somebody asked for it
	Kept    bool          // everything was as it should be: nothing was changed
	Again   bool          // this unit had a verdict before, since the start
}

// Tally is what a shift came to, for people. It decides nothing.
type Tally struct {
	Units  int // different ones; each counts once, with what was said of it last
	Passed int
	Warned int
	Failed int
	Again  int                   // verdicts on units that had one before
	Last   [Recent]Verdict       // the newest first
	Takt   [Recent]time.Duration // from one verdict to the next, the newest first; 0 is none yet
}

// Yield is the part of the units that passed, with a warning or without; 0 before the first.
func (t Tally) Yield() float64 {
	if t.Units == 0 {
		return 0
	}
	return float64(t.Passed+t.Warned) / float64(t.Units)
}

// Median is that of the last takts; 0 before the second verdict.
func (t Tally) Median() time.Duration {
	known := slices.DeleteFunc(slices.Clone(t.Takt[:]), func(d time.Duration) bool { return d == 0 })
	if len(known) == 0 {
		return 0
	}
	slices.Sort(known)
	return known[len(known)/2]
}

// Memory is how many units a Counter knows again; of one that comes back after so many others it is forgotten that it was counted.
const Memory = 4096

// Counter folds verdicts into a Tally, and knows the units again. It takes the same memory however long it counts. The zero value is ready.
type Counter struct {
	tally  Tally
	known  map[cred.IMEI]flows.Outcome
	order  [Memory]cred.IMEI // of known, as a ring
	oldest int
}

// Tally is what was counted so far.
func (c *Counter) Tally() Tally { return c.tally }

// Add counts a verdict. One on nobody counts nothing.
func (c *Counter) Add(v Verdict) {
	if v.IMEI == 0 || v.Outcome == flows.NoOutcome {
		return
	}
	t := &c.tally
	was, again := c.known[v.IMEI]
	if v.Again = again; again {
		t.Again++
		t.count(was, -1)
	} else {
		c.remember(v.IMEI)
	}
	c.known[v.IMEI] = v.Outcome
	t.count(v.Outcome, 1)
	if gap := v.At.Sub(t.Last[0].At); t.Last[0].IMEI != 0 && gap > 0 && gap <= Pause {
		copy(t.Takt[1:], t.Takt[:])
		t.Takt[0] = gap
	}
	copy(t.Last[1:], t.Last[:])
	t.Last[0] = v
}

// count counts a unit with its verdict, or takes it back.
func (t *Tally) count(o flows.Outcome, n int) {
	t.Units += n
	switch o {
	case flows.Passed:
		t.Passed += n
	case flows.Warned:
		t.Warned += n
	case flows.FailedOutcome:
		t.Failed += n
	}
}

// remember makes room for a unit.
func (c *Counter) remember(i cred.IMEI) {
	if c.known == nil {
		c.known = make(map[cred.IMEI]flows.Outcome, Memory)
	}
	if old := c.order[c.oldest]; old != 0 {
		delete(c.known, old)
	}
	c.order[c.oldest] = i
	c.oldest = (c.oldest + 1) % Memory
}
