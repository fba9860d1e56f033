package bench

import (
	"reflect"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/codec"
	"example.org/sectag/flows/station"
	"example.org/sectag/ledger"
)

const (
	ours   cred.IMEI = 352656100367872
	theirs cred.IMEI = 352656100367880
)

// scribe writes the journal of a run in which the world does as it is told.
type scribe struct {
	t      *testing.T
	b      station.Bench
	lines  []ledger.Event
	flight []flows.Effect
}

// put is an event as the loop takes it: a line of the journal, whether the machine hears it or not.
func (s *scribe) put(e flows.Event) (ignored bool) {
	s.t.Helper()
	name, body, err := codec.Encode(e)
	if err != nil {
		s.t.Fatal(err)
	}
	s.lines = append(s.lines, ledger.Event{Type: name, Body: body})
	var do []flows.Effect
	s.b, do, ignored = s.b.Step(e)
	s.flight = append(s.flight, do...)
	return ignored
}

// answer is the effect in flight that comes next, which must be of this type, answered with an event without its number.
func answer[T flows.Effect](s *scribe, e flows.Event) {
	s.t.Helper()
	if len(s.flight) == 0 {
		s.t.Fatalf("nothing is in flight that %T could answer", e)
	}
	x, ok := s.flight[0].(T)
	if !ok {
		s.t.Fatalf("%T is in flight when %T is answered", s.flight[0], e)
	}
	s.flight = s.flight[1:]
	p := reflect.New(reflect.TypeOf(e)).Elem()
	p.Set(reflect.ValueOf(e))
	p.FieldByName("ID").SetUint(uint64(x.Of()))
	s.put(p.Interface().(flows.Event))
}

// here is what an Identify is told of a unit.
func here(imei cred.IMEI, mode uint8) flows.Identified {
	return flows.Identified{
		Session: 1, IMEI: imei, Identity: cred.Digest{byte(imei % 251)}, Firmware: true, Mode: mode, Doc: flows.Doc(`{"imei":"` + imei.String() + `","imei_valid":true,"functional_mode":1}`),
	}
}

// working is a run that has prepared a new anchor for our unit, which was found active, and taken it offline.
func working(t *testing.T) *scribe {
	s := &scribe{t: t}
	s.put(flows.TermsSet{Terms: flows.Terms{Port: true, Anchor: true, Ledger: true, Profile: true}})
	answer[flows.UsePort](s, flows.PortChosen{Name: "p"})
	answer[flows.Identify](s, here(ours, 1))
	s.put(flows.UnitConfirmed{IMEI: ours})
	plan := flows.Plan{N: 1}
	plan.Slots[0] = flows.SlotPlan{Slot: cred.Slot{SecTag: 42, Kind: cred.RootCA}, Op: flows.WriteSlot}
	answer[flows.MakePlan](s, flows.Planned{Plan: plan})
	s.put(flows.Accepted{})
	answer[flows.Prepare](s, flows.Prepared{Want: [flows.MaxSlots]cred.Digest{{7}}})
	answer[flows.Identify](s, here(ours, 1))
	answer[flows.TakeOffline](s, flows.Offline{Was: 1})
	return s
}

func (s *scribe) remains() story { return remains(ledger.Run{}, s.lines) }

// What the machine ignored has not happened: a next unit that came too late leaves this one in work.
func TestARecordIsDueThoughTheNextUnitWasAskedFor(t *testing.T) {
	s := working(t)
	if !s.put(flows.NextUnit{}) {
		t.Fatal("a unit that is worked on is put away")
	}
	if r := s.remains(); !r.worked || r.owed != (flows.Resumed{IMEI: ours, Mode: 1}) {
		t.Errorf("worked %v, owed %+v", r.worked, r.owed)
	}
}

// Another unit on the same line tells its own name, and nothing of ours becomes its.
func TestWhatIsOwedStaysWithTheUnitThatWasSwapped(t *testing.T) {
	s := working(t)
	answer[flows.Write](s, flows.Written{})
	answer[flows.ReadSlot](s, flows.ReadBack{SHA256: cred.Digest{7}})
	answer[flows.Identify](s, here(theirs, 1))
	r := s.remains()
	if r.owed != (flows.Resumed{IMEI: ours, Mode: 1}) || r.identity != here(ours, 1).Identity || r.Facts.Unit.IMEI != ours {
		t.Errorf("owed %+v, the record would be of the unit %s with the identity %s", r.owed, r.Facts.Unit.IMEI, r.identity.Short())
	}
}

// A unit that was put away without a record is not the one that stands there when the process dies.
func TestNoRecordIsOwedToTheUnitAfterIt(t *testing.T) {
	for _, away := range []flows.Event{flows.NextUnit{}, flows.UnitWanted{}} {
		s := working(t)
		answer[flows.Write](s, flows.Lost{Code: "port.lost"})
		answer[flows.WriteRecord](s, flows.Failed{Code: "ledger.busy"})
		if !s.remains().worked {
			t.Fatal("a record is due and nobody knows")
		}
		if s.put(away); len(s.flight) == 0 {
			s.put(flows.UnitWanted{})
		}
		answer[flows.Identify](s, here(theirs, 1))
		if r := s.remains(); r.worked || r.owed != (flows.Resumed{IMEI: ours, Mode: 1}) {
			t.Errorf("after %T: worked %v, owed %+v", away, r.worked, r.owed)
		}
	}
}
