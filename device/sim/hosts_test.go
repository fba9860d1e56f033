package sim_test

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device/sim"
	"example.org/sectag/device/sim/host"
)

const (
	ready  = "Ready\r\n"
	smOK   = "\r\nOK\r\n"
	smErr  = "\r\nERROR\r\n"
	uart   = "\x1b[1;32muart:~$ \x1b[m"
	mosh   = "\x1b[1;32mmosh:~$ \x1b[m"
	zephyr = "*** Booting nRF Connect SDK v2.9.0 ***\r\n*** Using Zephyr OS v3.7.99 ***\r\n"
)

// hosts are conversations with each kind of firmware; the first step of some is what it prints when it starts.
func hosts() []exchange {
	of := func(kind string, faults ...string) sim.Config { return with(sim.Config{Host: kind}, faults...) }
	shellOK := "OK\r\r\n\r\n"
	return []exchange{
		{row: "3.1 Serial Modem", cfg: of("serial-modem"), steps: []step{
			{"", ready},
			{"AT\r", smOK},
			{"\nAT\r\n", smOK},
			{"AT+CGSN=1\r", "\r\n+CGSN: \"352656100367872\"\r\n" + smOK},
			{on, smOK},
			{"AT%CMNG=3,42,0\r", "\r\n+CME ERROR: 513\r\n"},
			{"AT+NOPE\r", smErr},
			{"ATI\r", smErr},
			{"AT#XNOPE\r", smErr},
			{write(0, pem), smOK},
			{"AT%CMNG=1,42\r", "\r\n%CMNG: 42,0,\"" + sha(pem) + "\"\r\n" + smOK},
			{"AT%CMNG=2,42,0\r", "\r\n%CMNG: 42,0,\"" + sha(pem) + "\",\"" + pem + "\"\r\n" + smOK},
		}},
		{row: "3.1 Serial Modem, LF", cfg: of("serial-modem-lf"), steps: []step{{"", ready}, {"AT\r", ""}, {"\n", smErr}, {"AT\n", smOK}}},
		{row: "3.1 Serial Modem, CRLF", cfg: of("serial-modem-crlf"), steps: []step{{"", ready}, {"AT\r", ""}, {"\n", smOK}}},
		{row: "3.1 SLM", cfg: of("slm"), steps: []step{{"", ready}, {"AT\r\n", smOK}, {"AT+IPR?\r\n", smErr}, {"AT#XSLMVER\r\n", "\r\n#XSLMVER: \"3.1.0\",\"3.1.0\"\r\n" + smOK}}},
		{row: "3.1 the CRLF in front of unsolicited lines", cfg: of("serial-modem"), steps: []step{
			{"", ready}, {"AT+CEREG=5\r", smOK}, {"AT+CFUN=1\r", smOK + "\r\n+CEREG: 2\r\n\r\n+CEREG: 1,\"002F\",\"0012BEEF\",7\r\n"},
		}},
		{row: "3.3 what comes while a command is at work waits", cfg: of("serial-modem"), steps: []step{{"", ready}, {"AT\rAT\r" + on, smOK + smOK + smOK}}},
		{row: "3.3 but not all of it", cfg: of("serial-modem"), steps: []step{{"", ready}, {"AT\r" + strings.Repeat("x", 768) + "AT\r", smOK}, {"AT\r", smOK}}},
		{row: "3.3 a list of 4095 bytes and more is ERROR", cfg: of("serial-modem"), steps: []step{
			{"", ready}, {write(0, strings.Repeat("x", 4060)), smOK}, {"AT%CMNG=2,42,0\r", smErr}, {"AT%CMNG=1,42\r", "\r\n%CMNG: 42,0,\"" + sha(strings.Repeat("x", 4060)) + "\"\r\n" + smOK},
		}},
		{row: "3.4 Zephyr shell", cfg: of("at-shell"), steps: []step{
			{"", zephyr + "\r\n\r\n" + uart},
			{"at AT\r\n", "at AT\r\n" + shellOK + uart},
			{"at AT+CGSN\r", "at AT+CGSN\r\n352656100367872\r\r\n" + shellOK + uart},
			{"AT+CGSN\r", "AT+CGSN\r\n\x1b[1;31mAT+CGSN: command not found\r\n\x1b[m" + uart},
			{"at AT+NOPE\r", "at AT+NOPE\r\nERROR\r\r\n\r\n" + uart},
			{"at 'AT%CMNG=0,42,4,\"id\"'\r", "at 'AT%CMNG=0,42,4,\"id\"'\r\n" + shellOK + uart},
		}},
		{row: "3.4 modem_shell stores CRLF and comes up with LTE on", cfg: of("modem-shell"), steps: []step{
			{"", zephyr + "\r\nReset reason: Power-on reset\r\n\r\nMOSH version:       v2.9.0\r\nHW version:         nRF9151 LACA APA\r\n" +
				"Modem FW version:   mfw_nrf91x1_2.0.3\r\n\r\n\r\n" + mosh},
			{"at AT+CFUN?\r", "at AT+CFUN?\r\n+CFUN: 1\r\r\n" + shellOK + mosh},
			{"at AT+CFUN=4\r", "at AT+CFUN=4\r\n" + shellOK + mosh},
			{"at 'AT%CMNG=0,42,0,\"a\\nb\"'\r", "at 'AT%CMNG=0,42,0,\"a\\nb\"'\r\n" + shellOK + mosh},
			{"at AT%CMNG=1,42,0\r", "at AT%CMNG=1,42,0\r\n%CMNG: 42,0,\"" + sha("a\r\nb") + "\"\r\r\n" + shellOK + mosh},
		}},
		{row: "3.6 the credentials shell", cfg: of("cred-shell"), steps: []step{
			{"", zephyr + "\r\n\r\n" + uart}, {"at AT\r", "at AT\r\n\x1b[1;31mat: command not found\r\n\x1b[m" + uart}, {"AT\r", "AT\r\n\x1b[1;31mAT: command not found\r\n\x1b[m" + uart},
		}},
		{row: "3.4 no events unless asked for", cfg: of("at-shell"), steps: []step{
			{"", zephyr + "\r\n\r\n" + uart},
			{"at AT+CEREG=1\r", "at AT+CEREG=1\r\n" + shellOK + uart},
			{"at AT+CFUN=1\r", "at AT+CFUN=1\r\n" + shellOK + uart},
			{"at events_enable\r", "at events_enable\r\nAT command event handler enabled\r\n" + uart},
			{"at AT+CFUN=4\r", "at AT+CFUN=4\r\n" + shellOK + uart + "\x1b[8D\x1b[JAT event handler:\r\n+CEREG: 0\r\r\n\r\n" + uart},
		}},
		{row: "3.1 a shell keeps 64 bytes that come while it is busy", cfg: of("at-shell"), steps: []step{
			{"", zephyr + "\r\n\r\n" + uart}, {"at AT\rat AT\r", "at AT\r\n" + shellOK + uart + "at AT\r\n" + shellOK + uart},
		}},
		{row: "3.3 left in data mode", cfg: of("serial-modem", "data-mode"), steps: []step{{"", ready}, {"AT\r", ""}, {"+++", "\r\n#XDATAMODE: 0\r\n"}, {"AT\r", smOK}}},
		{row: "3.4 left in the AT command mode", cfg: of("modem-shell", "data-mode"), steps: []step{
			{"", zephyr + "\r\nReset reason: Power-on reset\r\n\r\nMOSH version:       v2.9.0\r\nHW version:         nRF9151 LACA APA\r\n" +
				"Modem FW version:   mfw_nrf91x1_2.0.3\r\n\r\n\r\n" + mosh},
			{"AT\r", "AT\r\nOK\r\r\n"},
			{"\x18\x11", "\x18===========================================================\r\nMoSh AT command mode exited\r\n" + mosh},
			{"at AT\r", "at AT\r\n" + shellOK + mosh},
		}},
		{row: "3.3 left with a full buffer", cfg: of("serial-modem", "full-buffer"), steps: []step{{"", ready}, {"\r", smErr}, {"AT\r", smOK}}},
		{row: "3.3 echo on", cfg: of("serial-modem", "echo"), steps: []step{{"", ready}, {"AT\r", "AT\r" + smOK}, {"ATE0\r", "ATE0\r" + smOK}, {"AT\r", smOK}}},
		{row: "3.3 crash", cfg: of("serial-modem", "crash@2"), steps: []step{
			{"", ready},
			{"AT\r", smOK},
			{"AT\r", "\r\n#XMODEM: FAULT,0x4,0x0\r\n" + smErr},
			{"AT\r", smErr},
			{"AT#XSMVER\r", "\r\n#XSMVER: \"v2.0.0\",\"3.4.0\"\r\n" + smOK},
		}},
		{row: "3.4 crash", cfg: of("at-shell", "crash"), steps: []step{{"", zephyr + "\r\n\r\n" + uart}, {"at AT\r", "at AT\r\nSending AT command failed with error code -1\r\n" + uart}}},
	}
}

