package device_test

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"strings"
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

// The same job over every kind of line and through every host, twice, so that what the first opening leaves behind is seen by the
// second. Where the line says its speed a Serial Modem's is raised and put back.
func TestTheJobIsTheSameOverEveryKindOfLine(t *testing.T) {
	for _, h := range hostKinds() {
		t.Run(h.sim, func(t *testing.T) {
			t.Parallel()
			names := map[string]string{"tcp": onTCP(t, unit(t, sim.Config{Host: h.sim})), "sim": "sim:nrf9151?baud=1000000&host=" + h.sim}
			if runtime.GOOS == "linux" || runtime.GOOS == "darwin" {
				names["pty"] = onPTY(t, unit(t, sim.Config{Host: h.sim}))
				names["paced pty"] = onPTY(t, unit(t, sim.Config{Host: h.sim, Baud: 115200}))
			}
			rack := &sim.Rack{}
			d := device.Dialer{LockDir: t.TempDir(), Sim: func(ctx context.Context, name string) (io.ReadWriteCloser, error) { return rack.Open(ctx, name) }}
			for kind, name := range names {
				for range 2 {
					line, err := d.Open(t.Context(), name)
					if err != nil {
						t.Fatal(err)
					}
					var tr log
					out := provision(t.Context(), line, device.Options{Trace: tr.trace}, usual())
					if !out.done || out.err != nil || out.id.Host != h.name || out.id.LineEnd != h.end || out.repeats != 0 {
						t.Errorf("%s: %s with %s, %v\n%s", kind, out.id.Host, out.id.LineEnd, out.err, &tr)
					}
					if raised := strings.Contains(tr.String(), "AT+IPR="); raised != (h.name == "serial-modem" && strings.HasSuffix(kind, "pty")) {
						t.Errorf("%s: the speed was raised: %v", kind, raised)
					}
				}
			}
		})
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
// read-backs with an IMEI query after each; and through every host. floor is what the line and the flash take for the same bytes at
// the least, at the speeds that the line had.
func BenchmarkUnit(b *testing.B) {
	const flash = 30 * time.Millisecond
	type setup struct {
		name, host string
		baud       int
		flash      time.Duration
		open       func(b *testing.B, u *sim.Modem) func() io.ReadWriteCloser
	}
	all := []setup{
		{"memory/115200", "", 115200, flash, inMemory},
		{"pty/115200", "", 115200, flash, throughPTY},
		{"memory/unpaced", "", 0, 0, inMemory},
		{"pty/unpaced", "", 0, 0, throughPTY},
	}
	for _, h := range hostKinds() {
		all = append(all, setup{"host/" + h.sim, h.sim, 115200, flash, throughPTY})
	}
	for _, c := range all {
		b.Run(c.name, func(b *testing.B) {
			benchmarkUnit(b, c.open, sim.Config{IMEI: testIMEI, Host: c.host, Baud: c.baud, Flash: c.flash})
		})
	}
}

func benchmarkUnit(b *testing.B, open func(b *testing.B, u *sim.Modem) func() io.ReadWriteCloser, cfg sim.Config) {
	u, err := sim.New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	next := open(b, u)
	run := func() outcome { return provisionTimed(b, next()) }
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
	floor := used.Least(cfg.Flash) / n
	b.ReportMetric(float64(used.BytesIn+used.BytesOut)/float64(b.N), "bytes/unit")
	b.ReportMetric(float64(floor.Microseconds())/1000, "floor-ms")
	b.ReportMetric(float64((line/n).Microseconds())/1000, "line-ms")
	if floor > 0 {
		b.ReportMetric(float64(line/n)/float64(floor), "line/floor")
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
