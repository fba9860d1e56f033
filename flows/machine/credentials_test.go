package machine

import (
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

// shown is a machine that shows a plan for a confirmed unit.
func shown(t *testing.T, p flows.Plan) Credentials {
	t.Helper()
	m, do := Credentials{}.Signer(true).Begin(Who{IMEI: unitA, Session: 1, Firmware: true}, 0, true, flows.Hand{})
	m, _, ignored := m.Step(flows.Planned{ID: do[0].Of(), Plan: p})
	if ignored {
		t.Fatal("the plan is ignored")
	}
	return m
}

// What is the modem's own is never planned for, whoever asks.
func TestWhatIsTheModemsOwnIsRefused(t *testing.T) {
	m := shown(t, flows.Plan{})
	own := cred.MaxSecTag + 1
	for _, e := range []flows.Event{
		flows.SecTagChosen{SecTag: own},
		flows.PlanWanted{Hand: flows.Hand{Op: flows.DeleteSlot, Slot: cred.Slot{SecTag: own}}},
		flows.PlanWanted{Hand: flows.Hand{Op: flows.WriteSlot, Slot: cred.Slot{SecTag: 1, Kind: cred.DeviceIDKey}}},
		flows.PlanWanted{Hand: flows.Hand{Op: flows.DeleteSlot, Slot: cred.Slot{SecTag: 1, Kind: cred.ATKey}}},
		flows.PlanWanted{Hand: flows.Hand{Op: 9}},
	} {
		if _, _, ignored := m.Step(e); !ignored {
			t.Errorf("%+v is taken", e)
		}
	}
	for _, e := range []flows.Event{
		flows.SecTagChosen{SecTag: cred.MaxSecTag},
		flows.PlanWanted{Hand: flows.Hand{Op: flows.DeleteSlot, Slot: cred.Slot{SecTag: cred.MaxSecTag, Kind: cred.PSKID}}},
	} {
		if _, do, ignored := m.Step(e); ignored || len(do) != 1 {
			t.Errorf("%+v is not taken", e)
		}
	}
}

// A tag that was chosen stays, a hand comes and goes, and both reach the bench.
func TestWhatIsAskedForReachesTheBench(t *testing.T) {
	m := shown(t, flows.Plan{})
	hand := flows.Hand{Op: flows.WriteSlot, Slot: cred.Slot{SecTag: 3, Kind: cred.PSK}, File: "psk.hex"}
	steps := []struct {
		e    flows.Event
		want flows.MakePlan
	}{
		{flows.SecTagChosen{SecTag: 7}, flows.MakePlan{SecTag: 7, Chosen: true}},
		{flows.PlanWanted{Hand: hand}, flows.MakePlan{SecTag: 7, Chosen: true, Hand: hand}},
		{flows.PlanWanted{}, flows.MakePlan{SecTag: 7, Chosen: true}},
	}
	for _, s := range steps {
		n, do, ignored := m.Step(s.e)
		if ignored || len(do) != 1 {
			t.Fatalf("%+v gives %v", s.e, do)
		}
		s.want.ID = do[0].Of()
		if do[0] != s.want {
			t.Errorf("%+v asks for %+v, not %+v", s.e, do[0], s.want)
		}
		m, _, _ = n.Step(flows.Planned{ID: do[0].Of()})
	}
}

// A retry by hand means the same slot, with the file that was named last.
func TestRetryRemembersTheHand(t *testing.T) {
	slot := cred.Slot{SecTag: 3, Kind: cred.PSK}
	m, do := Credentials{}.Begin(Who{IMEI: unitA, Session: 1, Firmware: true}, 0, true, flows.Hand{Op: flows.WriteSlot, Slot: slot, File: "psk.hex"})
	if p, ok := do[0].(flows.MakePlan); !ok || p.Hand.File != "psk.hex" || p.Hand.Slot != slot {
		t.Fatalf("it asks for %+v", do)
	}
	m, _, _ = m.Step(flows.Failed{ID: do[0].Of()})
	m, do, _ = m.Step(flows.Retry{})
	_, do, _ = m.Step(flows.Identified{ID: do[0].Of(), IMEI: unitA, Session: 1, Firmware: true})
	if p, ok := do[0].(flows.MakePlan); !ok || p.Hand != (flows.Hand{Op: flows.WriteSlot, Slot: slot}) {
		t.Errorf("it asks for %+v", do)
	}
}

// What blocks the start is said, first things first, and goes away when it is settled.
func TestBlocks(t *testing.T) {
	p := flows.Plan{N: 2}
	p.Slots[0] = flows.SlotPlan{Slot: cred.Slot{SecTag: 1, Kind: cred.RootCA}, Op: flows.WriteSlot}
	p.Slots[1] = flows.SlotPlan{Slot: cred.Slot{SecTag: 1, Kind: cred.ClientCert}, Op: flows.WriteSlot}
	m := shown(t, p).Signer(false)
	m.sure, m.who.Firmware = false, false
	for _, s := range []struct {
		want   Block
		settle func()
	}{
		{Unsure, func() { m.sure = true }},
		{OldFirmware, func() { m.who.Firmware = true }},
		{NoAnchor, func() { m.anchor = true }},
		{NoSigner, func() { m = m.Signer(true) }},
		{NotBlocked, func() {}},
	} {
		start := m.Actions()[0]
		if m.Block() != s.want || start.Name != "start" || (start.Disabled != "") != (s.want != NotBlocked) {
			t.Errorf("the block is %d, not %d: %+v", m.Block(), s.want, start)
		}
		if _, _, ignored := m.Step(flows.Accepted{}); ignored != (s.want != NotBlocked) {
			t.Errorf("with block %d a start is ignored: %v", s.want, ignored)
		}
		s.settle()
	}
	m = m.Signer(false)
	m.anchor, m.hand = false, job{op: flows.WriteSlot}
	if m.Block() != NotBlocked {
		t.Error("work by hand needs no authority and no anchor")
	}
	m.hand, m.plan.Slots[0].Slot.Kind, m.plan.Slots[1].Slot.Kind = job{}, cred.PSK, cred.PSKID
	if m.Block() != NotBlocked {
		t.Error("a PSK needs no authority and no anchor")
	}
}

// The largest functional modes and plans do no harm.
func TestForeignNumbers(t *testing.T) {
	m, do := Credentials{}.Begin(Who{IMEI: unitA}, 0, true, flows.Hand{})
	m, _, ignored := m.Step(flows.Planned{ID: do[0].Of(), Plan: flows.Plan{N: 255}})
	if ignored || m.Stage() != flows.Failing || m.Cause() != Unready {
		t.Errorf("a plan of 255 slots leads to stage %d, cause %d", m.Stage(), m.Cause())
	}
	for mode, want := range map[uint8]bool{0: false, 1: true, 2: true, 4: false, 20: false, 21: true, 31: false, 44: false} {
		if flows.Active(mode) != want {
			t.Errorf("functional mode %d is active: %v", mode, !want)
		}
	}
}
