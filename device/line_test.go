package device_test

import (
	"bytes"
	"context"
	"flag"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"example.org/sectag/device"
	"example.org/sectag/device/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// jobLimit is more than a job can take after one missing answer: its limit, the resynchronisation, the rest of the job.
const jobLimit = 80 * time.Second

// lineSize is how many bytes a job has in each direction, and which of them are of the measuring of a shell's line.
type lineSize struct{ in, out []byte }

// every is for make sweep: all that can go wrong at each byte of the line, with a PSK and its identity too.
var every = flag.Bool("every", false, "sweep with everything that can go wrong at every byte")

// size runs the tiny job once.
func size(t *testing.T, h hostKind) (s lineSize) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		u := unit(t, sim.Config{Host: h.sim})
		l := &tap{ReadWriteCloser: u.Pipe(context.Background())}
		l.in = func(_ int, b []byte) []byte { s.in = append(s.in, b...); return b }
		l.out = func(_ int, b []byte) []byte { s.out = append(s.out, b...); return b }
		if out := provision(t.Context(), l, device.Options{}, tiny()); out.err != nil || !holds(u, stored(h, tiny())) {
			t.Fatalf("the job fails on a good line: %v", out.err)
		}
		synctest.Wait()
	})
	return s
}

// offsets are the bytes of a line at which a sweep tries something: each of them, but few of those with which a shell's line is
// measured, which are all alike, and every seventh of a host that differs from another in its line end only.
func offsets(h hostKind, line []byte, step int) []int {
	if *every {
		step = 1
	} else {
		step *= 3 // the others are make sweep's
	}
	if strings.HasSuffix(h.sim, "lf") || h.sim == "at-shell-unescape" {
		step *= 7
	}
	var out []int
	if raced {
		step *= 13
	}
	for n := 0; n < len(line); n += step {
		if line[n] != '#' || n%397 == 0 {
			out = append(out, n)
		}
	}
	return out
}

