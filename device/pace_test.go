package device_test

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	talk "example.org/sectag/device/at"
	"example.org/sectag/device/sim"
)

// fastLine is a virtual modem's line as the dialer hands it out: it says its speed and can change it.
type fastLine struct {
	io.ReadWriteCloser
	baud   int
	speeds []int
}

func onLine(u *sim.Modem, baud int) *fastLine {
	l := &fastLine{ReadWriteCloser: u.Pipe(context.Background()), baud: baud}
	if baud != 0 { // as the opening of a port does
		_ = l.SetBaud(baud)
	}
	return l
}

func (l *fastLine) Baud() int { return l.baud }

func (l *fastLine) SetBaud(baud int) error {
	if err := l.ReadWriteCloser.(interface{ SetSpeed(int) error }).SetSpeed(baud); err != nil {
		return err
	}
	l.baud, l.speeds = baud, append(l.speeds, baud)
	return nil
}

// A port without flow control loses nothing, because no more is handed over than the line carries and its bridge holds, and no
// time is lost for it.
func TestAPortWithoutFlowControlLosesNothing(t *testing.T) {
	for _, h := range hostKinds() {
		synctest.Test(t, func(t *testing.T) {
			u := unit(t, sim.Config{Host: h.sim, Baud: 115200, Flash: 30 * time.Millisecond}, "overrun@160")
			out := provision(t.Context(), onLine(u, 115200), device.Options{}, usual())
			if !out.done || out.err != nil || out.repeats != 0 || !holds(u, stored(h, usual())) {
				t.Errorf("%s: %v, repeated %d times", h.sim, out.err, out.repeats)
			}
			if c := u.Counters(); h.name == "at-host" && h.end == "CR" && (c.Lost != 0 || float64(out.line) > 1.05*float64(c.Least(30*time.Millisecond))) {
				t.Errorf("%s: %d bytes lost, %v for %v", h.sim, c.Lost, out.line, c.Least(30*time.Millisecond))
			}
			synctest.Wait()
		})
	}
}

// A bridge that holds less, or a line that does not say how fast it is, loses bytes. Then it goes slower, and that is said.
func TestALineThatLosesBytesIsWrittenToMoreSlowly(t *testing.T) {
	for name, c := range map[string]struct {
		fault string
		baud  int
	}{
		"small bridge": {"overrun@40", 115200}, "smaller bridge": {"overrun@16", 115200},
		"unknown speed": {"overrun@160", 0}, "damaged once": {"damage@1", 115200}, "damaged thrice": {"damage@3", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := unit(t, sim.Config{Baud: 115200}, c.fault)
				var tr log
				out := provision(t.Context(), onLine(u, c.baud), device.Options{Trace: tr.trace}, usual())
				if !out.done || out.err != nil || out.repeats == 0 || !holds(u, usual()) {
					t.Errorf("%v, repeated %d times\n%s", out.err, out.repeats, &tr)
				}
				synctest.Wait()
			})
		})
	}
}

// What is damaged each time is not written for ever, and never passes for right.
func TestAStoreThatDamagesEachWriteIsGivenUp(t *testing.T) {
	u := unit(t, sim.Config{}, "damage")
	m := attach(t, u, device.Options{})
	p := usual()[0]
	wantCode(t, m.Write(t.Context(), p.slot, p.content, nil), "")
	before := u.Counters().Flash
	proof, err := m.Prove(t.Context(), p.slot, p.content, nil)
	wantCode(t, err, "store.mismatch")
	if proof.Repeats != device.Repeats || proof.SHA256.IsZero() || proof.SHA256 == cred.Sum(p.content) {
		t.Errorf("%+v", proof)
	}
	if n := u.Counters().Flash - before; n != 2*device.Repeats {
		t.Errorf("%d flash operations", n)
	}
}

// Where the firmware and the port can, the line is raised for the writes and put back, also when the job fails.
func TestTheSpeedIsRaisedForTheWritesAndPutBack(t *testing.T) {
	for _, fault := range []string{"", "damage", "full@1"} {
		for _, host := range []string{"serial-modem", "serial-modem-lf", "at-host", "slm"} {
			synctest.Test(t, func(t *testing.T) {
				u := unit(t, sim.Config{Host: host, Baud: 115200})
				if f, err := sim.ParseFault(fault); err == nil {
					_ = u.SetFaults(f)
				}
				l := onLine(u, 115200)
				var tr log
				out := provision(t.Context(), l, device.Options{Trace: tr.trace}, usual())
				if (out.err == nil) != (fault == "") {
					t.Errorf("%s: %v\n%s", host, out.err, &tr)
				}
				raised := strings.Contains(tr.String(), "AT+IPR=1000000")
				if raised != strings.HasPrefix(host, "serial-modem") || l.baud != 115200 {
					t.Errorf("%s, %s: raised %v, left at %d: %v", host, fault, raised, l.baud, l.speeds)
				}
				again := provision(t.Context(), u.Pipe(context.Background()), device.Options{}, nil)
				wantCode(t, again.err, "")
				synctest.Wait()
			})
		}
	}
}

// A unit that a program left at the raised speed is found and put back; one that was switched off and on in the middle is too.
func TestASpeedThatSomebodyLeftIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := unit(t, sim.Config{Host: "serial-modem", Baud: 115200})
		l := onLine(u, 115200)
		s := talk.New(l, talk.Options{})
		if _, err := s.Do(t.Context(), talk.Command{Text: "AT+IPR=1000000"}); err != nil {
			t.Fatal(err)
		}
		_ = s.Close() // as a program that is killed
		l = onLine(u, 115200)
		var tr log
		start := time.Now()
		m, err := device.Attach(t.Context(), l, device.Options{Trace: tr.trace})
		if err != nil {
			t.Fatalf("%v\n%s", err, &tr)
		}
		within(t, start, 3*time.Second, "finding it")
		if l.baud != 115200 || m.Host().Name() != "serial-modem" {
			t.Errorf("at %d, %s", l.baud, m.Host().Name())
		}
		wantCode(t, m.Write(t.Context(), usual()[0].slot, usual()[0].content, nil), "")
		if l.baud != 1000000 {
			t.Errorf("the line is at %d", l.baud)
		}
		u.Reboot()
		if _, err := m.IMEI(t.Context()); err != nil {
			t.Errorf("after a restart: %v", err)
		}
		wantCode(t, m.Close(), "")
		if !slices.Equal(l.speeds[len(l.speeds)-1:], []int{115200}) {
			t.Errorf("%v", l.speeds)
		}
		synctest.Wait()
	})
}

// What differs after a write may be another unit's: on a needle bed the line does not show that it was changed. Nothing is deleted in it.
func TestNothingIsWrittenAgainIntoAnotherUnit(t *testing.T) {
	other, err := sim.New(sim.Config{IMEI: 352656100367880})
	if err != nil {
		t.Fatal(err)
	}
	p := usual()[0]
	m, err := device.Attach(t.Context(), swapAt(unit(t, sim.Config{}), other, "AT%CMNG=1,42"), device.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Identify(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantCode(t, m.Write(t.Context(), p.slot, p.content, nil), "")
	proof, err := m.Prove(t.Context(), p.slot, p.content, nil)
	if wantCode(t, err, "store.swapped"); other.Counters().Flash != 0 || !proof.SHA256.IsZero() {
		t.Errorf("%+v, %d flash operations in the other unit", proof, other.Counters().Flash)
	}
	wantCode(t, m.Close(), "")
}