// broken are the faults of the line and the host, on an AT Host.
func broken() []exchange {
	of := func(faults ...string) sim.Config { return with(sim.Config{}, faults...) }
	log := func(n string) string { return "[00:00:00." + n + ",000] <inf> main: battery 3912 mV\r\n" }
	return []exchange{
		{row: "3.2 crash: the command comes back, without a final result", cfg: of("crash"), steps: []step{{"AT+CGSN\r", "AT+CGSN"}, {"AT\r", "AT"}}},
		{row: "3.2 left in an open quote", cfg: of("open-quote"), steps: []step{{"AT\r", ""}, {"\"\r", okay}, {"AT%CMNG=3,1,0\r", okay}}},
		{row: "3.2 left with a full buffer", cfg: of("full-buffer"), steps: []step{{"\"\rAT\r", ""}, {strings.Repeat("\x7f", 4096) + "\"\x7f", ""}, {"AT\r", okay}}},
		{row: "echo", cfg: of("echo"), steps: []step{{"AT\r", "AT\r" + okay}, {"ATE0\r", "ATE0\r" + wrong}}},
		{row: "cmee-off after each command", cfg: of("cmee-off"), steps: []step{{on, okay}, {"AT%CMNG=3,42,0\r", wrong}}},
		{row: "cmee-off after the second", cfg: of("cmee-off@2"), steps: []step{{on, okay}, {"AT%CMNG=3,42,0\r", cmeError(513)}, {"AT%CMNG=3,42,0\r", wrong}, {on, okay}, {"AT%CMNG=3,42,0\r", cmeError(513)}}},
		{row: "3.5 the first command after power-up is ERROR", cfg: of("first-error"), steps: []step{{on, wrong}, {"AT+CMEE?\r", "+CMEE: 0\r\n" + okay}}},
		{row: "log around replies", cfg: of("log"), steps: []step{{"AT\r", log("000")[:10] + "250,000] <inf> main: battery 3912 mV\r\n" + okay + log("500")}}},
		{row: "log inside a reply", cfg: of("log@4"), steps: []step{{"AT+CGMI\r", "Nord" + log("250") + "ic Semiconductor ASA\r\n" + okay}, {"AT\r", okay + log("250")}}},
		{row: "3.1 an unsolicited line inside a reply", cfg: of("urc@3"), steps: []step{{"AT\r", "OK\r%CESQ: 62,3,12,1\r\n\n"}}},
		{row: "drop-reply", cfg: of("drop-reply@2"), steps: []step{{"AT\r", "O\r\n"}, {"AT\r", okay}}},
		{row: "overrun", cfg: of("overrun@8"), steps: []step{{"AT+CGMI\r", "Nordic Semiconductor ASA\r\n" + okay}}},
	}
}

