package device_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	talk "example.org/sectag/device/at"
	"example.org/sectag/device/firmware"
	"example.org/sectag/device/sim"
	"example.org/sectag/device/sim/wire"
)

// What is no AT host, or none that answers, is known within three seconds and named.
func TestAWrongPortIsKnownWithinThreeSeconds(t *testing.T) {
	modem := func(faults ...string) func(t *testing.T) io.ReadWriteCloser {
		return func(t *testing.T) io.ReadWriteCloser {
			return unit(t, sim.Config{}, faults...).Pipe(context.Background())
		}
	}
	says := func(text string) func(*testing.T) io.ReadWriteCloser {
		return func(*testing.T) io.ReadWriteCloser {
			return newScript(func(string) string { return text })
		}
	}
	answers := func(known map[string]string, other string) func(*testing.T) io.ReadWriteCloser {
		return func(*testing.T) io.ReadWriteCloser {
			return newScript(func(cmd string) string {
				if a, ok := known[cmd]; ok {
					return a
				}
				return other
			})
		}
	}
	for name, c := range map[string]struct {
		line func(t *testing.T) io.ReadWriteCloser
		code string
		say  string
	}{
		"silent":      {modem("silent"), "line.no-answer", "at_client"},
		"log":         {modem("not-at"), "line.not-at", "log"},
		"wrong speed": {modem("garbage"), "line.not-at", "115200"},
		"shell":       {says("AT\r\nAT: command not found\r\n\x1b[1;32muart:~$ \x1b[m"), "line.not-at", "Zephyr shell"},
		"prompt only": {says("\r\nmosh:~$ "), "line.not-at", "Zephyr shell"},
		"gnss":        {says("$GPGGA,,,,,,0,00,99.99,,,,,,*48\r\n"), "line.not-at", "GNSS"},
		"echo":        {says("AT\r\n"), "line.not-at", "sends back"},
		"only errors": {says("ERROR\r\n"), "line.not-at", "ERROR"},
		"deaf host":   {says("Ready\r\n"), "line.not-at", "does not hear"},
		"stopped":     {says("<err> app: Modem has crashed, reason 4\r\n"), "line.not-at", "has stopped"},
		"cut": {func(*testing.T) io.ReadWriteCloser {
			var s *script
			s = newScript(func(string) string { _ = s.w.Close(); return "" })
			return s
		}, "port.lost", "plug"},
		"OK to all":   {says("OK\r\n"), "line.not-at", "no nRF91"},
		"OK and more": {says("OK\r\nOK\r\nOK\r\n"), "line.not-at", "no nRF91"},
		"only AT":     {answers(map[string]string{"AT": "OK\r\n"}, "ERROR\r\n"), "line.not-at", "no nRF91"},
		"other make": {
			answers(map[string]string{"AT": "AT\r\r\nOK\r\n"}, "AT+CMEE?\r\r\n+CMEE: 2\r\n\r\nOK\r\n"),
			"line.not-at", "no nRF91",
		},
		"takes little": {func(*testing.T) io.ReadWriteCloser {
			unread, line := wire.Pipe()
			t.Cleanup(func() { _ = unread.Close() })
			return line
		}, "line.no-answer", "takes no bytes"},
		"takes nothing": {func(*testing.T) io.ReadWriteCloser { return newStuck() }, "line.no-answer", "takes no bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				m, err := device.Attach(t.Context(), c.line(t), device.Options{})
				if err == nil {
					_ = m.Close()
				}
				wantCode(t, err, c.code)
				within(t, start, 2750*time.Millisecond, "knowing it") // the rest is for starting the program and opening the port
				f := cred.AsFault(err)
				if !strings.Contains(f.Text+f.Hint, c.say) {
					t.Errorf("%q is not said: %q, %q", c.say, f.Text, f.Hint)
				}
				synctest.Wait()
			})
		})
	}
}

// stuck is a line that takes no bytes until it is closed.
type stuck struct{ closed chan struct{} }

func newStuck() *stuck                     { return &stuck{make(chan struct{})} }
func (s *stuck) Read([]byte) (int, error)  { <-s.closed; return 0, io.EOF }
func (s *stuck) Write([]byte) (int, error) { <-s.closed; return 0, io.EOF }
func (s *stuck) Close() error              { close(s.closed); return nil }

