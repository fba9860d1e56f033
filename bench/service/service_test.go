package service

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"example.org/sectag/bench/office"
	"example.org/sectag/bench/past"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/flows"
	"example.org/sectag/flows/tale"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

const imei cred.IMEI = 352656100367872

// before is the past of a unit that got a certificate under tag 42 and a root by hand under 43, and of which no more is known.
func before(t *testing.T, sent map[cred.Slot]cred.Digest) past.Past {
	t.Helper()
	ctx := context.Background()
	l, err := ledger.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r := record.Record{Kind: record.Provision, Verdict: cred.Pass, Time: record.Stamp(time.Now()), IMEI: imei}
	for at, d := range sent {
		r.Slots = append(r.Slots, record.Slot{SecTag: at.SecTag, Type: at.Kind, Bytes: 1, Sent: d, SHA256: d, Action: "written"})
	}
	if _, err := l.Record(ctx, r); err != nil {
		t.Fatal(err)
	}
	p, err := past.Of(ctx, l.Reader, record.Unit{IMEI: imei})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What our records put there goes, wherever it is, and what would let the unit log in under the profile's tags, whoever put it there.
// Others' roots, others' tags and the modem's own stay.
func TestWhatARetirementTakesAway(t *testing.T) {
	t.Parallel()
	ours, other := cred.Sum([]byte("ours")), cred.Sum([]byte("other"))
	slot := func(tag cred.SecTag, k cred.Kind) cred.Slot { return cred.Slot{SecTag: tag, Kind: k} }
	p := before(t, map[cred.Slot]cred.Digest{slot(42, cred.ClientCert): ours, slot(43, cred.RootCA): ours, slot(42, cred.ClientKey): ours})
	for what, c := range map[string]struct {
		at     cred.Slot
		listed cred.Digest
		op     flows.Op
		has    flows.Holding
	}{
		"ours":                              {slot(42, cred.ClientCert), ours, flows.DeleteSlot, flows.Ours},
		"ours under another tag":            {slot(43, cred.RootCA), ours, flows.DeleteSlot, flows.Ours},
		"another's key under the tag":       {slot(42, cred.ClientKey), other, flows.DeleteSlot, flows.Foreign},
		"another's PSK under the tag":       {slot(42, cred.PSK), other, flows.DeleteSlot, flows.Foreign},
		"another's root under the tag":      {slot(42, cred.RootCA), other, flows.Keep, flows.Empty},
		"another's identity, another's tag": {slot(7, cred.ClientCert), other, flows.Keep, flows.Empty},
		"the modem's own":                   {slot(4294967292, cred.DeviceIDKey), other, flows.Keep, flows.Empty},
	} {
		plan, err := Retirement(p, []device.Item{{Slot: c.at, SHA256: c.listed}}, []cred.SecTag{42})
		if err != nil {
			t.Fatal(err)
		}
		got := flows.SlotPlan{Slot: c.at}
		empty := 0
		for _, s := range plan.Slots[:plan.N] {
			if s.Slot == c.at {
				got = s
			}
			if s.Op == flows.Keep && s.Has == flows.Empty {
				empty++
			}
		}
		if got.Op != c.op || got.Has != c.has || empty < 2 {
			t.Errorf("%s: %+v, %d slots of its last identity that are empty", what, got, empty)
		}
	}
}

// A unit that would be retired in part is not begun.
func TestTooManySlotsAreRefused(t *testing.T) {
	t.Parallel()
	var items []device.Item
	for tag := range cred.SecTag(flows.MaxSlots + 1) {
		items = append(items, device.Item{Slot: cred.Slot{SecTag: tag, Kind: cred.ClientCert}, SHA256: cred.Sum([]byte{byte(tag)})})
	}
	tags := make([]cred.SecTag, len(items))
	for i := range tags {
		tags[i] = cred.SecTag(i)
	}
	if _, err := Retirement(past.Past{}, items, tags); cred.AsFault(err).Code != "store.too-many" {
		t.Errorf("%v", err)
	}
	if plan, err := Retirement(past.Past{}, items[1:], tags); err != nil || plan.N != flows.MaxSlots {
		t.Errorf("%d, %v", plan.N, err)
	}
}

// Without the authority nothing ends, and that is said; with nothing to end nobody is asked for it.
func TestNothingEndsWithoutTheAuthority(t *testing.T) {
	t.Parallel()
	w := Work{Aim: flows.ForRetirement, Past: &tale.Tale{Certificates: []tale.Certificate{{Serial: "7e", Ours: true}}}}
	if _, err := w.End(context.Background(), office.Office{}, nil, office.Holder{IMEI: imei}); cred.AsFault(err).Code != "ca.locked" {
		t.Errorf("%v", err)
	}
	w.Past.Certificates[0].Revoked = "superseded"
	if ended, err := w.End(context.Background(), office.Office{}, nil, office.Holder{IMEI: imei}); err != nil || len(ended) != 0 {
		t.Errorf("%v, %v", ended, err)
	}
	w = Work{}
	if ended, err := w.End(context.Background(), office.Office{}, nil, office.Holder{IMEI: imei}); err != nil || len(ended) != 0 {
		t.Errorf("%v, %v", ended, err)
	}
}

// A profile that cannot be planned hides nothing of what is in a unit; a line that failed is a failure still, and so is what somebody asked for.
func TestATroubleWithTheProfileHidesNothing(t *testing.T) {
	t.Parallel()
	profile, line := cred.Failed("keygen.unknown", "the firmware makes no keys", "update it"), cred.Failed("port.lost", "the port is gone", "plug it in")
	for name, c := range map[string]struct {
		e     flows.MakePlan
		err   error
		fatal bool
		why   bool
	}{
		"a look":        {flows.MakePlan{}, profile, false, true},
		"a lost line":   {flows.MakePlan{}, line, true, false},
		"a renewal":     {flows.MakePlan{Aim: flows.ForRenewal}, profile, true, false},
		"nothing amiss": {flows.MakePlan{}, nil, false, false},
	} {
		plan, why, err := Excuse(c.e, flows.Plan{N: 1}, c.err)
		if (err != nil) != c.fatal || (why != "") != c.why || (plan.N == 0) != c.why {
			t.Errorf("%s: %+v, %q, %v", name, plan, why, err)
		}
	}
}