// sweep runs the tiny job with one thing wrong at each byte of the line, in one direction, and gives what came of it.
func sweep(t *testing.T, h hostKind, line []byte, step int, wrong func(l *tap, n int), judge func(t *testing.T, n int, u *sim.Modem, out outcome)) {
	t.Helper()
	for _, n := range offsets(h, line, step) {
		synctest.Test(t, func(t *testing.T) {
			u := unit(t, sim.Config{Host: h.sim})
			l := &tap{ReadWriteCloser: u.Pipe(context.Background())}
			wrong(l, n)
			start := time.Now()
			out := provision(t.Context(), l, device.Options{}, tiny())
			within(t, start, jobLimit, "the job")
			if out.done && !holds(u, stored(h, tiny())) {
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

// eachHost runs a test for every host.
func eachHost(t *testing.T, test func(t *testing.T, h hostKind)) {
	for _, h := range hostKinds() {
		t.Run(h.sim, func(t *testing.T) {
			t.Parallel()
			test(t, h)
		})
	}
}

// A cable that is pulled at any byte ends the job with port.lost at once, and the next run finishes on the same unit.
func TestTheLineIsCutAtEveryByte(t *testing.T) { eachHost(t, theLineIsCutAtEveryByte) }

func theLineIsCutAtEveryByte(t *testing.T, h hostKind) {
	st := size(t, h)
	for name, c := range map[string]struct {
		line []byte
		cut  func(l *tap, n int)
	}{
		"from the host": {st.out, func(l *tap, n int) {
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
		"to the host": {st.in, func(l *tap, n int) {
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
			sweep(t, h, c.line, 1, c.cut, func(t *testing.T, n int, u *sim.Modem, out outcome) {
				if !out.done && code(out.err) != "port.lost" {
					t.Errorf("byte %d: %v", n, out.err)
				}
				synctest.Wait() // the unit keeps its power, and half a command
				again := provision(t.Context(), u.Pipe(context.Background()), device.Options{}, tiny())
				if again.err != nil || !again.done || !holds(u, stored(h, tiny())) {
					t.Errorf("byte %d: the next run: %v", n, again.err)
				}
			})
		})
	}
}

// An unsolicited line at any byte changes nothing.
func TestAnUnsolicitedLineAtEveryByte(t *testing.T) { eachHost(t, anUnsolicitedLineAtEveryByte) }

func anUnsolicitedLineAtEveryByte(t *testing.T, h hostKind) {
	sweep(t, h, size(t, h).in, 1, func(l *tap, n int) {
		l.in = at(n, func(b byte) []byte { return append([]byte("+CEREG: 2\r\n"), b) })
	}, func(t *testing.T, n int, _ *sim.Modem, out outcome) {
		if !out.done || out.err != nil {
			t.Errorf("byte %d: %v", n, out.err)
		}
	})
}

// A byte that is lost, doubled or changed never ends in a false success (sweep sees to that), nor in a false refusal when
// it was only an answer that suffered: the questions can be asked again.
func TestAByteGoesWrongOnItsWayToUs(t *testing.T) { eachHost(t, aByteGoesWrongOnItsWayToUs) }

func aByteGoesWrongOnItsWayToUs(t *testing.T, h hostKind) {
	st := size(t, h)
	for name, c := range map[string]struct {
		step  int
		wrong func(b byte) []byte
	}{
		"lost":    {1, func(byte) []byte { return nil }},
		"flipped": {1, func(b byte) []byte { return []byte{b ^ 0x04} }},
		"odd":     {5, func(b byte) []byte { return []byte{b ^ 0x01} }},
		"second":  {5, func(b byte) []byte { return []byte{b ^ 0x02} }},
		"doubled": {3, func(b byte) []byte { return []byte{b, b} }},
		"noise":   {3, func(b byte) []byte { return []byte{b, 0xff, 0x00} }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failed := 0
			sweep(t, h, st.in, c.step, func(l *tap, n int) { l.in = at(n, c.wrong) }, func(t *testing.T, n int, u *sim.Modem, out outcome) {
				if out.err != nil {
					failed++
					t.Logf("byte %d: %v", n, out.err)
				}
			})
			if failed > 0 {
				t.Errorf("%d of %d runs fail over one bad byte in an answer", failed, len(st.in))
			}
		})
	}
}

// A mode that is misheard once neither keeps the store shut nor is put back at the end.
func TestAModeThatIsMisheardIsNotBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := unit(t, sim.Config{}, "online")
		l, misheard := &tap{ReadWriteCloser: u.Pipe(context.Background())}, false
		l.in = func(_ int, b []byte) []byte {
			if i := bytes.Index(b, []byte("+CFUN: 1")); i >= 0 && !misheard {
				misheard, b[i+7] = true, '0'
			}
			return b
		}
		out := provision(t.Context(), l, device.Options{}, tiny())
		if !misheard || !out.done || out.err != nil || out.id.FunctionalMode != 1 {
			t.Errorf("misheard %v: %+v", misheard, out)
		}
		synctest.Wait()
	})
}

func TestAByteGoesWrongOnItsWayToTheUnit(t *testing.T) { eachHost(t, aByteGoesWrongOnItsWayToTheUnit) }

func aByteGoesWrongOnItsWayToTheUnit(t *testing.T, h hostKind) {
	st := size(t, h)
	for name, c := range map[string]struct {
		step  int
		wrong func(b byte) []byte
	}{
		"lost":    {1, func(byte) []byte { return nil }},
		"flipped": {1, func(b byte) []byte { return []byte{b ^ 0x04} }},
		"odd":     {5, func(b byte) []byte { return []byte{b ^ 0x01} }},
		"second":  {5, func(b byte) []byte { return []byte{b ^ 0x02} }},
		"doubled": {5, func(b byte) []byte { return []byte{b, b} }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			codes := map[string]int{}
			sweep(t, h, st.out, c.step, func(l *tap, n int) { l.out = at(n, c.wrong) }, func(t *testing.T, n int, u *sim.Modem, out outcome) {
				codes[code(out.err)]++
				if out.done || out.err == nil {
					return
				}
				again := provision(t.Context(), u.Pipe(context.Background()), device.Options{}, tiny())
				if again.err != nil || !again.done || !holds(u, stored(h, tiny())) {
					t.Errorf("byte %d: %v, and the next run: %v", n, out.err, again.err)
				}
			})
			t.Logf("%v of %d", codes, len(st.out))
		})
	}
}
