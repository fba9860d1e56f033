package bench_test

import (
	"context"
	"fmt"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/bench/profile"
	"example.org/sectag/cred"
)

// A cable that comes out after any byte of a job, in either direction, leaves a unit that the next run makes whole, and a ledger that
// tells what happened. Every other run ends by itself, the others are torn off, as if the process had died.
func TestTheCableComesOutAfterEveryByte(t *testing.T) {
	eager(t)
	for _, origin := range []profile.Origin{profile.Host, profile.Modem} {
		for _, fromUnit := range []bool{false, true} {
			t.Run(fmt.Sprintf("key=%s,fromUnit=%v", origin, fromUnit), func(t *testing.T) {
				t.Parallel()
				pass := "a passphrase that nobody tells"
				if fromUnit {
					pass = ""
				}
				v := newVirtual(t, pass)
				v.profile.Origin = origin
				v.sweep(t, spare(11), func(t testing.TB, x *trial, n int) bool {
					c := x.cable()
					if c.cutOut = &n; fromUnit {
						c.cutIn, c.cutOut = &n, nil
					}
					u, then := x.first(t, c, n%2 == 1, cutLimit)
					if !c.pulled.Load() && u.Verdict != cred.Pass {
						t.Errorf("on a good line: %v", u.Failure)
					}
					x.unit.Reboot()
					x.next(t, then)
					return c.pulled.Load()
				})
			})
		}
	}
}

// The same of a unit that gets a pre-shared key, blank or with an older one. Whatever PSK is in a unit, the firm can read: it was sealed
// before the unit got it.
func TestTheCableComesOutOfAUnitWithAPSK(t *testing.T) {
	eager(t)
	for _, fromUnit := range []bool{false, true} {
		for _, older := range []bool{false, true} {
			t.Run(fmt.Sprintf("fromUnit=%v,older=%v", fromUnit, older), func(t *testing.T) {
				t.Parallel()
				v := newVirtual(t, "").shared(t)
				if older {
					v = v.renewed(t)
				}
				step := spare(33)
				if fromUnit {
					step = spare(121)
				}
				v.sweep(t, step, func(t testing.TB, x *trial, n int) bool {
					c := x.cable()
					if c.cutOut = &n; fromUnit {
						c.cutIn, c.cutOut = &n, nil
					}
					u, then := x.first(t, c, n/step%2 == 1, cutLimit)
					if !c.pulled.Load() && u.Verdict != cred.Pass {
						t.Errorf("on a good line: %v", u.Failure)
					}
					x.unit.Reboot()
					x.next(t, then)
					x.readable(t, then, x.unit.State())
					return c.pulled.Load()
				})
			})
		}
	}
}

// eager lets memory be used instead of time: a sweep makes thousands of small worlds.
func eager(t testing.TB) {
	old := debug.SetGCPercent(400)
	t.Cleanup(func() { debug.SetGCPercent(old) })
}

// sweep tries something with a new unit at each byte, every so many of them, until try says that there are no more.
func (v virtual) sweep(t *testing.T, step int, try func(t testing.TB, x *trial, n int) bool) {
	began, n, who := time.Now(), 0, imeis(together)
	for more := true; more; {
		synctest.Test(t, func(t *testing.T) {
			l := v.store(t)
			defer l.Close()
			for i := 0; i < together && more; i++ {
				more = try(t, v.trial(t, l, who[i]), n)
				if t.Failed() {
					t.Fatalf("byte %d", n)
				}
				n += step
			}
			if rep, err := l.Verify(context.Background(), nil); err != nil || rep.Verdict != cred.Pass {
				t.Errorf("the ledger says %+v, %v", rep, err)
			}
		})
		if t.Failed() {
			return
		}
	}
	t.Logf("%d bytes in %v of real time", n, time.Since(began))
}