// A port without flow control loses what comes faster than the line takes it; paced bytes all arrive.
func TestOverrun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const baud, holds = 115200, 64
		m := newModem(t, with(sim.Config{Baud: baud}, "overrun@64"))
		c := attach(t, m)
		command := write(0, strings.Repeat("x", 500))
		c.send(t, command)
		<-time.After(time.Second)
		if lost := m.Counters().Lost; c.took() != "" || lost != int64(len(command)-holds) {
			t.Errorf("a burst of %d lost %d", len(command), lost)
		}
		c.send(t, "\"\r")
		<-time.After(time.Second)
		c.took()
		before := m.Counters().Lost
		for i := 0; i < len(command); i += 32 {
			c.send(t, command[i:min(i+32, len(command))])
			<-time.After(32 * 10 * time.Second / baud)
		}
		synctest.Wait()
		<-time.After(time.Second)
		if got := c.took(); got != okay || m.Counters().Lost != before {
			t.Errorf("a paced write gave %q and lost %d", got, m.Counters().Lost-before)
		}
	})
}

func TestDeadWires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModem(t, with(sim.Config{}, "tx-dead"))
		c := attach(t, m)
		c.send(t, write(0, "x"))
		synctest.Wait()
		if got := c.took(); got != "" || len(m.State().Slots) != 1 {
			t.Errorf("tx-dead: %q and %d slots", got, len(m.State().Slots))
		}
		m = newModem(t, with(sim.Config{}, "rx-dead"))
		c = attach(t, m)
		c.send(t, write(0, "x"))
		<-time.After(2500 * time.Millisecond)
		if got := c.took(); got != strings.Repeat("%CESQ: 62,3,12,1\r\n", 2) || len(m.State().Slots) != 0 {
			t.Errorf("rx-dead: %q and %d slots", got, len(m.State().Slots))
		}
	})
}

