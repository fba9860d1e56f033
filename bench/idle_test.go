package bench_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/bench"
	"example.org/sectag/flows"
)

// TestAnAuthorityThatNobodyUsesIsLocked after the time that the profile says, else after half an hour; a key press and an event
// put it off. The time is virtual.
func TestAnAuthorityThatNobodyUsesIsLocked(t *testing.T) {
	for _, lock := range []time.Duration{0, 5 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, "nrf9151")
			r.profile.Lock = lock
			if lock == 0 {
				lock = 30 * time.Minute
			}
			b := bench.New(r.config(nil))
			ctx, stop := context.WithCancel(context.Background())
			over := make(chan error, 1)
			var last atomic.Pointer[bench.Shot]
			go func() {
				over <- b.Run(ctx, context.Background(), flows.Terms{Authority: true}, nil, func(s bench.Shot) {
					last.Store(&s)
					if _, loaded := s.Event.(flows.AuthorityLoaded); loaded {
						b.Put(flows.PassphraseGiven{Pass: b.Keep([]byte(quickPass))})
					}
				})
			}()
			open := func(when string, want bool) {
				t.Helper()
				synctest.Wait()
				if got := last.Load().Machine.Stage(flows.AuthorityScreen) == flows.Done; got != want {
					t.Errorf("%s after %v the authority is open: %v", when, lock, got)
				}
			}
			open("loaded", true)
			<-time.After(lock - time.Second)
			b.Touch() // a key that makes no event
			<-time.After(lock - time.Second)
			open("touched", true)
			b.Put(flows.Show{Screen: flows.RecordScreen})
			synctest.Wait()
			<-time.After(lock - time.Second)
			open("shown", true)
			<-time.After(time.Second)
			open("left alone", false)
			if _, locked := last.Load().Event.(flows.AuthorityLocked); !locked {
				t.Errorf("the last event is %T", last.Load().Event)
			}
			stop()
			if err := <-over; err != nil {
				t.Error(err)
			}
		})
	}
}
