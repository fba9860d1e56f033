package port

import (
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// bare is a port as the library's are: it does nothing for its own safety and says when it is misused.
type bare struct {
	t       *testing.T
	inside  atomic.Int32
	closed  atomic.Bool
	stuck   chan struct{} // a Write blocks until this is closed; nil: it does not
	reset   sync.Once
	written atomic.Int64
}

func (b *bare) use() func() {
	if b.closed.Load() {
		b.t.Error("a closed descriptor is used: the bytes may land on the next unit's line")
	}
	b.inside.Add(1)
	return func() { b.inside.Add(-1) }
}

func (b *bare) Read([]byte) (int, error) {
	defer b.use()()
	<-time.After(tick)
	return 0, nil
}

func (b *bare) Write(p []byte) (int, error) {
	defer b.use()()
	if b.stuck != nil {
		<-b.stuck
	}
	b.written.Add(int64(len(p)))
	return len(p), nil
}

func (b *bare) Interrupt() {
	defer b.use()()
	if b.stuck != nil {
		b.reset.Do(func() { close(b.stuck) })
	}
}

func (b *bare) Close() error {
	if n := b.inside.Load(); n != 0 {
		b.t.Errorf("closed while %d are inside", n)
	}
	if b.closed.Swap(true) {
		b.t.Error("closed twice")
	}
	return nil
}

func TestNobodyIsInsideWhenThePortIsClosed(t *testing.T) {
	for _, stuck := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			b := &bare{t: t}
			if stuck {
				b.stuck = make(chan struct{})
			}
			released := 0
			g := newGuard(b, "x", func() { released++ })
			ended := make(chan error, 2)
			go func() {
				_, err := g.Read(make([]byte, 8))
				ended <- err
			}()
			go func() {
				for {
					if _, err := g.Write(make([]byte, 100)); err != nil {
						ended <- err
						return
					}
					<-time.After(time.Millisecond)
				}
			}()
			<-time.After(time.Second)
			if err := g.Close(); err != nil {
				t.Error(err)
			}
			if !b.closed.Load() || released != 1 {
				t.Errorf("closed %v, released %d times", b.closed.Load(), released)
			}
			for range 2 {
				if err := <-ended; !errors.Is(err, os.ErrClosed) {
					t.Errorf("ended with %v", err)
				}
			}
			if err := g.Close(); err != nil || released != 1 {
				t.Errorf("a second Close: %v", err)
			}
			n := b.written.Load()
			if _, err := g.Write([]byte("late")); !errors.Is(err, os.ErrClosed) || b.written.Load() != n {
				t.Errorf("a late write: %v", err)
			}
		})
	}
}

// deaf is a port whose stuck Write cannot be freed.
type deaf struct{ *bare }

func (deaf) Interrupt() {}

func TestAWriteThatCannotBeFreedLeavesTheClosingToTheLastOneOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bare{t: t, stuck: make(chan struct{})}
		g := newGuard(deaf{b}, "x", nil)
		ended := make(chan error, 1)
		go func() {
			_, err := g.Write(make([]byte, 10))
			ended <- err
		}()
		synctest.Wait()
		start := time.Now()
		if err := g.Close(); err == nil || time.Since(start) != closeWait {
			t.Errorf("Close: %v after %v", err, time.Since(start))
		}
		if b.closed.Load() {
			t.Error("closed under a Write")
		}
		close(b.stuck)
		<-ended
		synctest.Wait()
		if !b.closed.Load() {
			t.Error("never closed")
		}
	})
}

// worn takes nothing and says that all is well.
type worn struct{ *bare }

func (worn) Write([]byte) (int, error) { return 0, nil }

func TestAPortThatTakesNothingIsAnError(t *testing.T) {
	g := newGuard(worn{&bare{t: t}}, "x", nil)
	if _, err := g.Write([]byte("x")); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("got %v", err)
	}
}