// A modem that needs nine tenths of each limit is in order: nothing is asked twice and nothing fails.
func TestASlowModemIsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := unit(t, sim.Config{}, "slow=0.99", "online")
		var waited []string
		o := device.Options{Wait: func(what string, until time.Time) {
			if left := time.Until(until); left < 0 || left > time.Minute {
				t.Errorf("%s until %v", what, left)
			}
			waited = append(waited, what)
		}}
		out := provision(t.Context(), u.Pipe(context.Background()), o, tiny())
		if !out.done || out.err != nil || !holds(u, tiny()) {
			t.Errorf("%v", out.err)
		}
		if len(waited) == 0 || strings.Contains(fmt.Sprint(waited), "sign of the modem") {
			t.Errorf("waited for %q", waited)
		}
		synctest.Wait()
	})
}

func TestTheFirstCommandAfterPowerUpMayEndInError(t *testing.T) {
	u := unit(t, sim.Config{})
	line := u.Pipe(context.Background())
	if _, err := line.Write([]byte("\x01\x02U")); err != nil { // noise in the host's buffer
		t.Fatal(err)
	}
	m, err := device.Attach(t.Context(), line, device.Options{})
	wantCode(t, err, "")
	_, err = m.Identify(t.Context())
	wantCode(t, err, "")
	wantCode(t, m.Close(), "")
}

// A program that was killed while the modem was at work leaves an answer behind, which comes when the next one asks.
func TestAnAnswerToAnEarlierProgramDoesNotShiftTheConversation(t *testing.T) {
	for _, when := range []string{"AT", "AT+CMEE=1", "AT+CGMM", "AT+CGSN=1"} {
		synctest.Test(t, func(t *testing.T) {
			first, on := true, false
			var s *script
			s = newScript(func(cmd string) string {
				if cmd == when && first {
					first = false
					s.say("OK\r\n")
				}
				switch {
				case cmd == "AT+CGMM":
					return "nRF9151-LACA\r\nOK\r\n"
				case cmd == "AT+CGMR":
					return "mfw_nrf91x1_2.0.3\r\nOK\r\n"
				case cmd == "AT+CGSN=1":
					return "+CGSN: \"352656100367872\"\r\nOK\r\n"
				case cmd == "AT+CGSN=3":
					return "+CGSN: \"01\"\r\nOK\r\n"
				case cmd == "AT+CFUN?":
					return "+CFUN: 4\r\nOK\r\n"
				case cmd == "AT+CMEE=1":
					on = true
				case cmd == "AT+CMEE?" && on:
					return "+CMEE: 1\r\nOK\r\n"
				case cmd == "AT+CMEE?":
					return "+CMEE: 0\r\nOK\r\n"
				case cmd == "AT%CMNG=3,1,0":
					return "+CME ERROR: 514\r\n"
				case cmd == "AT%CMNG=1,1,0":
					return "%CMNG: 1,0,\"0CC8504337C12EB749665AB872C905A27886687E39490926281B4B6C6DD26E72\"\r\nOK\r\n"
				case strings.HasPrefix(cmd, "AT%"):
					return "+CME ERROR: 0\r\n"
				}
				return "OK\r\n"
			})
			m, err := device.Attach(t.Context(), s, device.Options{})
			wantCode(t, err, "")
			id, err := m.Identify(t.Context())
			if wantCode(t, err, ""); id.IMEI != testIMEI || id.Model == "" || id.Firmware == "" || id.FunctionalMode != 4 {
				t.Errorf("%s: %+v", when, id)
			}
			if _, err := m.Delete(t.Context(), slot(1, 0)); code(err) != "cmng.514" {
				t.Errorf("%s: a refused deletion ended with %v", when, err)
			}
			wantCode(t, m.Close(), "")
			synctest.Wait()
		})
	}
}

func TestNoiseAndNewsBeforeEachReplyAreHeardThrough(t *testing.T) {
	for _, fault := range []string{"urc", "noise"} {
		u := unit(t, sim.Config{}, fault)
		out := provision(t.Context(), u.Pipe(context.Background()), device.Options{}, tiny())
		if !out.done || out.err != nil || !holds(u, tiny()) {
			t.Errorf("%s: %v", fault, out.err)
		}
	}
}

