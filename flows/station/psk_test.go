package station

import (
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

// TestNothingIsSignedForAPSK: the work begins at the port, the plan is blocked by no authority and no root, and what was written is
// tried at the server.
func TestNothingIsSignedForAPSK(t *testing.T) {
	for _, c := range []struct {
		kinds   [2]cred.Kind
		psk     bool
		first   flows.Screen
		started bool
	}{
		{[2]cred.Kind{cred.PSK, cred.PSKID}, true, flows.PortScreen, true},
		{[2]cred.Kind{cred.ClientCert, cred.ClientKey}, false, flows.AuthorityScreen, false},
	} {
		b, do, _ := NewBench(flows.Terms{}).Step(flows.TermsSet{Terms: flows.Terms{Port: true, Endpoint: true, Ledger: true, Profile: true, PSK: c.psk}})
		if b.Screen() != c.first || b.Stage(flows.AuthorityScreen) != flows.Idle {
			t.Errorf("the work begins at screen %d", b.Screen())
		}
		plan := flows.Plan{N: 2}
		for i, k := range c.kinds {
			plan.Slots[i] = flows.SlotPlan{Slot: cred.Slot{SecTag: 42, Kind: k}, Op: flows.WriteSlot}
		}
		want := cred.Sum([]byte("new"))
		asked := map[string]bool{}
		for n := 0; len(do) > 0 && n < 100; n++ {
			var answer flows.Event
			switch e := do[0].(type) {
			case flows.UsePort:
				answer = flows.PortChosen{ID: e.ID, Name: "port"}
			case flows.Identify:
				answer = flows.Identified{ID: e.ID, Session: 1, IMEI: 352656100367872, Firmware: true, Mode: 4}
			case flows.MakePlan:
				answer = flows.Planned{ID: e.ID, Plan: plan}
			case flows.Prepare:
				answer = flows.Prepared{ID: e.ID, Want: [flows.MaxSlots]cred.Digest{want, want}}
			case flows.TakeOffline:
				answer = flows.Offline{ID: e.ID, Was: 4}
			case flows.Write:
				answer = flows.Written{ID: e.ID}
			case flows.ReadSlot:
				answer = flows.ReadBack{ID: e.ID, SHA256: want}
			case flows.ConnectServer:
				asked["connect"] = true
				answer = flows.Connected{ID: e.ID, Verdict: flows.Passed}
			case flows.WriteRecord:
				asked["record"] = e.Verdict == flows.Passed
				answer = flows.RecordWritten{ID: e.ID, Record: "0", Verdict: e.Verdict}
			case flows.LoadAuthority, flows.UnlockAuthority:
				t.Fatal("an authority is asked for")
			}
			do = do[1:]
			var more []flows.Effect
			b, more, _ = b.Step(answer)
			do = append(do, more...)
			for _, next := range []flows.Event{flows.UnitConfirmed{IMEI: 352656100367872}, flows.Accepted{}} {
				if len(do) == 0 {
					b, do, _ = b.Step(next) // ignored where it is not asked for
				}
			}
		}
		if asked["connect"] != c.started || asked["record"] != c.started {
			t.Errorf("with %v: %v", c.kinds, asked)
		}
	}
}
