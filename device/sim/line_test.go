package sim_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"example.org/sectag/cred"
	"example.org/sectag/device/sim"
	"example.org/sectag/device/sim/wire"
)

// served is a unit on a line in memory, with the end of Serve at hand.
func served(t *testing.T, ctx context.Context, m *sim.Modem) (*collector, <-chan error) {
	t.Helper()
	ours, theirs := wire.Pipe()
	done := make(chan error, 1)
	go func() { done <- m.Serve(ctx, ours) }()
	t.Cleanup(func() { theirs.Close() })
	return collect(theirs), done
}

// On virtual time nothing is late, so the line takes exactly its floor: not a byte time more, not one less.
func TestPacingIsTheFloor(t *testing.T) {
	for _, baud := range []int{1200, 115200, 1000000} {
		synctest.Test(t, func(t *testing.T) {
			const flash = 30 * time.Millisecond
			m := newModem(t, sim.Config{Baud: baud, Flash: flash, Firmware: "mfw_nrf9160_1.3.7"})
			c := attach(t, m)
			start := time.Now()
			job(t, c, strings.Repeat("x", 700))
			job(t, c, strings.Repeat("y", 700))
			if got, want := time.Since(start), m.Counters().Floor(baud, flash); got != want {
				t.Errorf("%d baud: took %v, the floor is %v", baud, got, want)
			}
			if got, want := m.Counters().Flash, int64(9); got != want { // the first job finds nothing to delete
				t.Errorf("%d flash operations, want %d", got, want)
			}
		})
	}
}

func TestPacedReplyComesBitByBit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModem(t, sim.Config{Baud: 1200, IMEI: testIMEI})
		c := attach(t, m)
		c.send(t, "AT+CGSN\r")
		const perByte = 10 * time.Second / 1200
		<-time.After(8*perByte + 5*perByte + perByte/2)
		if got := c.took(); got != "35265" {
			t.Errorf("after thirteen byte times came %q", got)
		}
	})
}

func TestSlowTakesItsShareOfEachLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := attach(t, newModem(t, with(sim.Config{}, "slow", "online")))
		for _, s := range []struct {
			command string
			takes   time.Duration
		}{
			{"AT\r", 900 * time.Millisecond},
			{"AT+CGSN\r", 4500 * time.Millisecond},
			{"AT%CMNG=1\r", 4500 * time.Millisecond},
			{"AT+CFUN=4\r", 54 * time.Second},
			{"AT+CFUN=0\r", 54 * time.Second},
			{"AT+CFUN=1\r", 4500 * time.Millisecond},
			{"AT+NOPE\r", 4500 * time.Millisecond},
		} {
			start := time.Now()
			c.ask(t, s.command)
			if got := time.Since(start); got != s.takes {
				t.Errorf("%q took %v, want %v", s.command, got, s.takes)
			}
		}
	})
}

// The unit is cut off when the given byte has arrived. A command that this byte ends is carried out.
func TestUnplug(t *testing.T) {
	command := write(0, "abc")
	for n := 1; n <= len(command); n++ {
		synctest.Test(t, func(t *testing.T) {
			m := newModem(t, with(sim.Config{Baud: 9600, Flash: time.Second}, sim.Fault{Name: "unplug", N: int64(len(on) + n)}.String()))
			c, done := served(t, t.Context(), m)
			c.wants(t, on, okay)
			c.send(t, command)
			if s, err := c.ending(); s != "" || err != io.EOF {
				t.Errorf("byte %d: the line ended with %q, %v", n, s, err)
			}
			if err := <-done; !errors.Is(err, sim.ErrUnplugged) {
				t.Errorf("byte %d: Serve ended with %v", n, err)
			}
			if _, err := c.line.Write([]byte("x")); err == nil {
				t.Errorf("byte %d: a dead line takes bytes", n)
			}
			_, stored := m.State().Content(cred.Slot{SecTag: 42, Kind: cred.RootCA})
			if want := n == len(command); stored != want {
				t.Errorf("byte %d: stored is %v, want %v", n, stored, want)
			}
			again := attach(t, m) // started again: settings and half a command are lost, and the fault is spent
			again.wants(t, "AT+CMEE?\r", "+CMEE: 0\r\n"+okay)
		})
	}
}

func TestUnplugReply(t *testing.T) {
	const reply = "352656100367872\r\nOK\r\n"
	for n := 1; n <= len(reply); n++ {
		for _, baud := range []int{0, 1200} {
			synctest.Test(t, func(t *testing.T) {
				m := newModem(t, with(sim.Config{IMEI: testIMEI, Baud: baud}, sim.Fault{Name: "unplug-reply", N: int64(n)}.String()))
				c, done := served(t, t.Context(), m)
				c.send(t, "AT+CGSN\r")
				if s, err := c.ending(); s != reply[:n] || err != io.EOF {
					t.Errorf("%d: the line ended with %q, %v", n, s, err)
				}
				if err := <-done; !errors.Is(err, sim.ErrUnplugged) {
					t.Errorf("%d: Serve ended with %v", n, err)
				}
			})
		}
	}
}

