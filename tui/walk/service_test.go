package walk

import (
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/tale"
)

// inService is a bench in service whose profile settles everything but a server.
var inService = flows.Terms{Authority: true, Port: true, Anchor: true, Ledger: true, Profile: true, Service: true}

// cameBack is a world with a unit that this firm made once, renewed, and now has in hand again; somebody put a root into it.
func cameBack(t *testing.T) world {
	w := blank(t)
	w.slots = plannedFacts(t).Slots
	var slots []tale.Slot
	for i, p := range []tale.Slot{
		{State: "current", Record: "1207", Time: "2026-03-02T10:00:00Z"},
		{State: "current", Record: "1207", Time: "2026-03-02T10:00:00Z", NotAfter: "2041-03-02T10:00:00Z"},
		{State: "current", Record: "1207", Time: "2026-03-02T10:00:00Z", NotAfter: "2041-03-02T10:00:00Z", Origin: "host"},
		{State: "not ours"},
	} {
		p.Slot = cred.Slot{SecTag: cred.SecTag(w.slots[i].SecTag), Kind: w.slots[i].Type}
		slots = append(slots, p)
	}
	for i := range w.plan.Slots[:w.plan.N] {
		w.plan.Slots[i].Has, w.plan.Slots[i].Op = flows.Current, flows.Keep
	}
	w.past = &tale.Tale{
		Slots: slots,
		Records: []tale.Record{
			{Record: "1207", Time: "2026-03-02T10:00:00Z", Kind: "provision", Verdict: "pass", Product: "tracker-2", Station: "3"},
			{Record: "1206", Time: "2026-03-02T09:58:00Z", Kind: "provision", Verdict: "fail", Product: "tracker-2", Station: "3"},
			{Record: "811", Time: "2025-11-20T08:00:00Z", Kind: "revocation", Verdict: "pass"},
			{Record: "207", Time: "2025-03-02T10:00:00Z", Kind: "provision", Verdict: "pass", Product: "tracker-1", Station: "1"},
		},
		Certificates: []tale.Certificate{
			{Serial: "5f00c25f00c25f00c25f00c25f00c2aa", NotAfter: "2041-03-02T10:00:00Z", Record: "1207", Ours: true},
			{Serial: "1100221100221100221100221100ab", NotAfter: "2040-03-02T10:00:00Z", Record: "207", Ours: true, Revoked: "superseded"},
		},
	}
	w.revoked = []tale.Certificate{{Serial: "5f00c25f00c25f00c25f00c25f00c2aa", Record: "1432", Revoked: "cessationOfOperation", Ours: true}}
	return w
}

// aimed is the plan of a bench in service for what a person wants.
func (w world) aimed(aim flows.Aim) flows.Plan {
	p := w.plan
	if aim == flows.ForProfile {
		return p
	}
	for i := range p.Slots[:p.N] {
		p.Slots[i].Has, p.Slots[i].Op = flows.Ours, map[flows.Aim]flows.Op{flows.ForRenewal: flows.WriteSlot, flows.ForRetirement: flows.DeleteSlot}[aim]
	}
	return p
}

// lookedAt goes to where a bench in service stands by itself: the slots of the unit at the port, with the authority still locked.
func lookedAt(t *testing.T) *run { return newRun(t, inService, cameBack(t)).settle() }

// aimedAt opens the authority and plans.
func aimedAt(t *testing.T, key string) *run {
	return lookedAt(t).press(key).settle().press("a", "open sesame", enter).settle()
}

// TestAReturnedUnitIsLookedAtByItself: nothing is asked before the slots are shown, and nothing is planned to be changed.
func TestAReturnedUnitIsLookedAtByItself(t *testing.T) {
	r := lookedAt(t)
	wants(t, r.root.View(), "▸ Credentials", "record 1207", "current, rec 1207", "not ours", "made by a host", "2026-03-02 until 2041-03-02", "w renew", "x retire")
	if r.root.hand.form != nil || r.m.Stage(flows.UnitScreen) != flows.Running {
		t.Error("somebody was asked something, or has confirmed the unit")
	}
}

