package door

import "testing"

func TestTheFirstWayThatIsOpenIsStoodBefore(t *testing.T) {
	for _, c := range []struct {
		profile, ledger bool
		at              Way
	}{{true, true, Station}, {true, false, Station}, {false, true, SetUp}, {false, false, SetUp}} {
		if d := New(c.profile, c.ledger); d.At != c.at {
			t.Errorf("%+v stands before %s", c, d.At)
		}
	}
}

func TestEveryWayHasANameAKeyAndCanBeReached(t *testing.T) {
	d := New(false, false)
	keys := map[rune]bool{}
	for range Ways {
		d = d.Move(1)
		if w, ok := Parse(d.At.String()); !ok || w != d.At {
			t.Errorf("%q is not read back", d.At)
		}
		as := d.Actions()
		if len(as) != Ways+1 || as[0].Name != d.At.String() || as[0].Disabled != d.Closed(d.At) {
			t.Errorf("before %s: %+v", d.At, as)
		}
		a := as[1+int(d.At)]
		if keys[a.Key] || a.Key >= '0' && a.Key <= '9' {
			t.Errorf("%q is %s's key", a.Key, a.Name)
		}
		keys[a.Key] = true
	}
	if d != New(false, false) {
		t.Error("once round must lead back")
	}
	if d.Move(-1).Move(1) != d {
		t.Error("back and forth must lead back")
	}
	if _, ok := Parse("garage"); ok {
		t.Error("there is no such way")
	}
}
