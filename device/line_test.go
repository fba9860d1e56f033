package device_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"example.org/sectag/device"
	"example.org/sectag/device/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// jobLimit is more than a job can take after one missing answer: its limit, the resynchronisation, the rest of the job.
const jobLimit = 60 * time.Second

// size runs the tiny job once and returns the bytes of the line.
func size(t *testing.T) device.Stats {
	t.Helper()
	var st device.Stats
	synctest.Test(t, func(t *testing.T) {
		u := unit(t, sim.Config{})
		l := &tap{ReadWriteCloser: u.Pipe(context.Background())}
		if out := provision(t.Context(), l, device.Options{}, tiny()); out.err != nil || !holds(u, tiny()) {
			t.Fatalf("the job fails on a good line: %v", out.err)
		}
		st.BytesIn, st.BytesOut = int64(l.nIn), int64(l.nOut)
		synctest.Wait()
	})
	return st
}

// sweep runs the tiny job with one thing wrong at each byte of the line, in one direction, and gives what came of it.
func sweep(t *testing.T, bytes int64, step int, wrong func(l *tap, n int), judge func(t *testing.T, n int, u *sim.Modem, out outcome)) {
	t.Helper()
	for n := 0; n < int(bytes); n += step {
		synctest.Test(t, func(t *testing.T) {
			u := unit(t, sim.Config{})
			l := &tap{ReadWriteCloser: u.Pipe(context.Background())}
			wrong(l, n)
			start := time.Now()
			out := provision(t.Context(), l, device.Options{}, tiny())
			within(t, start, jobLimit, "the job")
			if out.done && !holds(u, tiny()) {
				t.Errorf("byte %d: done, but the store does not hold it", n)
			}
			if out.done && out.id.IMEI != testIMEI {
				t.Errorf("byte %d: done for the unit %s", n, out.id.IMEI)
			}
			judge(t, n, u, out)
			synctest.Wait()
		})
	}
}

// A cable that is pulled at any byte ends the job with port.lost at once, and the next run finishes on the same unit.
func TestTheLineIsCutAtEveryByte(t *testing.T) {
	st := size(t)
	for name, c := range map[string]struct {
		bytes int64
		cut   func(l *tap, n int)
	}{
		"from the host": {st.BytesOut, func(l *tap, n int) {
			l.out = func(first int, b []byte) []byte {
				if first+len(b) <= n {
					return b
				}
				if n > first {
					_, _ = l.ReadWriteCloser.Write(b[:n-first])
				}
				_ = l.Close()
				return nil
			}
		}},
		"to the host": {st.BytesIn, func(l *tap, n int) {
			l.in = func(first int, b []byte) []byte {
				if first+len(b) > n {
					_ = l.Close()
				}
				return b[:max(0, min(len(b), n-first))]
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sweep(t, c.bytes, 1, c.cut, func(t *testing.T, n int, u *sim.Modem, out outcome) {
				if !out.done && code(out.err) != "port.lost" {
					t.Errorf("byte %d: %v", n, out.err)
				}
				synctest.Wait() // the unit keeps its power, and half a command
				again := provision(t.Context(), u.Pipe(context.Background()), device.Options{}, tiny())
				if again.err != nil || !again.done || !holds(u, tiny()) {
					t.Errorf("byte %d: the next run: %v", n, again.err)
				}
			})
		})
	}
}

// An unsolicited line at any byte changes nothing.
func TestAnUnsolicitedLineAtEveryByte(t *testing.T) {
	t.Parallel()
	sweep(t, size(t).BytesIn, 1, func(l *tap, n int) {
		l.in = at(n, func(b byte) []byte { return append([]byte("+CEREG: 2\r\n"), b) })
	}, func(t *testing.T, n int, _ *sim.Modem, out outcome) {
		if !out.done || out.err != nil {
			t.Errorf("byte %d: %v", n, out.err)
		}
	})
}

// A byte that is lost, doubled or changed never ends in a false success (sweep sees to that), nor in a false refusal when
// it was only an answer that suffered: the questions can be asked again.
func TestAByteGoesWrongOnItsWayToUs(t *testing.T) {
	st := size(t)
	for name, c := range map[string]struct {
		step  int
		wrong func(b byte) []byte
	}{
		"lost":    {1, func(byte) []byte { return nil }},
		"flipped": {1, func(b byte) []byte { return []byte{b ^ 0x04} }},
		"doubled": {3, func(b byte) []byte { return []byte{b, b} }},
		"noise":   {3, func(b byte) []byte { return []byte{b, 0xff, 0x00} }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failed := 0
			sweep(t, st.BytesIn, c.step, func(l *tap, n int) { l.in = at(n, c.wrong) }, func(t *testing.T, n int, u *sim.Modem, out outcome) {
				if out.err != nil {
					failed++
					t.Logf("byte %d: %v", n, out.err)
				}
			})
			if failed > 0 {
				t.Errorf("%d of %d runs fail over one bad byte in an answer", failed, st.BytesIn)
			}
		})
	}
}

func TestAByteGoesWrongOnItsWayToTheUnit(t *testing.T) {
	st := size(t)
	for name, wrong := range map[string]func(b byte) []byte{
		"lost":    func(byte) []byte { return nil },
		"flipped": func(b byte) []byte { return []byte{b ^ 0x04} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			codes := map[string]int{}
			sweep(t, st.BytesOut, 1, func(l *tap, n int) { l.out = at(n, wrong) }, func(t *testing.T, n int, u *sim.Modem, out outcome) {
				codes[code(out.err)]++
				if out.done || out.err == nil {
					return
				}
				again := provision(t.Context(), u.Pipe(context.Background()), device.Options{}, tiny())
				if again.err != nil || !again.done {
					t.Errorf("byte %d: %v, and the next run: %v", n, out.err, again.err)
				}
			})
			t.Logf("%v of %d", codes, st.BytesOut)
		})
	}
}