// Section 2, "wear/brown-out": the slot at work is empty and a third one is gone.
func TestBrownOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModem(t, with(sim.Config{}, "brown-out@4"))
		c, done := served(t, t.Context(), m)
		for _, tag := range []string{"7", "42", "43"} {
			c.wants(t, "AT%CMNG=0,"+tag+",0,\"x\"\r", okay)
		}
		c.send(t, "AT%CMNG=0,42,0,\"y\"\r")
		if got, err := c.ending(); got != "" || err != io.EOF {
			t.Errorf("the line ended with %q, %v", got, err)
		}
		<-done
		var left []cred.SecTag
		for _, s := range m.State().Slots {
			left = append(left, s.SecTag)
		}
		if len(left) != 1 || left[0] != 43 {
			t.Errorf("left is %v", left)
		}
		attach(t, m).wants(t, "AT%CMNG=0,42,0,\"y\"\r", okay)
	})
}

// A unit that lost power prints its banner again, and what the faults name first happens again.
func TestBannerAfterPower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModem(t, with(sim.Config{Host: "serial-modem"}, "unplug@3", "first-error"))
		c, done := served(t, t.Context(), m)
		c.send(t, "AT\r")
		if got, _ := c.ending(); got != ready {
			t.Errorf("before: %q", got)
		}
		<-done
		c = attach(t, m)
		synctest.Wait()
		if got := c.took(); got != ready {
			t.Errorf("after: %q", got)
		}
		c.wants(t, "AT\r", smErr)
		c.wants(t, "AT\r", smOK)
		c.line.Close()
		synctest.Wait()
		c = attach(t, m)
		c.wants(t, "AT\r", smOK)
		m.Reboot()
		synctest.Wait()
		if got := c.took(); got != ready {
			t.Errorf("after a reboot on the line: %q", got)
		}
	})
}

// 3.3: AT#XRESET is OK, then two seconds of nothing (1.9), then Ready; settings and a crash are over.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModem(t, with(sim.Config{Host: "serial-modem"}, "crash@3"))
		c := attach(t, m)
		c.wants(t, on, ready+smOK)
		c.wants(t, "AT\r", smOK)
		c.wants(t, "AT\r", "\r\n#XMODEM: FAULT,0x4,0x0\r\n"+smErr)
		start := time.Now()
		c.send(t, "AT#XRESET\rAT\r")
		<-time.After(time.Second)
		c.send(t, "AT\r")
		got, _ := c.until(func(b []byte) bool { return strings.HasSuffix(string(b), ready) })
		if took := time.Since(start); got != smOK+ready || took != 2*time.Second {
			t.Errorf("%q after %v", got, took)
		}
		c.wants(t, "AT+CMEE?\r", "\r\n+CMEE: 0\r\n"+smOK)
	})
}

// An echo goes out beside what comes in: a shell takes a long line in the time that it takes in, and answers at once.
func TestEchoTakesNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const baud = 115200
		m := newModem(t, sim.Config{Host: "at-shell-unescape", Baud: baud})
		c := attach(t, m)
		if _, err := c.until(func(b []byte) bool { return strings.HasSuffix(string(b), uart) }); err != nil {
			t.Fatal(err)
		}
		start, before := time.Now(), m.Counters()
		c.send(t, "at 'AT%CMNG=0,42,0,\""+strings.Repeat("x", 1000)+"\"'\r")
		got, _ := c.until(func(b []byte) bool { return strings.HasSuffix(string(b), uart) })
		n := m.Counters().Sub(before)
		least := n.Floor(baud, 0)
		wraps := time.Duration(2*(1000/80+1)) * 10 * time.Second / baud // of the echo, which is longer than what came
		if took := time.Since(start); took < least || took > least+wraps || n.Echoed < 1000 || n.Least(0) != least {
			t.Errorf("%d bytes took %v, at least %v; %d were echoed, %q", len(got), took, least, n.Echoed, got[len(got)-30:])
		}
	})
}

