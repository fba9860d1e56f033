//go:build linux || darwin

package bench_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"testing"
	"time"

	"example.org/sectag/bench"
	"example.org/sectag/bench/profile"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
	"example.org/sectag/ledger"
)

// spread is how many bytes of each direction are tried over a pseudo-terminal.
const spread = 64

// seldom thins them out: in make sweep all are tried.
func seldom() int {
	if *every {
		return thinPTY
	}
	return max(4, thinPTY)
}

// onPTY is a trial with the unit on a pseudo-terminal, the real clock and a ledger in a file.
type onPTY struct {
	*trial
	file, locks string
}

func (v virtual) onPTY(t *testing.T) *onPTY {
	t.Helper()
	dir := t.TempDir()
	p := &onPTY{file: "sqlite:" + filepath.Join(dir, "ledger.db"), locks: dir}
	l, err := ledger.Open(context.Background(), p.file)
	if err != nil {
		t.Fatal(err)
	}
	p.trial = v.trial(t, l, imeis(1)[0])
	t.Cleanup(func() { _ = p.l.Close() })
	p.reopen = func() {
		if err := p.l.Close(); err != nil {
			t.Fatal(err)
		}
		if p.l, err = ledger.Open(context.Background(), p.file); err != nil {
			t.Fatal(err)
		}
	}
	p.good = func() bench.Unit { return p.plugged(t, func(error) {}, p.direct(context.Background(), t)) }
	return p
}

// direct is a job at the port itself.
func (p *onPTY) direct(ctx context.Context, t *testing.T) func(port string) bench.Unit {
	return func(port string) bench.Unit { return p.job(ctx, t, port, device.Dialer{LockDir: p.locks}) }
}

// plugged plugs the unit in for one job. over hears why it was unplugged, if that was before.
func (p *onPTY) plugged(t *testing.T, over func(error), job func(port string) bench.Unit) bench.Unit {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ready, ended := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(ended)
		err := sim.ServePTY(ctx, p.unit, "", func(port string) { ready <- port })
		over(err)
	}()
	select {
	case port := <-ready:
		u := job(port)
		stop()
		<-ended
		return u
	case <-ended:
		t.Fatal("the unit has no port")
	}
	return bench.Unit{}
}

// cutAt pulls the unit out of the system behind a byte, and then plugs it in again.
func (p *onPTY) cutAt(t *testing.T, fault string, torn bool) (pulled bool) {
	t.Helper()
	f, err := sim.ParseFault(fault)
	if err == nil {
		err = p.unit.SetFaults(f)
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, tear := context.WithCancel(context.Background())
	defer tear()
	start := time.Now()
	u := p.plugged(t, func(err error) {
		if pulled = errors.Is(err, sim.ErrUnplugged); pulled && torn {
			tear()
		}
	}, p.direct(ctx, t))
	if d := time.Since(start); d > cutLimit {
		t.Errorf("the run took %v", d)
	}
	then := p.unit.State()
	p.judgeDocument(t, then, u)
	if !pulled && u.Verdict != cred.Pass {
		t.Errorf("on a good line: %v", u.Failure)
	}
	if err := p.unit.SetFaults(); err != nil {
		t.Fatal(err)
	}
	p.next(t, then)
	return pulled
}

// The same over a port of the operating system, on the real clock and with the ledger in its file: so many bytes of each direction and
// key, spread over the job; every other run is torn off.
func TestTheCableComesOutOfARealPort(t *testing.T) {
	for _, fault := range []string{"unplug", "unplug-reply"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			v := newAuthority(t, "a passphrase that nobody tells", time.Now())
			for _, origin := range []profile.Origin{profile.Host, profile.Modem} {
				v.profile.Origin = origin
				whole := v.onPTY(t)
				if u := whole.good(); u.Verdict != cred.Pass {
					t.Fatalf("on a good line: %v", u.Failure)
				}
				all := whole.unit.Counters().BytesIn
				if fault == "unplug-reply" {
					all = whole.unit.Counters().BytesOut
				}
				for i := range int64(spread / seldom()) {
					at := 1 + i*int64(seldom())*(all-1)/(spread-1)
					pulled := v.onPTY(t).cutAt(t, fmt.Sprintf("%s@%d", fault, at), i%2 == 1)
					if !pulled && at < all-16 || t.Failed() {
						t.Fatalf("key %s, byte %d of %d, pulled %v", origin, at, all, pulled)
					}
				}
			}
		})
	}
}

// noisy does a job at the port with something wrong at one byte of the line, and judges it.
func (p *onPTY) noisy(t *testing.T, c *cable, w noise) {
	t.Helper()
	start := time.Now()
	u := p.plugged(t, func(error) {}, func(port string) bench.Unit {
		c.plug = func() (io.ReadWriteCloser, error) {
			return device.Dialer{LockDir: p.locks}.Open(context.Background(), port)
		}
		return p.job(context.Background(), t, "sim:unit", device.Dialer{Sim: c.open})
	})
	if d := time.Since(start); d > noiseLimit {
		t.Errorf("the run took %v", d)
	}
	then := p.unit.State()
	p.judgeDocument(t, then, u)
	switch {
	case u.Verdict == cred.Pass:
		p.settled(t, then)
	case w.name == unsolicited.name:
		t.Errorf("%v", u.Failure)
	default:
		p.next(t, then)
	}
}

// The noisy line over a port of the operating system, for a key of this computer's: a lost answer about one of the modem's takes its
// whole minute.
func TestSomethingIsWrongOnARealPort(t *testing.T) {
	for name, c := range noisyLines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newAuthority(t, "", time.Now())
			whole := v.onPTY(t)
			if u := whole.good(); u.Verdict != cred.Pass {
				t.Fatalf("on a good line: %v", u.Failure)
			}
			all := whole.unit.Counters().BytesIn
			if c.fromUnit {
				all = whole.unit.Counters().BytesOut
			}
			for i := range spread / seldom() {
				w, at := c.wrong[i%len(c.wrong)], i*seldom()*int(all-1)/(spread-1)
				x := v.onPTY(t)
				line := &cable{out: swap(at, w.change)}
				if c.fromUnit {
					line = &cable{in: swap(at, w.change)}
				}
				if x.noisy(t, line, w); t.Failed() {
					t.Fatalf("%s, byte %d", w.name, at)
				}
			}
		})
	}
}