func TestDeathAtAWrite(t *testing.T) {
	for _, s := range []struct {
		fault  string
		stored int
	}{{"die-on-write", 0}, {"die-after-write", 1}, {"die-on-write@2", 1}, {"die-after-write@2", 2}} {
		synctest.Test(t, func(t *testing.T) {
			m := newModem(t, with(sim.Config{}, s.fault))
			c := attach(t, m)
			c.send(t, write(0, "x"))
			synctest.Wait()
			if strings.HasSuffix(s.fault, "@2") {
				if got := c.took(); got != okay {
					t.Errorf("%s: the first write got %q", s.fault, got)
				}
				c.send(t, write(1, "x"))
			}
			if got, err := c.ending(); got != "" || err != io.EOF {
				t.Errorf("%s: the line ended with %q, %v", s.fault, got, err)
			}
			if got := len(m.State().Slots); got != s.stored {
				t.Errorf("%s: %d slots are stored, want %d", s.fault, got, s.stored)
			}
			attach(t, m).wants(t, write(2, "x"), okay) // once
		})
	}
}

func TestNoise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := attach(t, newModem(t, with(sim.Config{}, "noise")))
		got := c.ask(t, "AT\r")
		junk, rest, _ := strings.Cut(got, "\r\n")
		if len(junk) == 0 || strings.ContainsFunc(junk, func(r rune) bool { return r < 0x80 }) || rest != okay {
			t.Errorf("noise gave %q", got)
		}
		c = attach(t, newModem(t, with(sim.Config{}, "garbage")))
		c.send(t, "AT\r")
		synctest.Wait()
		if got := c.took(); got == "" || strings.ContainsFunc(got, func(r rune) bool { return r < 0x80 }) {
			t.Errorf("garbage gave %q", got)
		}
	})
}

func TestNotAT(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := attach(t, newModem(t, with(sim.Config{}, "not-at")))
		synctest.Wait()
		boot := c.took()
		c.send(t, "AT\r")
		<-time.After(time.Second + time.Millisecond)
		log := c.took()
		if !strings.HasPrefix(boot, "*** Booting") || strings.Count(log, "\r\n") != 4 || strings.Contains(boot+log, "OK") {
			t.Errorf("the log is %q and %q", boot, log)
		}
	})
}

// A port that is closed and opened again finds the unit as it was left, in the middle of a command.
func TestReopen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModem(t, sim.Config{})
		first, done := served(t, t.Context(), m)
		first.wants(t, on, okay)
		first.send(t, "AT+CM")
		synctest.Wait()
		first.line.Close()
		if err := <-done; err != nil {
			t.Errorf("Serve ended with %v", err)
		}
		second := attach(t, m)
		second.wants(t, "EE?\r", "+CMEE: 1\r\n"+okay)
		second.send(t, "AT+CMEE")
		synctest.Wait()
		m.Reboot()
		second.wants(t, "AT+CMEE?\r", "+CMEE: 0\r\n"+okay)
	})
}

// What had arrived whole is done though the host left, and at once: nobody can tell when.
func TestHostLeavesDuringAWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModem(t, sim.Config{Baud: 9600, Flash: time.Minute})
		c, done := served(t, t.Context(), m)
		start := time.Now()
		c.send(t, write(0, "abc"))
		synctest.Wait()
		c.line.Close()
		if err := <-done; err != nil || time.Since(start) != 0 {
			t.Errorf("Serve ended with %v after %v", err, time.Since(start))
		}
		if len(m.State().Slots) != 1 {
			t.Error("the command was not carried out")
		}
	})
}

func TestServeEndsWithContext(t *testing.T) {
	for _, cfg := range []sim.Config{{}, {Baud: 300}, with(sim.Config{}, "not-at"), with(sim.Config{}, "slow")} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			m := newModem(t, cfg)
			c, done := served(t, ctx, m)
			synctest.Wait()
			waiting, doneToo := served(t, ctx, m) // one line at a time: this one waits
			c.send(t, "AT+CLAC\r")
			waiting.send(t, "AT\r")
			synctest.Wait()
			if got := waiting.took(); got != "" {
				t.Errorf("the second line was served: %q", got)
			}
			cancel()
			if err := <-done; err != nil {
				t.Errorf("Serve ended with %v", err)
			}
			if err := <-doneToo; err != nil {
				t.Errorf("the waiting Serve ended with %v", err)
			}
			if _, err := c.ending(); err != io.EOF {
				t.Errorf("the host saw %v", err)
			}
		})
	}
}

