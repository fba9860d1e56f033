package rack_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/bench"
	"example.org/sectag/bench/rack"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/port"
	"example.org/sectag/device/sim"
	"example.org/sectag/flows"
	machine "example.org/sectag/flows/rack"
	"example.org/sectag/ledger"
)

// holds tells how many slots a unit holds.
func holds(u *sim.Modem) int { return len(u.State().Slots) }

// may puts what a person wants once the rack takes it.
func (s *station) may(e machine.Event) {
	s.t.Helper()
	s.until("it is taken", func(x machine.Shot) bool { _, _, ignored := x.Rack.Step(e); return !ignored })
	s.Put(e)
}

// free waits until a lane's port is gone and its bench at rest.
func (s *station) free(n int) {
	s.t.Helper()
	s.until("the lane is free", func(x machine.Shot) bool { return x.Rack.Lane(n).Phase == machine.Absent })
}

// TestAShiftGoesOn: who left the station and comes back finds what was counted, and a unit that comes again is no new one.
func TestAShiftGoesOn(t *testing.T) {
	var shift machine.Counter
	p := authority(t)
	synctest.Test(t, func(t *testing.T) {
		sh := newShop(t, p)
		defer func() { _ = sh.store.Close() }()
		sh.plug("sim:a", unit(t, 0))
		for n := range 2 {
			c := sh.config(machine.Auto)
			c.Count = &shift
			s := begin(t, sh, c)
			if was := s.Shot().Tally; was.Units != n {
				t.Errorf("it begins with %d units, %d were counted", was.Units, n)
			}
			s.Unlock([]byte(passphrase))
			s.phase("sim:a", machine.Passed)
			if now := s.Shot().Tally; now.Units != 1 || now.Again != n {
				t.Errorf("after time %d: %d units, %d again", n+1, now.Units, now.Again)
			}
			s.end()
		}
	})
}

// TestPlugPassUnplugNext: what a technician does two hundred times a day, by the rule that plugging in is enough. A unit that comes again
// is kept, and counts once.
func TestPlugPassUnplugNext(t *testing.T) {
	run(t, machine.Auto, nil, func(s *station) {
		units := []*sim.Modem{unit(t, 0), unit(t, 1), unit(t, 2)}
		for i, n := range []int{0, 1, 2, 1} {
			s.plug("sim:a", units[n])
			m, l := s.phase("sim:a", machine.Passed)
			if m.IMEI != imeis(3)[n] || l.Kept != (i == 3) || l.Failure != nil || holds(units[n]) != 3 || l.Facts.Record == "" {
				t.Errorf("%+v, %+v", m, l)
			}
			s.pull("sim:a")
			s.free(0)
		}
		tally := s.Shot().Tally
		if tally.Units != 3 || tally.Passed != 3 || tally.Again != 1 || !tally.Last[0].Kept || tally.Yield() != 1 {
			t.Errorf("%+v", tally)
		}
		if took := tally.Last[1].Took; took <= 0 || took > 10*time.Second || tally.Median() < took/2 {
			t.Errorf("a unit took %v, the takt is %v", took, tally.Median())
		}
	})
}

// TestAUnitWaitsForItsKey: nothing is changed before it is pressed.
func TestAUnitWaitsForItsKey(t *testing.T) {
	run(t, machine.Key, nil, func(s *station) {
		a, b := unit(t, 0), unit(t, 1)
		s.plug("sim:a", a)
		s.plug("sim:b", b)
		s.phase("sim:a", machine.Waiting)
		s.phase("sim:b", machine.Waiting)
		s.Put(machine.StartWanted{Lanes: 1 << s.number("sim:b")})
		s.phase("sim:b", machine.Passed)
		if m, _ := at(s.Shot(), "sim:a"); m.Phase != machine.Waiting || holds(a) != 0 || holds(b) != 3 {
			t.Errorf("the other is in phase %d and holds %d", m.Phase, holds(a))
		}
		s.may(machine.CancelWanted{Lane: s.number("sim:a")})
		s.phase("sim:a", machine.Resting)
		s.may(machine.NextWanted{Lane: s.number("sim:a")})
		s.phase("sim:a", machine.Waiting)
		s.Put(machine.LabelScanned{IMEI: imeis(1)[0]})
		s.phase("sim:a", machine.Passed)
	})
}

