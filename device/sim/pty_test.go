//go:build linux || darwin

package sim_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.bug.st/serial"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"example.org/sectag/cred"
	"example.org/sectag/device/sim"
)

// plug puts the unit on a pseudo-terminal and returns its path and the end of ServePTY.
func plug(t *testing.T, ctx context.Context, m *sim.Modem, link string) (string, <-chan error) {
	t.Helper()
	path, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- sim.ServePTY(ctx, m, link, func(p string) { path <- p }) }()
	select {
	case p := <-path:
		return p, done
	case err := <-done:
		t.Fatalf("no port: %v", err)
	}
	return "", nil
}

// openPort opens the port as a program does, without setting anything: it must be raw already.
func openPort(t *testing.T, path string) *collector {
	t.Helper()
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), path)
	t.Cleanup(func() { f.Close() })
	return collect(f)
}

func TestExchangesOnAPort(t *testing.T) {
	t.Parallel()
	n := 0
	for _, e := range exchanges() {
		if !e.pty {
			continue
		}
		n++
		t.Run(e.row, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			e.cfg.IMEI = testIMEI
			path, done := plug(t, ctx, newModem(t, e.cfg), "")
			c := openPort(t, path)
			for _, s := range e.steps {
				c.wants(t, s.send, s.want)
			}
			cancel()
			if err := <-done; err != nil {
				t.Errorf("ServePTY ended with %v", err)
			}
		})
	}
	if n < 10 {
		t.Errorf("only %d exchanges are run on a port", n)
	}
}

func TestPortOutlivesItsHost(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	path, done := plug(t, ctx, newModem(t, sim.Config{}), "")
	first := openPort(t, path)
	first.wants(t, on, okay)
	first.line.Close()
	second := openPort(t, path)
	second.wants(t, "AT+CMEE?\r", "+CMEE: 1\r\n"+okay)
	cancel()
	if err := <-done; err != nil {
		t.Errorf("ServePTY ended with %v", err)
	}
	if _, err := second.ending(); err == nil {
		t.Error("the host did not see the end")
	}
}

func TestUnpluggedPort(t *testing.T) {
	t.Parallel()
	link := filepath.Join(t.TempDir(), "modem")
	m := newModem(t, with(sim.Config{}, "unplug@14"))
	path, done := plug(t, t.Context(), m, link)
	if path != link {
		t.Errorf("the port is %s, not its link", path)
	}
	c := openPort(t, path)
	c.wants(t, on, okay)
	c.send(t, "AT+C")
	if got, err := c.ending(); got != "" || err == nil {
		t.Errorf("the host saw %q, %v", got, err)
	}
	if err := <-done; !errors.Is(err, sim.ErrUnplugged) {
		t.Errorf("ServePTY ended with %v", err)
	}
	if _, err := os.Lstat(link); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the link is still there: %v", err)
	}
	again, _ := plug(t, t.Context(), m, link)
	openPort(t, again).wants(t, "AT+CMEE?\r", "+CMEE: 0\r\n"+okay)
}

func TestLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stale := filepath.Join(dir, "stale")
	if err := os.Symlink(filepath.Join(dir, "nowhere"), stale); err != nil {
		t.Fatal(err)
	}
	path, _ := plug(t, t.Context(), newModem(t, sim.Config{}), stale)
	openPort(t, path).wants(t, "AT\r", okay)

	taken := filepath.Join(dir, "taken")
	if err := os.WriteFile(taken, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, link := range []string{taken, filepath.Join(dir, "none", "modem")} {
		err := sim.ServePTY(t.Context(), newModem(t, sim.Config{}), link, func(string) { t.Error("a port without its link") })
		if f := cred.AsFault(err); f == nil || f.Code != "port.missing" || f.Hint == "" {
			t.Errorf("%s: %v", link, err)
		}
	}
	if b, err := os.ReadFile(taken); err != nil || string(b) != "mine" {
		t.Errorf("the file was touched: %q, %v", b, err)
	}
}

// A whole PEM goes through the terminal unchanged, in both directions: nothing is echoed, no line end is mangled.
func TestPortIsRaw(t *testing.T) {
	t.Parallel()
	path, _ := plug(t, t.Context(), newModem(t, sim.Config{}), "")
	c := openPort(t, path)
	content := strings.Repeat("0123456789abcdef\r\n\x03\x04\x11\x13\x1a\x16", 100)
	c.wants(t, write(0, content), okay)
	c.wants(t, "AT%CMNG=2,42,0\r", `%CMNG: 42,0,"`+sha(content)+`","`+content+"\"\r\n"+okay)
}

func TestPortLeavesNothingRunning(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	before := openFiles(t)
	for range 5 {
		ctx, cancel := context.WithCancel(t.Context())
		path, done := plug(t, ctx, newModem(t, sim.Config{}), "")
		c := openPort(t, path)
		c.wants(t, "AT\r", okay)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("ServePTY ended with %v", err)
		}
		c.line.Close()
	}
	if after := openFiles(t); after > before {
		t.Errorf("%d descriptors were open before and %d after", before, after)
	}
}

// openFiles counts the descriptors of this process.
func openFiles(t *testing.T) int {
	t.Helper()
	d, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(d)
}

// Section 3.1, AT+IPR on a port of the system: the program has to change the port's speed with the unit's, and one that sets
// another speed hears garbage.
func TestSpeedOfAPort(t *testing.T) {
	t.Parallel()
	path, _ := plug(t, t.Context(), newModem(t, sim.Config{Host: "serial-modem", Baud: 115200}), "")
	p, err := serial.Open(path, &serial.Mode{BaudRate: 115200})
	if err != nil {
		t.Fatal(err)
	}
	c := collect(p)
	t.Cleanup(func() { p.Close() })
	c.wants(t, "AT+CMEE=1\r", ready+smOK)
	c.wants(t, "AT+IPR=1000000\r", smOK)
	if err := p.SetMode(&serial.Mode{BaudRate: 1000000}); err != nil {
		t.Fatal(err)
	}
	c.wants(t, "AT+IPR?\r", "\r\n+IPR: 1000000\r\n"+smOK)
}

// A program that sets nothing finds the port at the unit's speed, one that sets another hears no answer.
func TestPortStartsAtTheUnitsSpeed(t *testing.T) {
	t.Parallel()
	m := newModem(t, with(sim.Config{Host: "serial-modem", Baud: 230400}, "echo"))
	path, _ := plug(t, t.Context(), m, "")
	first := openPort(t, path)
	first.wants(t, "AT\r", ready+"AT\r"+smOK)
	first.line.Close()
	p, err := serial.Open(path, &serial.Mode{BaudRate: 9600})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	command := write(0, "x")
	c := collect(p)
	c.send(t, command)
	got, err := c.until(func(b []byte) bool { return len(b) >= len(command) }) // the echo tells that all was heard
	if err != nil || strings.ContainsFunc(got, func(r rune) bool { return r < 0x80 }) || len(m.State().Slots) != 0 {
		t.Errorf("at another speed came %q, %v, and %d slots were written", got, err, len(m.State().Slots))
	}
}