func TestEverythingIsPutBack(t *testing.T) {
	u := unit(t, sim.Config{}, "online")
	out := provision(t.Context(), u.Pipe(context.Background()), device.Options{}, tiny())
	if !out.done || out.err != nil || out.id.FunctionalMode != 1 {
		t.Fatalf("%+v", out)
	}
	line := u.Pipe(context.Background())
	defer line.Close()
	s := talk.New(line, talk.Options{})
	defer s.Close()
	for cmd, want := range map[string]string{"AT+CFUN?": "+CFUN: 1", "AT+CMEE?": "+CMEE: 0"} {
		r, err := s.Do(t.Context(), talk.Command{Text: cmd})
		if err != nil || !r.OK() {
			t.Fatalf("%s: %v", cmd, err)
		}
		var tr log
		c := talk.Command{Text: cmd}
		c.Answers.Prefix = want
		if r, err = s.Do(t.Context(), c); err != nil || len(r.Info) != 1 {
			t.Errorf("%s is not %s any more: %v %v %s", cmd, want, r, err, &tr)
		}
	}
}

func TestAModemThatWasNotActiveIsLeftAlone(t *testing.T) {
	u := unit(t, sim.Config{})
	var tr log
	out := provision(t.Context(), u.Pipe(context.Background()), device.Options{Trace: tr.trace}, tiny())
	if !out.done || strings.Contains(tr.String(), "AT+CFUN=") {
		t.Errorf("%v\n%s", out.err, &tr)
	}
}

// A functional mode whose setting has no answer is asked for: what it is decides.
func TestAModeWithoutAnAnswerIsAskedFor(t *testing.T) {
	for _, obeys := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			mode := "1"
			s := newScript(func(cmd string) string {
				switch {
				case strings.HasPrefix(cmd, "AT+CFUN="):
					if obeys {
						mode = strings.TrimPrefix(cmd, "AT+CFUN=")
					}
					return ""
				case cmd == "AT+CFUN?":
					return "+CFUN: " + mode + "\r\nOK\r\n"
				case cmd == "AT+CMEE?":
					return "+CMEE: 1\r\nOK\r\n"
				}
				return "OK\r\n"
			})
			m, err := device.Attach(t.Context(), s, device.Options{})
			wantCode(t, err, "")
			was, err := m.Offline(t.Context())
			if obeys {
				wantCode(t, err, "")
			} else {
				wantCode(t, err, "line.no-answer")
			}
			if was != 1 {
				t.Errorf("the mode was %d", was)
			}
			start := time.Now()
			_ = m.Close()
			within(t, start, 30*time.Second, "closing")
			synctest.Wait()
		})
	}
}

func TestClosingALineThatIsGoneDoesNotHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := unit(t, sim.Config{}, "online", "unplug-reply@320")
		m, err := device.Attach(t.Context(), u.Pipe(context.Background()), device.Options{})
		wantCode(t, err, "")
		_, err = m.Offline(t.Context())
		wantCode(t, err, "")
		for err == nil {
			_, err = m.List(t.Context())
		}
		wantCode(t, err, "port.lost")
		start := time.Now()
		wantCode(t, m.Close(), "")
		within(t, start, 3*time.Second, "closing")
		synctest.Wait()
	})
}

func TestAModemThatFallsSilentIsClosedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := unit(t, sim.Config{}, "online")
		m, err := device.Attach(t.Context(), u.Pipe(context.Background()), device.Options{})
		wantCode(t, err, "")
		_, err = m.Offline(t.Context())
		wantCode(t, err, "")
		silent, _ := sim.ParseFault("silent")
		if err := u.SetFaults(silent); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := m.Close(); err == nil {
			t.Error("nothing was put back and nobody is told")
		}
		within(t, start, 20*time.Second, "closing")
		synctest.Wait()
	})
}

func TestAStopInTheMiddleIsCleanedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := unit(t, sim.Config{}, "slow=0.5", "online")
		m, err := device.Attach(t.Context(), u.Pipe(context.Background()), device.Options{})
		wantCode(t, err, "")
		_, err = m.Offline(t.Context())
		wantCode(t, err, "")
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		err = m.Write(ctx, tiny()[0].slot, tiny()[0].content, nil)
		wantCode(t, err, "line.stopped")
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		_ = u.SetFaults()
		wantCode(t, m.Close(), "")
		again, err := device.Attach(t.Context(), u.Pipe(context.Background()), device.Options{})
		wantCode(t, err, "")
		if id, err := again.Identify(t.Context()); err != nil || id.FunctionalMode != 1 {
			t.Errorf("the unit was left in mode %d, %v", id.FunctionalMode, err)
		}
		wantCode(t, again.Close(), "")
		synctest.Wait()
	})
}