// TestOnlyTheLabelBeginsAUnit: no key does, and no other label.
func TestOnlyTheLabelBeginsAUnit(t *testing.T) {
	run(t, machine.Labelled, nil, func(s *station) {
		a, b := unit(t, 0), unit(t, 1)
		s.plug("sim:a", a)
		s.phase("sim:a", machine.Waiting)
		s.Put(machine.StartWanted{Lanes: 1})
		s.Put(machine.LabelScanned{IMEI: imeis(2)[1]})
		s.until("the label waits", func(x machine.Shot) bool { return x.Rack.Waiting() == imeis(2)[1] })
		s.plug("sim:b", b)
		s.phase("sim:b", machine.Passed)
		if m, _ := at(s.Shot(), "sim:a"); m.Phase != machine.Waiting || holds(a) != 0 || s.Shot().Rack.Waiting() != 0 {
			t.Errorf("the other is in phase %d and holds %d", m.Phase, holds(a))
		}
		s.Put(machine.LabelScanned{IMEI: imeis(1)[0]})
		s.phase("sim:a", machine.Passed)
	})
}

// TestAWrongLabelIsTold: with one lane a label says which unit is meant, by whichever rule. Nothing is changed in another.
func TestAWrongLabelIsTold(t *testing.T) {
	for _, start := range []machine.Start{machine.Auto, machine.Key} {
		run(t, start, nil, func(s *station) {
			a := unit(t, 0)
			s.Put(machine.LabelScanned{IMEI: imeis(2)[1]})
			s.plug("sim:a", a)
			m, l := s.phase("sim:a", machine.Failed)
			if !m.Wrong || l.Failure == nil || l.Failure.Code != "store.wrong-unit" || holds(a) != 0 {
				t.Errorf("%+v, %+v", m, l.Failure)
			}
			if s.Shot().Tally.Units != 0 {
				t.Error("a unit is counted that was not worked on")
			}
			s.Put(machine.LabelDropped{})
			s.until("the label is dropped", func(x machine.Shot) bool {
				_, l := at(x, "sim:a")
				return x.Rack.Waiting() == 0 && l.Failure != nil && l.Failure.Code == "store.wrong-unit"
			})
			s.Put(machine.LabelScanned{IMEI: imeis(1)[0]})
			if _, l := s.phase("sim:a", machine.Passed); l.Failure != nil || s.Shot().Rack.Waiting() != 0 {
				t.Errorf("%+v", l.Failure)
			}
		})
	}
}

// bed is a port that stays when its unit is taken out.
func bed(name string) port.Info { return port.Info{Name: name, Role: port.Unknown} }

// TestAtANeedleBedNextAndAnotherLabelLookAgain: the port does not go, so somebody has to say that there is another unit.
func TestAtANeedleBedNextAndAnotherLabelLookAgain(t *testing.T) {
	run(t, machine.Labelled, nil, func(s *station) {
		a, b := unit(t, 0), unit(t, 1)
		s.Put(machine.LabelScanned{IMEI: imeis(1)[0]})
		s.info(bed("sim:bed"), a)
		s.phase("sim:bed", machine.Passed)
		s.Put(machine.LabelScanned{IMEI: imeis(2)[1]}) // too early: the first is still there
		s.until("it is looked, and the verdict stands", func(x machine.Shot) bool {
			m, _ := at(x, "sim:bed")
			return m.Phase == machine.Passed && s.opened("sim:bed") == 2 && x.Rack.Waiting() != 0
		})
		s.swap("sim:bed", b)
		s.may(machine.NextWanted{})
		m, _ := s.phase("sim:bed", machine.Passed)
		for m.IMEI != imeis(2)[1] {
			m, _ = at(s.until("the next passes", func(x machine.Shot) bool {
				m, _ := at(x, "sim:bed")
				return m.Phase == machine.Passed && m.IMEI == imeis(2)[1]
			}), "sim:bed")
		}
		if holds(a) != 3 || holds(b) != 3 || s.Shot().Tally.Units != 2 {
			t.Errorf("they hold %d and %d", holds(a), holds(b))
		}
	})
}

