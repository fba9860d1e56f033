package sim_test

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"testing"

	"example.org/sectag/device/sim"
)

func newModem(t testing.TB, cfg sim.Config) *sim.Modem {
	t.Helper()
	m, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// collector is a host that keeps all that comes on its line.
type collector struct {
	line io.ReadWriteCloser

	mu      sync.Mutex
	changed *sync.Cond
	got     []byte
	end     error // what ended the line
}

func collect(line io.ReadWriteCloser) *collector {
	c := &collector{line: line}
	c.changed = sync.NewCond(&c.mu)
	go func() {
		buf := make([]byte, 512)
		for {
			n, err := line.Read(buf)
			c.mu.Lock()
			c.got, c.end = append(c.got, buf[:n]...), err
			c.changed.Broadcast()
			c.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return c
}

// attach puts the unit on a line in memory until the test ends.
func attach(t testing.TB, m *sim.Modem) *collector {
	t.Helper()
	c := collect(m.Pipe(t.Context()))
	t.Cleanup(func() { c.line.Close() })
	return c
}

func (c *collector) send(t testing.TB, s string) {
	t.Helper()
	if _, err := io.WriteString(c.line, s); err != nil {
		t.Fatalf("sending %q: %v", s, err)
	}
}

// took is what came since the last call.
func (c *collector) took() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := string(c.got)
	c.got = nil
	return s
}

// until waits for the end of the line or for what was asked for to have come, and takes it.
func (c *collector) until(done func(got []byte) bool) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !done(c.got) && c.end == nil {
		c.changed.Wait()
	}
	s := string(c.got)
	c.got = nil
	return s, c.end
}

// ask sends a command and waits for its final result.
func (c *collector) ask(t testing.TB, command string) string {
	t.Helper()
	c.send(t, command)
	s, err := c.until(func(got []byte) bool {
		return bytes.HasSuffix(got, []byte("OK\r\n")) || bytes.HasSuffix(got, []byte("ERROR\r\n")) ||
			bytes.Contains(got, []byte("+CME ERROR: ")) && bytes.HasSuffix(got, []byte("\r\n"))
	})
	if err != nil {
		t.Fatalf("after %q came %q and then %v", command, s, err)
	}
	return s
}

// wants fails unless the answer is as wanted.
func (c *collector) wants(t testing.TB, command, want string) {
	t.Helper()
	if got := c.ask(t, command); got != want {
		t.Fatalf("after %q\n got %q\nwant %q", command, got, want)
	}
}

// ending waits for the line to end and returns what still came.
func (c *collector) ending() (string, error) { return c.until(func([]byte) bool { return false }) }

// job is the whole of what a bench asks of a unit: three credentials deleted, written and read back each.
func job(t testing.TB, c *collector, content string) {
	t.Helper()
	c.wants(t, "AT\r", okay)
	c.wants(t, on, okay)
	for _, query := range []string{"AT+CGSN\r", "AT+CGMR\r", "AT+CFUN?\r"} {
		if got := c.ask(t, query); !strings.HasSuffix(got, okay) {
			t.Fatalf("%q: %q", query, got)
		}
	}
	for _, kind := range []string{"0", "1", "2"} {
		c.ask(t, "AT%CMNG=3,42,"+kind+"\r")
		c.wants(t, "AT%CMNG=0,42,"+kind+",\""+content+"\"\r", okay)
		c.wants(t, "AT%CMNG=1,42,"+kind+"\r", "%CMNG: 42,"+kind+",\""+sha(content)+"\"\r\n"+okay)
	}
}