// A unit that was put in another's place is not touched when the line is closed.
func TestClosingLeavesAnotherUnitAlone(t *testing.T) {
	for name, imei := range map[string]string{"the same unit": "352656100367872", "another unit": "352656100664021"} {
		mode, here := "1", "352656100367872"
		s := newScript(func(cmd string) string {
			switch {
			case strings.HasPrefix(cmd, "AT+CFUN="):
				mode = strings.TrimPrefix(cmd, "AT+CFUN=")
			case cmd == "AT+CFUN?":
				return "+CFUN: " + mode + "\r\nOK\r\n"
			case cmd == "AT+CMEE?":
				return "+CMEE: 1\r\nOK\r\n"
			case cmd == "AT+CGSN=1":
				return "+CGSN: \"" + here + "\"\r\nOK\r\n"
			case cmd == "AT+CGMR":
				return "mfw_nrf91x1_2.0.3\r\nOK\r\n"
			}
			return "OK\r\n"
		})
		m, err := device.Attach(t.Context(), s, device.Options{})
		wantCode(t, err, "")
		_, err = m.Identify(t.Context())
		wantCode(t, err, "")
		_, err = m.Offline(t.Context())
		wantCode(t, err, "")
		here = imei
		wantCode(t, m.Close(), "")
		if want := map[bool]string{true: "1", false: "4"}[imei == "352656100367872"]; mode != want {
			t.Errorf("%s was left in mode %s, want %s", name, mode, want)
		}
	}
}

func TestFirmware(t *testing.T) {
	for version, want := range map[string]string{
		"mfw_nrf9160_1.2.3":           "store.firmware-old",
		"mfw_nrf9160_1.3.1":           "store.firmware-old",
		"mfw_nrf9160_0.7.0-29.alpha":  "store.firmware-old",
		"mfw_nrf9160_1.3.2":           "",
		"mfw_nrf9160_1.3.7":           "",
		"mfw_nrf9160_1.3.10":          "",
		"mfw_nrf9160_1.3.2-FOTA-TEST": "",
		"mfw_nrf9160_2.0.0":           "",
		"mfw_nrf91x1_2.0.3":           "",
		"mfw_nrf91x1_2.0.0-beta":      "",
		"mfw_nrf9151-ntn_0.5.0":       "",
		"mfw_nrf9151-ntn_1.0.1":       "",
		"mfw-pti_nrf91x1_2.3.3":       "",
		"":                            "store.firmware-old",
		"mfw_nrf9160_1.3":             "store.firmware-old",
		"mfw_nrf9160_1.3.x":           "store.firmware-old",
		"nonsense":                    "store.firmware-old",
		"mfw_nrf9160_1.3.22222222222": "store.firmware-old",
	} {
		wantCode(t, firmware.Judge(version), want)
	}
	for firmware, want := range map[string]string{"mfw_nrf9160_1.2.3": "store.firmware-old", "mfw_nrf9160_1.3.7": "", "mfw_nrf91x1_2.0.3": ""} {
		m := attach(t, unit(t, sim.Config{Firmware: firmware}), device.Options{})
		wantCode(t, m.FirmwareOK(), "store.firmware-old") // not asked yet
		id, err := m.Identify(t.Context())
		wantCode(t, err, "")
		if id.Firmware != firmware {
			t.Errorf("%q is read as %q", firmware, id.Firmware)
		}
		wantCode(t, m.FirmwareOK(), want)
	}
	m := attach(t, unit(t, sim.Config{}, "no-firmware"), device.Options{})
	_, err := m.Identify(t.Context())
	wantCode(t, err, "")
	wantCode(t, m.FirmwareOK(), "store.firmware-old")
}

func TestAUnitWithoutAnIMEIIsShownAllTheSame(t *testing.T) {
	m := attach(t, unit(t, sim.Config{}, "no-imei"), device.Options{})
	id, err := m.Identify(t.Context())
	wantCode(t, err, "store.no-imei")
	if id.Model == "" || id.Firmware == "" || id.IMEI != 0 || id.Valid {
		t.Errorf("%+v", id)
	}
}