// 3.1: AT+IPR changes the speed after its OK, both ways, and until a restart.
func TestSpeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModem(t, sim.Config{Host: "serial-modem", Baud: 115200})
		c := attach(t, m)
		if _, err := c.until(func(b []byte) bool { return len(b) == len(ready) }); err != nil {
			t.Fatal(err)
		}
		c.wants(t, "AT+IPR?\r", "\r\n+IPR: 115200\r\n"+smOK)
		for _, baud := range []int{1000000, 115200} {
			start, before := time.Now(), m.Counters()
			c.wants(t, map[int]string{1000000: "AT+IPR=1000000\r", 115200: "AT+IPR=115200\r"}[baud], smOK)
			if took, was := time.Since(start), 1115200-baud; took != m.Counters().Sub(before).Floor(was, 0) {
				t.Errorf("setting %d took %v", baud, took)
			}
			start, before = time.Now(), m.Counters()
			c.wants(t, write(0, strings.Repeat("x", 3000)), smOK)
			if took, n := time.Since(start), m.Counters().Sub(before); took != n.Floor(baud, 0) || took != n.Least(0) {
				t.Errorf("a write at %d took %v, want %v", baud, took, n.Floor(baud, 0))
			}
		}
		c.wants(t, "AT+IPR=921600\r", smOK)
		m.Reboot()
		synctest.Wait()
		<-time.After(time.Second)
		c.took()
		c.wants(t, "AT+IPR?\r", "\r\n+IPR: 115200\r\n"+smOK)
	})
}

// Who is set to another speed hears garbage and is heard as garbage, if the unit can change its speed.
func TestSpeedsApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModem(t, sim.Config{Host: "serial-modem", Baud: 115200})
		c := attach(t, m)
		set := func(baud int) {
			t.Helper()
			if err := c.line.(interface{ SetSpeed(baud int) error }).SetSpeed(baud); err != nil {
				t.Fatal(err)
			}
		}
		hear := func(say string) string {
			c.send(t, say)
			<-time.After(time.Second)
			return c.took()
		}
		if got := hear("AT\r"); got != ready+smOK {
			t.Errorf("with no speed set: %q", got)
		}
		set(9600)
		if got := hear("AT\r"); got != "" {
			t.Errorf("the unit understood and said %q", got)
		}
		set(115200)
		if got := hear("AT+IPR=460800\r"); got != smOK {
			t.Errorf("at the right speed: %q", got)
		}
		if got := hear("AT\r"); got != "" {
			t.Errorf("one side changed: %q", got)
		}
		set(460800)
		c.send(t, "AT+CGMI\r")
		<-time.After(8 * 10 * time.Second / 460800)
		set(115200)
		<-time.After(time.Second)
		if got := c.took(); got == "" || strings.ContainsFunc(got[1:], func(r rune) bool { return r < 0x80 }) {
			t.Errorf("changed during the answer: %q", got)
		}
		for kind, cfg := range map[string]sim.Config{"an unpaced unit": {}, "an AT Host": {Baud: 115200}, "SLM": {Host: "slm", Baud: 115200}} {
			c = attach(t, newModem(t, cfg))
			set(9600)
			if got := hear("AT\r\n"); !strings.HasSuffix(got, okay) {
				t.Errorf("%s goes along: %q", kind, got)
			}
		}
	})
}

// A state that the host does not have, and a buffer that it cannot have, are refused.
func TestHostsRefused(t *testing.T) {
	t.Parallel()
	for _, cfg := range []sim.Config{
		with(sim.Config{}, "data-mode"), with(sim.Config{Host: "at-shell"}, "data-mode"), with(sim.Config{Host: "slm"}, "echo"),
		with(sim.Config{Host: "serial-modem"}, "overflow@8191"), with(sim.Config{Host: "at-shell"}, "overflow@4096"),
	} {
		if _, err := sim.New(cfg); err == nil || cred.AsFault(err).Code != "config.value" {
			t.Errorf("%s %v: %v", cfg.Host, cfg.Faults, err)
		}
	}
	for _, k := range host.Kinds() {
		newModem(t, with(sim.Config{Host: k}, "open-quote", "overflow@200"))
	}
}