// A host that does not read holds the unit up; it neither grows nor outlives its context.
func TestHostThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		ours, theirs := wire.Pipe()
		done := make(chan error, 1)
		m := newModem(t, sim.Config{})
		go func() { done <- m.Serve(ctx, ours) }()
		for _, command := range []string{write(0, strings.Repeat("x", 3000)), "AT%CMNG=2,42,0\r", "AT%CMNG=2,42,0\r"} {
			if _, err := io.WriteString(theirs, command); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		select {
		case err := <-done:
			t.Fatalf("Serve ended early with %v", err)
		default:
		}
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve ended with %v", err)
		}
	})
}

func TestNothingIsLeftRunning(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	m := newModem(t, sim.Config{})
	for range 20 {
		c := collect(m.Pipe(t.Context()))
		c.wants(t, "AT\r", okay)
		c.line.Close()
	}
	ctx, cancel := context.WithCancel(t.Context())
	c := collect(m.Pipe(ctx))
	c.wants(t, "AT\r", okay)
	cancel()
	if _, err := c.ending(); err != io.EOF {
		t.Errorf("the host saw %v", err)
	}
}

func TestCounters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModem(t, with(sim.Config{}, "drop@1"))
		c := attach(t, m)
		before := m.Counters()
		c.wants(t, "xAT\rAT\r", okay) // the first byte is dropped, the second command comes while the first is at work
		c.wants(t, write(0, "x"), okay)
		c.wants(t, "AT%CMNG=3,42,0\r", okay)
		c.ask(t, "AT%CMNG=3,42,0\r")
		want := sim.Counters{BytesIn: 7 + 19 + 15 + 15, BytesOut: 3*4 + 7, Lost: 4, Commands: 4, Flash: 2}
		if got := m.Counters().Sub(before); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
		if got, want := want.Floor(1000, time.Second), 2*time.Second+750*time.Millisecond; got != want {
			t.Errorf("the floor is %v, want %v", got, want)
		}
		if got := want.Floor(0, 0); got != 0 {
			t.Errorf("the floor without pacing is %v", got)
		}
	})
}

func TestFaultsCanBeCured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModem(t, with(sim.Config{}, "full"))
		c := attach(t, m)
		c.wants(t, write(0, "x"), wrong)
		if err := m.SetFaults(); err != nil {
			t.Fatal(err)
		}
		c.wants(t, write(0, "x"), okay)
		if err := m.SetFaults(sim.Fault{Name: "no such"}); err == nil {
			t.Error("an unknown fault was taken")
		}
	})
}

// A list that outgrows the buffer is cut off, and there is no final result (1.4 "list size").
func TestLongListIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := attach(t, newModem(t, sim.Config{}))
		for tag := range 60 {
			c.wants(t, "AT%CMNG=0,"+string(rune('1'+tag/10))+string(rune('0'+tag%10))+"000,4,\"x\"\r", okay)
		}
		c.send(t, "AT%CMNG=1\r")
		synctest.Wait()
		if got := c.took(); len(got) != 4095 || strings.Contains(got, "OK") {
			t.Errorf("%d bytes came, ending in %q", len(got), got[max(0, len(got)-20):])
		}
		c.wants(t, "AT%CMNG=1,11000\r", `%CMNG: 11000,4,"`+sha("x")+"\"\r\n"+okay)
	})
}

func TestListOfAWholeUnit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModem(t, sim.Config{})
		c := attach(t, m)
		c.wants(t, "AT%CMNG=0,16842753,2,\"k\"\r", okay)
		c.wants(t, "AT%CMNG=0,7,0,\"c\"\r", okay)
		want := `%CMNG: 16842753,2,"` + sha("k") + "\"\r\n" + `%CMNG: 7,0,"` + sha("c") + "\"\r\n" +
			`%CMNG: 4294967293,10,"` + sha("virtual Nordic identity root CA") + "\"\r\n" +
			`%CMNG: 4294967294,6,"` + strings.ToUpper(m.State().DeviceKey.String()) + "\"\r\n" +
			`%CMNG: 4294967292,11,"` + sha("virtual Nordic base public key") + "\"\r\n" + okay
		c.wants(t, "AT%CMNG=1\r", want)
		c.wants(t, "AT%DEVICEUUID\r", "%DEVICEUUID: "+m.State().UUID+"\r\n"+okay)
		first := c.ask(t, "AT%XMODEMUUID\r")
		if other := attach(t, newModem(t, sim.Config{})).ask(t, "AT%XMODEMUUID\r"); other != first || strings.Contains(first, m.State().UUID) {
			t.Errorf("the build's UUID is %q here and %q there, the device's %q", first, other, m.State().UUID)
		}
	})
}
