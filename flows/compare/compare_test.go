package compare

import (
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

func TestPlan(t *testing.T) {
	d := func(b byte) cred.Digest { return cred.Digest{b} }
	ca, cert, key := cred.Slot{SecTag: 7, Kind: 0}, cred.Slot{SecTag: 7, Kind: 1}, cred.Slot{SecTag: 7, Kind: 2}
	want := []Wanted{{Slot: ca, Current: d(1), Ours: d(1)}, {Slot: cert, Current: d(2), Ours: d(2)}, {Slot: key, Current: d(3), Ours: d(3)}}
	for name, c := range map[string]struct {
		list []Listed
		has  [3]flows.Holding
		op   [3]flows.Op
	}{
		"blank":                    {nil, [3]flows.Holding{flows.Empty, flows.Empty, flows.Empty}, [3]flows.Op{flows.WriteSlot, flows.WriteSlot, flows.WriteSlot}},
		"all current":              {[]Listed{{ca, d(1)}, {cert, d(2)}, {key, d(3)}}, [3]flows.Holding{flows.Current, flows.Current, flows.Current}, [3]flows.Op{}},
		"key gone":                 {[]Listed{{ca, d(1)}, {cert, d(2)}}, [3]flows.Holding{flows.Current, flows.Ours, flows.Empty}, [3]flows.Op{flows.Keep, flows.WriteSlot, flows.WriteSlot}},
		"certificate foreign":      {[]Listed{{ca, d(1)}, {cert, d(9)}, {key, d(3)}}, [3]flows.Holding{flows.Current, flows.Foreign, flows.Ours}, [3]flows.Op{flows.Keep, flows.WriteSlot, flows.WriteSlot}},
		"anchor only":              {[]Listed{{ca, d(8)}, {cert, d(2)}, {key, d(3)}}, [3]flows.Holding{flows.Foreign, flows.Current, flows.Current}, [3]flows.Op{flows.WriteSlot, flows.Keep, flows.Keep}},
		"other tags left alone":    {[]Listed{{cred.Slot{SecTag: 8, Kind: 0}, d(8)}, {ca, d(1)}, {cert, d(2)}, {key, d(3)}}, [3]flows.Holding{flows.Current, flows.Current, flows.Current}, [3]flows.Op{}},
		"a zero digest is nothing": {[]Listed{{ca, cred.Digest{}}}, [3]flows.Holding{flows.Empty, flows.Empty, flows.Empty}, [3]flows.Op{flows.WriteSlot, flows.WriteSlot, flows.WriteSlot}},
	} {
		t.Run(name, func(t *testing.T) {
			p := Plan(c.list, want)
			for i := range 3 {
				if p.Slots[i].Has != c.has[i] || p.Slots[i].Op != c.op[i] {
					t.Errorf("slot %d: has %d, does %d; want %d, %d", i, p.Slots[i].Has, p.Slots[i].Op, c.has[i], c.op[i])
				}
			}
			if kept := c.op == [3]flows.Op{}; p.AllKept() != kept {
				t.Errorf("all kept: %v", p.AllKept())
			}
			foreign := false
			for i := range 3 {
				foreign = foreign || c.has[i] == flows.Foreign && c.op[i] != flows.Keep
			}
			if p.Destroys() != foreign {
				t.Errorf("destroys: %v", p.Destroys())
			}
		})
	}
}

func TestOneIdentityUnderTwoTags(t *testing.T) {
	d := func(b byte) cred.Digest { return cred.Digest{b} }
	cert7, key7, cert8, key8 := cred.Slot{SecTag: 7, Kind: 1}, cred.Slot{SecTag: 7, Kind: 2}, cred.Slot{SecTag: 8, Kind: 1}, cred.Slot{SecTag: 8, Kind: 2}
	p := Plan([]Listed{{cert7, d(1)}, {key7, d(2)}}, []Wanted{{Slot: cert7, Current: d(1)}, {Slot: key7, Current: d(2)}, {Slot: cert8}, {Slot: key8}})
	for i := range 4 {
		if p.Slots[i].Op != flows.WriteSlot {
			t.Errorf("slot %d is left with an identity that the unit no longer has", i)
		}
	}
	if p.Destroys() {
		t.Error("what is replaced is ours")
	}
}

// A key that the modem makes comes before the certificate that is signed for it, and the plan knows what stood there.
func TestAKeyOfTheModemsOwn(t *testing.T) {
	d := func(b byte) cred.Digest { return cred.Digest{b} }
	ca, cert, key := cred.Slot{SecTag: 7, Kind: 0}, cred.Slot{SecTag: 7, Kind: 1}, cred.Slot{SecTag: 7, Kind: 2}
	want := []Wanted{{Slot: ca, Current: d(1)}, {Slot: cert, Current: d(2)}, {Slot: key, Current: d(3), Make: true}}
	for name, c := range map[string]struct {
		list []Listed
		want flows.Plan
	}{
		"blank": {nil, flows.Plan{N: 3, Slots: [flows.MaxSlots]flows.SlotPlan{
			{Slot: ca, Op: flows.WriteSlot}, {Slot: key, Op: flows.MakeSlot}, {Slot: cert, Op: flows.WriteSlot},
		}}},
		"all current": {[]Listed{{ca, d(1)}, {cert, d(2)}, {key, d(3)}}, flows.Plan{N: 3, Slots: [flows.MaxSlots]flows.SlotPlan{
			{Slot: ca, Has: flows.Current}, {Slot: key, Has: flows.Current}, {Slot: cert, Has: flows.Current},
		}}},
		"only the certificate is gone": {[]Listed{{ca, d(1)}, {key, d(3)}}, flows.Plan{N: 3, Slots: [flows.MaxSlots]flows.SlotPlan{
			{Slot: ca, Has: flows.Current}, {Slot: key, Has: flows.Ours, Op: flows.MakeSlot, Old: d(3)}, {Slot: cert, Op: flows.WriteSlot},
		}}},
		"another's key": {[]Listed{{ca, d(1)}, {cert, d(2)}, {key, d(9)}}, flows.Plan{N: 3, Slots: [flows.MaxSlots]flows.SlotPlan{
			{Slot: ca, Has: flows.Current}, {Slot: key, Has: flows.Foreign, Op: flows.MakeSlot, Old: d(9)}, {Slot: cert, Has: flows.Ours, Op: flows.WriteSlot},
		}}},
	} {
		p := Plan(c.list, want)
		if p != c.want {
			t.Errorf("%s: %+v, want %+v", name, p, c.want)
		}
		if changes := name != "all current"; p.MakesKey() != changes || p.AllKept() == changes || p.Destroys() != (name == "another's key") {
			t.Errorf("%s: makes %v, kept %v, destroys %v", name, p.MakesKey(), p.AllKept(), p.Destroys())
		}
	}
	if want[1].Slot != cert {
		t.Error("what was wanted was changed")
	}
}

// What went astray is deleted behind all that is planned, once, without a question, and never beyond the plan's room.
func TestASweptSlotComesLast(t *testing.T) {
	t.Parallel()
	astray := cred.Slot{SecTag: 46, Kind: cred.ClientKey}
	p := Plan(nil, []Wanted{{Slot: cred.Slot{SecTag: 42, Kind: cred.ClientKey}}}).Sweep(astray).Sweep(astray)
	if want := (flows.SlotPlan{Slot: astray, Op: flows.DeleteSlot, Has: flows.Ours}); p.N != 2 || p.Slots[1] != want || p.Destroys() || p.AllKept() {
		t.Errorf("%+v", p)
	}
	if p = p.Sweep(p.Slots[0].Slot); p.N != 2 || p.Slots[0].Op != flows.WriteSlot {
		t.Errorf("a planned slot is swept: %+v", p)
	}
	for tag := range cred.SecTag(2 * flows.MaxSlots) {
		p = p.Sweep(cred.Slot{SecTag: tag, Kind: cred.PSK})
	}
	if p.N != flows.MaxSlots {
		t.Errorf("%d slots", p.N)
	}
}