func (s *shop) opened(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[name]
}

// TestOfABoardThePortThatSpeaksIsTaken: a log beside it, and a board whose other port is silent. One lane each, and the others are not
// asked again.
func TestOfABoardThePortThatSpeaksIsTaken(t *testing.T) {
	run(t, machine.Auto, nil, func(s *station) {
		u, v := unit(t, 0), unit(t, 1)
		for _, p := range []struct {
			name, device string
			unit         *sim.Modem
		}{{"sim:log", "usb1", unit(t, 5, "not-at")}, {"sim:at", "usb1", u}, {"sim:first", "usb2", v}, {"sim:silent", "usb2", nil}} {
			s.info(port.Info{Name: p.name, Role: port.Unknown, VID: "1366", Kind: 1, Device: p.device}, p.unit)
		}
		s.phase("sim:at", machine.Passed)
		s.phase("sim:first", machine.Passed)
		if n := len(s.Shot().Lanes); n != 2 || s.opened("sim:log") > 3 || s.opened("sim:silent") > 3 {
			t.Errorf("%d lanes; the others were opened %d and %d times", n, s.opened("sim:log"), s.opened("sim:silent"))
		}
	})
}

// TestTheNextBoardOfAKindIsAskedWhereTheLastSpoke: the silence of its other port is waited for once.
func TestTheNextBoardOfAKindIsAskedWhereTheLastSpoke(t *testing.T) {
	run(t, machine.Auto, nil, func(s *station) {
		var took []time.Duration
		for n := range 3 {
			at, silent := "sim:at", "sim:silent"
			if n == 2 {
				at, silent = silent, at // another of that kind has it at the other port
			}
			for _, name := range []string{"sim:silent", "sim:at"} {
				u := unit(t, n)
				if name == silent {
					u = nil
				}
				s.info(port.Info{Name: name, Role: port.Unknown, VID: "1366", PID: "1051", Kind: 1, Device: "usb1"}, u)
			}
			s.phase(at, machine.Passed)
			took = append(took, s.Shot().Tally.Last[0].Took)
			s.pull("sim:at")
			s.pull("sim:silent")
			s.free(0)
		}
		if took[0] < 2*time.Second || took[1] > time.Second || took[2] < 2*time.Second {
			t.Errorf("they took %v", took)
		}
	})
}

// TestSeveralUnitsBehindOneDeviceHaveLanesOfTheirOwn: an adapter with two ports.
func TestSeveralUnitsBehindOneDeviceHaveLanesOfTheirOwn(t *testing.T) {
	run(t, machine.Auto, nil, func(s *station) {
		for n, name := range []string{"sim:one", "sim:two"} {
			s.info(port.Info{Name: name, Role: port.Unknown, VID: "0403", Device: "usb1"}, unit(t, n))
		}
		s.phase("sim:one", machine.Passed)
		s.phase("sim:two", machine.Passed)
	})
}

