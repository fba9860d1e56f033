package rack

import (
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

func TestATallyCountsEachUnitOnce(t *testing.T) {
	t.Parallel()
	var c Counter
	at := time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC)
	add := func(after time.Duration, imei cred.IMEI, o flows.Outcome) {
		at = at.Add(after)
		c.Add(Verdict{At: at, IMEI: imei, Outcome: o})
	}
	if y, m := c.Tally().Yield(), c.Tally().Median(); y != 0 || m != 0 {
		t.Errorf("nothing yields %v in %v", y, m)
	}
	add(0, imeis[0], flows.Passed)
	add(10*time.Second, imeis[1], flows.FailedOutcome)
	add(12*time.Second, imeis[2], flows.Warned)
	add(20*time.Second, 0, flows.FailedOutcome)       // nobody told who it is
	add(20*time.Second, imeis[2]+10, flows.NoOutcome) // no verdict
	add(time.Hour, imeis[0], flows.Passed)            // kept, after a break
	add(11*time.Second, imeis[1], flows.Passed)       // retried
	got := c.Tally()
	if got.Units != 3 || got.Passed != 2 || got.Warned != 1 || got.Failed != 0 || got.Again != 2 || got.Yield() != 1 {
		t.Errorf("%+v", got)
	}
	if got.Takt != [Recent]time.Duration{11 * time.Second, 12 * time.Second, 10 * time.Second} || got.Median() != 11*time.Second {
		t.Errorf("%v, %v", got.Takt, got.Median())
	}
	if l := got.Last[0]; l.IMEI != imeis[1] || !l.Again || got.Last[3].Outcome != flows.FailedOutcome || got.Last[4].IMEI != imeis[0] {
		t.Errorf("%+v", got.Last)
	}
}

// TestATallyTakesTheSameMemoryForDays: it knows so many units again and no more.
func TestATallyTakesTheSameMemoryForDays(t *testing.T) {
	t.Parallel()
	var c Counter
	for n := range 3 * Memory {
		c.Add(Verdict{At: time.Unix(int64(n), 0), IMEI: cred.IMEI(n + 1), Outcome: flows.Passed})
	}
	if len(c.known) != Memory || c.Tally().Units != 3*Memory || c.Tally().Last[0].IMEI != 3*Memory {
		t.Errorf("%d are known, %+v", len(c.known), c.Tally())
	}
	c.Add(Verdict{IMEI: 3 * Memory, Outcome: flows.FailedOutcome})
	if got := c.Tally(); got.Units != 3*Memory || got.Failed != 1 || got.Again != 1 {
		t.Errorf("%+v", got)
	}
}

func TestALineOfTextIsALabelOrTheAnswer(t *testing.T) {
	t.Parallel()
	r := New(Key)
	for n := range 2 {
		r.lanes[n] = Lane{Phase: Asking, Ask: AskDigits, IMEI: imeis[n]}
	}
	one := r
	one.lanes[1].Phase = Waiting
	turned := r
	turned.selected = 1
	for name, c := range map[string]struct {
		r    Rack
		text string
		want Event
	}{
		"a label":                      {r, "IMEI:352656100367898;SN:1", LabelScanned{imeis[2]}},
		"two labels":                   {r, "352656100367898 352656100367880", nil},
		"two lanes ask":                {r, "7872", nil},
		"one asks":                     {one, "7872", DigitsGiven{0, 7872}},
		"one asks, of another":         {one, "7880", nil},
		"it was turned to":             {turned, "7880", DigitsGiven{1, 7880}},
		"it was turned to, of another": {turned, "7872", nil},
		"a digit":                      {one, "7", nil},
		"five":                         {one, "07872", nil},
		"a word":                       {one, "next", nil},
		"a sign":                       {one, "+787", nil},
		"nothing":                      {one, "", nil},
		"nobody asks":                  {New(Auto), "7872", nil},
	} {
		e, why := c.r.Typed(c.text)
		if e != c.want || (why == "") != (e != nil) {
			t.Errorf("%s: %v, %q", name, e, why)
		}
		if e == nil {
			continue
		}
		if _, _, ignored := c.r.Step(e); ignored {
			t.Errorf("%s: %v is ignored", name, e)
		}
	}
}

func TestARulesNameIsReadBack(t *testing.T) {
	t.Parallel()
	for _, s := range []Start{Key, Auto, Labelled} {
		if got, ok := ParseStart(s.String()); got != s || !ok {
			t.Errorf("%v is %v, %v", s, got, ok)
		}
	}
	if _, ok := ParseStart(""); ok {
		t.Error("no name is a rule")
	}
}
