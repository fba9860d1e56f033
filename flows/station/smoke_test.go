package station

import (
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

// obliging answers every effect as a willing world would.
func obliging(e flows.Effect, plan flows.Plan) flows.Event {
	switch e := e.(type) {
	case flows.LoadAuthority:
		return flows.AuthorityLoaded{ID: e.ID, Encrypted: true}
	case flows.UnlockAuthority:
		return flows.AuthorityUnlocked{ID: e.ID}
	case flows.UsePort:
		return flows.PortChosen{ID: e.ID, Name: "p"}
	case flows.Identify:
		return flows.Identified{ID: e.ID, Session: 1, IMEI: 352656100367872, Firmware: true, Mode: 1}
	case flows.MakePlan:
		return flows.Planned{ID: e.ID, Plan: plan}
	case flows.Prepare:
		p := flows.Prepared{ID: e.ID}
		for i, s := range plan.Slots[:plan.N] {
			if s.Op == flows.WriteSlot {
				p.Want[i] = cred.Digest{byte(i + 1)}
			}
		}
		return p
	case flows.TakeOffline:
		return flows.Offline{ID: e.ID, Was: 1}
	case flows.Delete:
		return flows.Deleted{ID: e.ID, Found: true}
	case flows.Write:
		return flows.Written{ID: e.ID}
	case flows.ReadSlot:
		return flows.ReadBack{ID: e.ID, SHA256: cred.Digest{e.Index + 1}}
	case flows.RestoreMode:
		return flows.Restored{ID: e.Of()}
	case flows.ConnectServer:
		return flows.Connected{ID: e.ID, Verdict: flows.Passed}
	case flows.WriteRecord:
		return flows.RecordWritten{ID: e.ID, Record: "1", Verdict: e.Verdict}
	}
	return nil
}

func TestTheMainJob(t *testing.T) {
	terms := flows.Terms{Authority: true, Port: true, Anchor: true, Endpoint: true, Ledger: true, Profile: true}
	plan := flows.Plan{N: 3}
	for i := range 3 {
		plan.Slots[i] = flows.SlotPlan{Slot: cred.Slot{SecTag: 42, Kind: cred.Kind(i)}, Has: flows.Foreign, Op: flows.WriteSlot}
	}
	b, story := NewBench(terms), Story{}
	orders := Orders{Yes: true, IMEIs: []cred.IMEI{352656100367872}, Keyed: true, Pass: 1}
	events := []flows.Event{flows.TermsSet{Terms: terms}}
	for n := 0; len(events) > 0; n++ {
		if n > 200 {
			t.Fatal("it does not end")
		}
		e := events[0]
		events = events[1:]
		next, do, ignored := b.Step(e)
		t.Logf("%T %v", e, do)
		if ignored {
			t.Fatalf("%T is ignored", e)
		}
		b, story = next, story.With(e)
		for _, d := range do {
			events = append(events, obliging(d, plan))
		}
		if len(events) == 0 {
			d := orders.Next(b)
			if d.Fault != nil {
				t.Fatal(d.Fault)
			}
			if d.Event != nil {
				events = append(events, d.Event)
			}
		}
	}
	if b.Outcome() != flows.Passed || story.Facts.Verdict != flows.Passed || story.Facts.Record != "1" {
		t.Errorf("outcome %d, facts %+v", b.Outcome(), story.Facts)
	}
	for i, p := range story.Facts.Plan {
		if p.Stage != flows.SlotMatches {
			t.Errorf("slot %d: stage %d", i, p.Stage)
		}
	}
}