// TestNothingIsRetiredByWrongDigits: they are told to be wrong and nothing is asked of the modem.
func TestNothingIsRetiredByWrongDigits(t *testing.T) {
	r := aimedAt(t, "x")
	wants(t, r.root.View(), "▸ last four", "cannot be brought back", "5f00c25f…c2aa of record 1207 will be revoked")
	r.press("0000", enter)
	if len(r.pending) > 0 || r.m.Credentials().Begun() {
		t.Fatal("the work began")
	}
	wants(t, r.root.View(), "nothing was changed")
	r.press("7872", enter).settle()
	if r.m.Outcome() != flows.Passed || r.m.Credentials().Aim() != flows.ForRetirement {
		t.Fatalf("outcome %v", r.m.Outcome())
	}
	wants(t, r.root.View(), "3 slots deleted, and empty when read back", "5f00c25f…c2aa revoked: record 1432", "sectag ca crl --cert root.crt --key root.key --out list.crl")
}

// TestARenewalAsksAsWell: what is current and ours is replaced only after the digits.
func TestARenewalAsksAsWell(t *testing.T) {
	r := aimedAt(t, "w")
	wants(t, r.root.View(), "renew", "▸ last four")
	r.press("7872", enter).settle()
	if r.m.Outcome() != flows.Passed {
		t.Fatalf("outcome %v", r.m.Outcome())
	}
	for _, p := range r.story.Facts.Plan {
		if p.Stage != flows.SlotMatches || p.Slot.Kind == cred.DeviceIDKey {
			t.Errorf("%+v", p)
		}
	}
}

// ended is what a record tells of the certificates that ended with it.
func (w world) ended(t *testing.T, e flows.WriteRecord) flows.Doc {
	if e.Aim == flows.ForProfile || e.Verdict == flows.FailedOutcome {
		return ""
	}
	return doc(t, map[string]any{"revoked": w.revoked})
}

// servicePictures are the states of a bench in service that the docs show.
var servicePictures = []picture{
	{"service-look", "What is in it", "The unit at the port is read by itself, and held against the ledger: its records, and of each slot what it is. Nothing is asked and nothing changed.", lookedAt},
	{"service-retire", "Retire: the plan before the deed", "What goes, what cannot be brought back, and which certificates will be revoked. The unit is named by its last four digits.", func(t *testing.T) *run {
		return aimedAt(t, "x").press("78")
	}},
	{"service-wrong", "Retire: the wrong digits", "Nothing was changed.", func(t *testing.T) *run { return aimedAt(t, "x").press("0000", enter) }},
	{"service-retired", "Retired", "Every slot was read back empty, and the revocations are recorded. The list that servers read is made by the command that is shown.", func(t *testing.T) *run {
		return aimedAt(t, "x").press("7872", enter).settle()
	}},
	{"service-refused", "Not retired", "The modem refused: what each slot holds is said, and that no certificate was revoked.", func(t *testing.T) *run {
		return aimedAt(t, "x").press("7872", enter).settle(flows.Delete{}).
			fail("cmng.518", "the modem is active and refuses to change credentials", "retry; if it stays so, the unit's firmware switches the modem on again").settle()
	}},
	{"service-renew", "Renew: the plan before the deed", "Everything is made new although it is current.", func(t *testing.T) *run { return aimedAt(t, "w") }},
	{"service-renewed", "Renewed", "The new identity was read back; the old certificate is revoked, as superseded.", func(t *testing.T) *run {
		return aimedAt(t, "w").press("7872", enter).settle()
	}},
}

// TestARenewalThatTheServerRefusesEndsNothing: the new identity was read back, and until it is proven the old certificate is believed.
func TestARenewalThatTheServerRefusesEndsNothing(t *testing.T) {
	terms := inService
	terms.Endpoint = true
	r := newRun(t, terms, refusing(cameBack(t))).settle().press("w").settle().press("a", "open sesame", enter).settle().press("7872", enter).settle()
	if r.m.Outcome() != flows.FailedOutcome || len(r.story.Facts.Revoked) != 0 {
		t.Fatalf("outcome %v, %+v", r.m.Outcome(), r.story.Facts.Revoked)
	}
	wants(t, r.root.View(), "said unknown_ca", "No certificate was revoked.")
}

// TestAProfileThatCannotBePlannedHidesNothing: what is in the unit is shown all the same, and it can be retired.
func TestAProfileThatCannotBePlannedHidesNothing(t *testing.T) {
	w := cameBack(t)
	w.plan, w.past.Trouble = flows.Plan{}, "the profile wants the key made in the modem (keygen.unknown)"
	r := newRun(t, inService, w).settle()
	wants(t, r.root.View(), "cannot be held against the profile", "keygen.unknown", "current, rec 1207", "x retire")
	r.readable(sizes[:]...)
}
