package sim_test

import (
	"io"
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
	end  chan error // the error that ended the line

	mu  sync.Mutex
	got []byte
}

func collect(line io.ReadWriteCloser) *collector {
	c := &collector{line: line, end: make(chan error, 1)}
	go func() {
		buf := make([]byte, 512)
		for {
			n, err := line.Read(buf)
			c.mu.Lock()
			c.got = append(c.got, buf[:n]...)
			c.mu.Unlock()
			if err != nil {
				c.end <- err
				return
			}
		}
	}()
	return c
}

// attach puts the unit on a line in memory until the test ends.
func attach(t *testing.T, m *sim.Modem) *collector {
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