// TestAQuestionInOneLaneHoldsNobodyUp: three others pass beside it; the digits of another unit answer nothing.
func TestAQuestionInOneLaneHoldsNobodyUp(t *testing.T) {
	run(t, machine.Auto, nil, func(s *station) {
		odd := unit(t, 0)
		foreign(t, odd)
		s.plug("sim:odd", odd)
		s.phase("sim:odd", machine.Asking)
		for n, name := range []string{"sim:a", "sim:b", "sim:c"} {
			s.plug(name, unit(t, n+1))
		}
		for _, name := range []string{"sim:a", "sim:b", "sim:c"} {
			s.phase(name, machine.Passed)
		}
		n := s.number("sim:odd")
		s.Put(machine.DigitsGiven{Lane: n, Last4: uint16(imeis(2)[1] % 10_000)})
		if e, why := s.Shot().Rack.Typed(imeis(1)[0].Last4()); e == nil {
			t.Fatal(why)
		} else {
			s.Put(e)
		}
		if s.phase("sim:odd", machine.Passed); holds(odd) != 3 {
			t.Errorf("it holds %d", holds(odd))
		}
	})
}

// foreign puts something into a unit's slot that no record knows.
func foreign(t *testing.T, m *sim.Modem) {
	t.Helper()
	d, err := device.Attach(context.Background(), m.Pipe(context.Background()), device.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Write(context.Background(), cred.Slot{SecTag: 42, Kind: cred.RootCA}, []byte("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"), nil); err != nil {
		t.Fatal(err)
	}
}

// begun waits until the first slot of a port's unit was written.
func (s *station) begun(name string) {
	s.t.Helper()
	s.until(name+" is written to", func(x machine.Shot) bool {
		_, l := at(x, name)
		for _, p := range l.Facts.Plan {
			if p.Stage == flows.SlotMatches {
				return true
			}
		}
		return false
	})
}

// TestAUnitThatIsSwappedInTheMiddleIsFoundOut: at a port that stays the line tells nothing. The other unit is left as it was.
func TestAUnitThatIsSwappedInTheMiddleIsFoundOut(t *testing.T) {
	run(t, machine.Auto, nil, func(s *station) {
		other := unit(t, 1)
		s.info(bed("sim:bed"), unit(t, 0))
		s.begun("sim:bed")
		s.swap("sim:bed", other)
		m, l := s.phase("sim:bed", machine.Failed)
		if l.Failure == nil || l.Failure.Code != "store.swapped" && l.Failure.Code != "line.no-answer" && l.Failure.Code != "port.lost" || m.IMEI != imeis(1)[0] {
			t.Errorf("%+v, %+v", m, l.Failure)
		}
		s.may(machine.NextWanted{})
		s.until("the other passes", func(x machine.Shot) bool {
			m, _ := at(x, "sim:bed")
			return m.Phase == machine.Passed && m.IMEI == imeis(2)[1]
		})
		if tally := s.Shot().Tally; tally.Units != 2 || tally.Failed != 1 {
			t.Errorf("%+v", tally)
		}
	})
}

// TestTheCableInTheMiddle: the unit is told to have failed, and is put right when it comes back, at whichever port, its radio as it was.
func TestTheCableInTheMiddle(t *testing.T) {
	run(t, machine.Auto, nil, func(s *station) {
		u := unit(t, 0, "online")
		s.plug("sim:a", u)
		s.begun("sim:a")
		s.pull("sim:a")
		s.free(0)
		if v := s.Shot().Tally.Last[0]; v.Outcome != flows.FailedOutcome || v.Code != "port.lost" {
			t.Errorf("%+v", v)
		}
		s.plug("sim:b", u)
		s.until("it has its verdict", func(x machine.Shot) bool { m, _ := at(x, "sim:b"); return m.Over() || m.Phase == machine.Asking })
		if m, l := at(s.Shot(), "sim:b"); m.Phase != machine.Passed {
			t.Errorf("%+v, %+v", m, l.Failure)
		}
		if mode := functional(t, u); mode != 1 || holds(u) != 3 {
			t.Errorf("it was left in mode %d with %d slots", mode, holds(u))
		}
		if tally := s.Shot().Tally; tally.Units != 1 || tally.Passed != 1 || tally.Again != 1 {
			t.Errorf("%+v", tally)
		}
	})
}

func functional(t *testing.T, m *sim.Modem) int {
	t.Helper()
	d, err := device.Attach(context.Background(), m.Pipe(context.Background()), device.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	id, err := d.Identify(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return id.FunctionalMode
}

// TestQuittingInTheMiddleEndsInAJournaledState: some lanes are at work and some wait; end looks whether a run is left open.
func TestQuittingInTheMiddleEndsInAJournaledState(t *testing.T) {
	run(t, machine.Auto, nil, func(s *station) {
		for n, name := range []string{"sim:a", "sim:b", "sim:c", "sim:d"} {
			s.plug(name, unit(t, n, "online"))
		}
		s.begun("sim:a")
		s.end()
		failed := 0
		list, err := s.store.List(context.Background(), ledger.Query{})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			if r.Verdict == cred.Fail {
				failed++
			}
		}
		if failed == 0 {
			t.Error("nothing was stopped: the test shows nothing")
		}
		for name, u := range s.units {
			if mode := functional(t, u); mode != 1 {
				t.Errorf("%s was left in mode %d", name, mode)
			}
		}
	})
}

// TestALaneIsCancelledAlone: the other goes on.
func TestALaneIsCancelledAlone(t *testing.T) {
	run(t, machine.Auto, nil, func(s *station) {
		s.plug("sim:a", unit(t, 0))
		s.plug("sim:b", unit(t, 1))
		s.begun("sim:a")
		n := s.number("sim:a")
		s.may(machine.CancelWanted{Lane: n})
		if _, l := s.phase("sim:a", machine.Failed); l.Failure == nil || l.Failure.Code != "store.stopped" {
			t.Errorf("%+v", l.Failure)
		}
		s.phase("sim:b", machine.Passed)
		s.may(machine.RetryWanted{Lane: n})
		s.until("the first is gone on with", func(x machine.Shot) bool {
			m, _ := at(x, "sim:a")
			return m.Phase == machine.Passed || m.Phase == machine.Asking
		})
	})
}

// TestAUnitMayTakeItsTimeToBoot: a port that is silent at first, as a board's is until its modem runs, is asked again; one that stays silent
// is told, and retried when somebody asks.
func TestAUnitMayTakeItsTimeToBoot(t *testing.T) {
	run(t, machine.Auto, nil, func(s *station) {
		s.plug("sim:slow", nil)
		<-time.After(6 * time.Second)
		if m, l := at(s.Shot(), "sim:slow"); m.Phase != machine.Looking || l.Failure != nil {
			t.Errorf("%+v, %v", m, l.Failure)
		}
		s.swap("sim:slow", unit(t, 0))
		s.phase("sim:slow", machine.Passed)

		s.plug("sim:dead", nil)
		if _, l := s.phase("sim:dead", machine.Failed); l.Failure == nil || l.Failure.Code != "line.no-answer" {
			t.Errorf("%+v", l.Failure)
		}
		s.swap("sim:dead", unit(t, 1))
		s.may(machine.RetryWanted{Lane: s.number("sim:dead")})
		s.phase("sim:dead", machine.Passed)
		if s.Shot().Tally.Units != 2 {
			t.Errorf("%+v", s.Shot().Tally)
		}
	})
}

// TestAPassphraseIsAskedForOnce: for all lanes, and again where it opens nothing.
func TestAPassphraseIsAskedForOnce(t *testing.T) {
	run(t, machine.Auto, nil, func(s *station) {
		s.Unlock([]byte("wrong"))
		for n, name := range []string{"sim:a", "sim:b"} {
			s.plug(name, unit(t, n))
		}
		refused := 0
		for _, name := range []string{"sim:a", "sim:b"} {
			m, l := s.phase(name, machine.Asking)
			if l.Failure != nil && l.Failure.Code == "ca.passphrase" {
				refused++
			}
			if m.Ask != machine.AskPassphrase {
				t.Errorf("%+v", m)
			}
		}
		if refused == 0 {
			t.Error("nobody is told that the passphrase is wrong")
		}
		given := []byte(passphrase)
		s.Unlock(given)
		if string(given) == passphrase {
			t.Error("the passphrase was not cleared")
		}
		s.phase("sim:a", machine.Passed)
		s.phase("sim:b", machine.Passed)
		s.plug("sim:c", unit(t, 2))
		s.phase("sim:c", machine.Passed)
	})
}

// TestAPassphraseThatNobodyUsesIsForgotten: after the time that the profile gives.
func TestAPassphraseThatNobodyUsesIsForgotten(t *testing.T) {
	run(t, machine.Auto, func(c *rack.Config) { c.Lock = 5 * time.Minute }, func(s *station) {
		s.plug("sim:a", unit(t, 0))
		s.phase("sim:a", machine.Passed)
		s.pull("sim:a")
		s.free(0)
		<-time.After(6 * time.Minute)
		s.plug("sim:b", unit(t, 1))
		s.phase("sim:b", machine.Asking)
		s.Unlock([]byte(passphrase))
		s.phase("sim:b", machine.Passed)
	})
}

// TestOneUnitHasOneLane: two that say the same IMEI; the second is refused, and nothing is changed in it.
func TestOneUnitHasOneLane(t *testing.T) {
	run(t, machine.Key, nil, func(s *station) {
		clone := unit(t, 0)
		s.plug("sim:a", unit(t, 0))
		s.phase("sim:a", machine.Waiting)
		s.plug("sim:b", clone)
		if _, l := s.phase("sim:b", machine.Failed); l.Failure == nil || l.Failure.Code != "ledger.bound" || holds(clone) != 0 {
			t.Errorf("%+v", l.Failure)
		}
		s.pull("sim:a") // now it is alone, and nothing is known of it
		s.free(0)
		s.may(machine.RetryWanted{Lane: s.number("sim:b")})
		s.phase("sim:b", machine.Waiting)
	})
}

// TestWhatBlocksAUnitIsAsked: nothing is changed, it can be left alone, and the lane is free for the next.
func TestWhatBlocksAUnitIsAsked(t *testing.T) {
	for want, c := range map[machine.Ask]struct {
		unit   sim.Config
		change func(*rack.Config)
	}{
		machine.AskFirmware: {sim.Config{IMEI: imeis(1)[0], Firmware: "mfw_nrf9160_1.2.3"}, nil},
		machine.AskAnchor:   {sim.Config{IMEI: imeis(1)[0]}, func(c *rack.Config) { c.Terms.Anchor = false }},
		machine.AskPlan: {sim.Config{IMEI: imeis(1)[0]}, func(c *rack.Config) {
			with := c.Bench
			c.Bench = func(name string) bench.Config {
				b := with(name)
				b.Profile.Slots = nil
				return b
			}
		}},
	} {
		run(t, machine.Auto, c.change, func(s *station) {
			u := unitOf(t, c.unit)
			s.plug("sim:a", u)
			if m, _ := s.phase("sim:a", machine.Asking); m.Ask != want || holds(u) != 0 {
				t.Errorf("it asks %d, not %d", m.Ask, want)
			}
			s.may(machine.CancelWanted{})
			s.phase("sim:a", machine.Resting)
			s.pull("sim:a")
			s.free(0)
			if s.Shot().Tally.Units != 0 {
				t.Errorf("%+v", s.Shot().Tally)
			}
		})
	}
}

// fails is a lister that cannot list.
type fails struct{}

// Ports fails.
func (fails) Ports(context.Context) ([]port.Info, error) {
	return nil, cred.Failed("port.denied", "the list of ports cannot be read", "type the name of the port instead")
}

// TestAListThatCannotBeReadIsTold: nobody is unplugged by it.
func TestAListThatCannotBeReadIsTold(t *testing.T) {
	run(t, machine.Auto, func(c *rack.Config) { c.Lister = fails{} }, func(s *station) {
		x := s.until("it is told", func(x machine.Shot) bool { return x.Ports != nil })
		if x.Ports.Code != "port.denied" {
			t.Errorf("%v", x.Ports)
		}
	})
}

// TestAWarningIsNoPass: what the profile does not declare is noted.
func TestAWarningIsNoPass(t *testing.T) {
	run(t, machine.Auto, func(c *rack.Config) {
		with := c.Bench
		c.Bench = func(name string) bench.Config {
			b := with(name)
			b.Profile.SHA256 = cred.Sum([]byte("a profile that was read"))
			return b
		}
	}, func(s *station) {
		u := unit(t, 0)
		stray(t, u)
		s.plug("sim:a", u)
		s.phase("sim:a", machine.Warned)
		if tally := s.Shot().Tally; tally.Warned != 1 || tally.Yield() != 1 {
			t.Errorf("%+v", tally)
		}
	})
}

// stray puts something under a tag that the profile does not declare.
func stray(t *testing.T, m *sim.Modem) {
	t.Helper()
	d, err := device.Attach(context.Background(), m.Pipe(context.Background()), device.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Write(context.Background(), cred.Slot{SecTag: 77, Kind: cred.RootCA}, []byte("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"), nil); err != nil {
		t.Fatal(err)
	}
}

// TestABenchThatBrokeIsSaid: its journal cannot be written any more. The lane says so, and nothing else is begun there by itself.
func TestABenchThatBrokeIsSaid(t *testing.T) {
	p := authority(t)
	synctest.Test(t, func(t *testing.T) {
		sh := newShop(t, p)
		s := begin(t, sh, sh.config(machine.Key))
		s.Unlock([]byte(passphrase))
		s.plug("sim:a", unit(t, 0))
		s.phase("sim:a", machine.Waiting)
		if err := sh.store.Close(); err != nil {
			t.Fatal(err)
		}
		s.Put(machine.StartWanted{Lanes: 1})
		if _, l := s.phase("sim:a", machine.Broken); l.Failure == nil {
			t.Error("nobody says why")
		}
		s.quit()
		if err := <-s.done; err == nil {
			t.Error("a journal that broke is no rest")
		}
	})
}

// TestAShiftThatDiedIsTakenOver: the process is gone in the middle of two units. The next start closes their runs, and each unit is put
// right at whichever port it stands, its radio as it was.
func TestAShiftThatDiedIsTakenOver(t *testing.T) {
	p := authority(t)
	synctest.Test(t, func(t *testing.T) {
		sh := newShop(t, p)
		defer func() { _ = sh.store.Close() }()
		s := begin(t, sh, sh.config(machine.Auto))
		s.Unlock([]byte(passphrase))
		units := []*sim.Modem{unit(t, 0, "online"), unit(t, 1, "online")}
		s.plug("sim:a", units[0])
		s.plug("sim:b", units[1])
		s.begun("sim:a")
		s.kill()
		s.quit()
		<-s.done
		s.pull("sim:a")
		s.pull("sim:b")
		sh.store.Disown()
		if open, err := sh.store.Unfinished(context.Background()); err != nil || len(open) == 0 {
			t.Fatalf("%d runs are unfinished, %v: the test shows nothing", len(open), err)
		}

		s = begin(t, sh, sh.config(machine.Auto))
		defer s.stop()
		s.Unlock([]byte(passphrase))
		s.plug("sim:a", units[1])
		s.plug("sim:b", units[0])
		for i, name := range []string{"sim:b", "sim:a"} {
			s.until(name+" is done with", func(x machine.Shot) bool {
				m, _ := at(x, name)
				if m.Phase == machine.Asking {
					s.Put(machine.DigitsGiven{Lane: s.number(name), Last4: uint16(m.IMEI % 10_000)})
				}
				return m.Phase == machine.Passed
			})
			if mode := functional(t, units[i]); mode != 1 || holds(units[i]) != 3 {
				t.Errorf("the unit at %s was left in mode %d with %d slots", name, mode, holds(units[i]))
			}
		}
		s.end()
	})
}
