package device_test

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"example.org/sectag/device"
	"example.org/sectag/device/sim"
)

// onPTY puts a unit on a pseudo-terminal and returns the name of its port.
func onPTY(t testing.TB, u *sim.Modem) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- sim.ServePTY(ctx, u, "", func(path string) { ready <- path }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, sim.ErrUnplugged) {
			t.Errorf("the virtual modem: %v", err)
		}
	})
	select {
	case path := <-ready:
		return path
	case err := <-ended:
		ended <- err
		t.Fatal(err)
		return ""
	}
}

// onTCP serves a unit's line to whoever connects, one after the other, as ser2net does.
func onTCP(t testing.TB, u *sim.Modem) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = u.Serve(ctx, c)
		}
	}()
	t.Cleanup(func() { cancel(); l.Close(); <-ended })
	return "tcp://" + l.Addr().String()
}

// The same job over every kind of line, twice, so that what the first opening leaves behind is seen by the second.
func TestTheJobIsTheSameOverEveryKindOfLine(t *testing.T) {
	u := unit(t, sim.Config{})
	names := map[string]string{"tcp": onTCP(t, u), "sim": "sim:nrf9151"}
	if runtime.GOOS == "linux" || runtime.GOOS == "darwin" {
		names["pty"] = onPTY(t, unit(t, sim.Config{}))
	}
	rack := &sim.Rack{}
	d := device.Dialer{LockDir: t.TempDir(), Sim: func(ctx context.Context, name string) (io.ReadWriteCloser, error) { return rack.Open(ctx, name) }}
	for kind, name := range names {
		for range 2 {
			line, err := d.Open(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			if out := provision(t.Context(), line, device.Options{}, usual()); !out.done || out.err != nil {
				t.Errorf("%s: %v", kind, out.err)
			}
		}
	}
}

// A unit that is unplugged from a real port ends the session at once, and the port can be opened again.
func TestAnUnplugOnAPortIsNoticed(t *testing.T) {
	if runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
		return // the simulator has no pseudo-terminal here; sim: and tcp:// are tried above
	}
	f, err := sim.ParseFault("unplug@600")
	if err != nil {
		t.Fatal(err)
	}
	u := unit(t, sim.Config{})
	if err := u.SetFaults(f); err != nil {
		t.Fatal(err)
	}
	d := device.Dialer{LockDir: t.TempDir()}
	line, err := d.Open(t.Context(), onPTY(t, u))
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	out := provision(t.Context(), line, device.Options{}, usual())
	wantCode(t, out.err, "port.lost")
	within(t, start, 3*time.Second, "noticing it")
}

// The whole job of a unit stays within the bytes of the line that the project allows itself.
func TestTheJobTakesFewBytes(t *testing.T) {
	u := unit(t, sim.Config{})
	for _, p := range usual() { // so that three deletions have something to delete
		m := attach(t, u, device.Options{})
		wantCode(t, m.Write(t.Context(), p.slot, p.content, nil), "")
		wantCode(t, m.Close(), "")
	}
	before := u.Counters()
	out := provision(t.Context(), u.Pipe(context.Background()), device.Options{}, usual())
	if !out.done || out.err != nil {
		t.Fatal(out.err)
	}
	c := u.Counters().Sub(before)
	if n := c.BytesIn + c.BytesOut; n > 3000 || c.Flash != 6 || c.Lost != 0 {
		t.Errorf("%d bytes, %d flash operations, %d bytes lost", n, c.Flash, c.Lost)
	}
	t.Logf("%d bytes to the unit, %d from it, %d commands", c.BytesIn, c.BytesOut, c.Commands)
}

// BenchmarkUnit is one whole job at 115200 baud and 30 ms a flash operation: identity, three deletions, three writes, three
// read-backs with an IMEI query after each. floor is what the line and the flash take for the same bytes at the least.
func BenchmarkUnit(b *testing.B) {
	for _, c := range []struct {
		name  string
		baud  int
		flash time.Duration
		open  func(b *testing.B, u *sim.Modem) func() io.ReadWriteCloser
	}{
		{"memory/115200", 115200, 30 * time.Millisecond, inMemory},
		{"pty/115200", 115200, 30 * time.Millisecond, throughPTY},
		{"memory/unpaced", 0, 0, inMemory},
		{"pty/unpaced", 0, 0, throughPTY},
	} {
		b.Run(c.name, func(b *testing.B) {
			u, err := sim.New(sim.Config{IMEI: testIMEI, Baud: c.baud, Flash: c.flash})
			if err != nil {
				b.Fatal(err)
			}
			open := c.open(b, u)
			run := func() outcome { return provisionTimed(b, open()) }
			if out := run(); !out.done { // fills the slots
				b.Fatal(out.err)
			}
			before := u.Counters()
			b.ResetTimer()
			var line time.Duration
			for range b.N {
				out := run()
				if !out.done {
					b.Fatal(out.err)
				}
				line += out.line
			}
			b.StopTimer()
			n := time.Duration(b.N)
			used := u.Counters().Sub(before)
			floor := used.Floor(c.baud, c.flash) / n
			b.ReportMetric(float64(used.BytesIn+used.BytesOut)/float64(b.N), "bytes/unit")
			b.ReportMetric(float64(floor.Microseconds())/1000, "floor-ms")
			b.ReportMetric(float64((line/n).Microseconds())/1000, "line-ms")
			if floor > 0 {
				b.ReportMetric(float64(line/n)/float64(floor), "line/floor")
			}
		})
	}
}

func provisionTimed(b *testing.B, line io.ReadWriteCloser) outcome {
	return provision(b.Context(), line, device.Options{Trace: func(device.Trace) {}}, usual())
}

func inMemory(_ *testing.B, u *sim.Modem) func() io.ReadWriteCloser {
	return func() io.ReadWriteCloser { return u.Pipe(context.Background()) }
}

func throughPTY(b *testing.B, u *sim.Modem) func() io.ReadWriteCloser {
	name, d := onPTY(b, u), device.Dialer{LockDir: b.TempDir()}
	return func() io.ReadWriteCloser {
		l, err := d.Open(b.Context(), name)
		if err != nil {
			b.Fatal(err)
		}
		return l
	}
}
