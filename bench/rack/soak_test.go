package rack_test

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device/sim"
	machine "example.org/sectag/flows/rack"
)

var soak = flag.Int("soak", 200, "how many units go through the loop in TestSoak")

// marks is how often in a soak what is in use is weighed; the first weighing is what the later ones are held against.
const marks = 4

// weigh is what is in use once all garbage is gone.
type weigh struct {
	heap       uint64
	goroutines int
}

func weighed() weigh {
	runtime.GC()
	runtime.GC() // what a finalizer let go of
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return weigh{m.HeapAlloc, runtime.NumGoroutine()}
}

// grown is how much more a soak may have in use at its end than at its first weighing: the units that a Counter knows again are a part of it,
// and nothing is for each unit.
const grown = 1 << 20

// TestSoak: units by the hundred through four lanes, as a shift has them. Each tenth comes twice, each hundredth is pulled out in the middle
// of its work. Nothing piles up: neither memory nor goroutines.
func TestSoak(t *testing.T) {
	p := authority(t)
	synctest.Test(t, func(t *testing.T) {
		sh := newShop(t, p)
		defer func() { _ = sh.store.Close() }()
		s := begin(t, sh, sh.config(machine.Auto))
		defer s.stop()
		s.Unlock([]byte(passphrase))
		w := &shift{station: s, of: imeis(*soak), began: time.Now()}
		var weights []weigh
		for n := 1; n <= marks; n++ {
			w.through(*soak * n / marks)
			weights = append(weights, weighed())
		}
		tally := s.Shot().Tally
		t.Logf("%d units in %v of the bench's time, takt %v; heap and goroutines at each quarter: %v", tally.Units, time.Since(w.began), tally.Median(), weights)
		if tally.Units != *soak || tally.Passed != *soak || tally.Again == 0 {
			t.Errorf("%+v", tally)
		}
		for _, x := range weights[1:] {
			if x.heap > weights[0].heap+grown || x.goroutines > weights[0].goroutines {
				t.Errorf("what is in use grows: %v", weights)
			}
		}
		s.end()
		rep, err := s.store.Verify(context.Background(), nil)
		if err != nil || rep.Verdict != cred.Pass || rep.Records < int64(*soak) {
			t.Errorf("%+v, %v", rep, err)
		}
	})
}

// shift is who plugs and unplugs at four ports.
type shift struct {
	*station
	of    []cred.IMEI
	next  int
	done  int
	began time.Time
	at    [4]struct {
		unit  *sim.Modem
		n     int
		again bool // it was there before
	}
}

// through has so many units pass, in all.
func (w *shift) through(many int) {
	w.t.Helper()
	for w.done < many {
		w.until("something happens", func(x machine.Shot) bool {
			moved := false
			for i := range w.at {
				moved = w.turn(x, i, many) || moved
			}
			return moved
		})
	}
	w.until("all lanes are free", func(x machine.Shot) bool {
		for n := range x.Lanes {
			if x.Rack.Lane(n).Phase != machine.Absent {
				return false
			}
		}
		return true
	})
}

// turn does what there is to do at one port.
func (w *shift) turn(x machine.Shot, i, many int) bool {
	name, is := fmt.Sprintf("sim:%d", i), &w.at[i]
	m, l := at(x, name)
	switch {
	case is.unit == nil && m.Phase == machine.Absent && w.next < many:
		is.unit, is.n, is.again = unitOf(w.t, sim.Config{IMEI: w.of[w.next]}), w.next, false
		w.next++
		w.plug(name, is.unit)
	case is.unit == nil || m.Phase != machine.Absent && !w.there(name):
		return false // nobody has noticed yet that it was pulled
	case m.Phase == machine.Absent && is.again && !w.there(name):
		w.plug(name, is.unit)
	case m.Phase == machine.Working && is.n%100 == 50 && !is.again && len(l.Facts.Plan) > 0 && l.Facts.Prepared.Certificate != nil:
		is.again = true
		w.pull(name)
	case m.Phase == machine.Asking:
		e, why := x.Rack.Typed(m.IMEI.Last4())
		if e == nil {
			w.t.Fatal(why)
		}
		w.Put(e)
	case m.Phase == machine.Failed:
		w.t.Fatalf("%s: %+v", m.IMEI, l.Failure)
	case m.Phase == machine.Passed && is.n%10 == 7 && !is.again:
		is.again = true
		w.pull(name)
	case m.Phase == machine.Passed:
		w.pull(name)
		is.unit = nil
		w.done++
	default:
		return false
	}
	return true
}

// there tells whether a port is plugged in.
func (s *shop) there(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.ports {
		if p.Name == name {
			return true
		}
	}
	return false
}
