package bench_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"example.org/sectag/bench/profile"
	"example.org/sectag/cred"
)

// noiseLimit is more than a job can take after one missing answer: that command's own limit, the resynchronisation, the rest.
const noiseLimit = 80 * time.Second

// noise is what goes wrong at one byte of the line.
type noise struct {
	name   string
	change func(b byte) []byte
}

var (
	unsolicited = noise{"unsolicited line", func(b byte) []byte { return append([]byte("+CEREG: 2\r\n"), b) }}
	dropped     = noise{"dropped", func(byte) []byte { return nil }}
	doubled     = noise{"doubled", func(b byte) []byte { return []byte{b, b} }}
	flipped     = noise{"flipped", func(b byte) []byte { return []byte{b ^ 0x04} }}
)

// noisyLine is a direction, and what goes wrong there in turn.
type noisyLine struct {
	fromUnit bool
	wrong    []noise
}

func noisyLines() map[string]noisyLine {
	return map[string]noisyLine{
		"unasked":   {true, []noise{unsolicited}},
		"to us":     {true, []noise{dropped, doubled, flipped}},
		"to a unit": {false, []noise{doubled, flipped, dropped}},
	}
}

// A line that comes unasked at any byte of any answer changes nothing; a byte that is lost, doubled or changed on its way, in either
// direction, never ends in a false pass nor in a hang, and whatever it ends in, what is told and recorded is true and the next run makes
// the unit whole. Each byte suffers one of the three, in turn: device tries each of them at each byte.
func TestSomethingIsWrongAtEveryByte(t *testing.T) {
	eager(t)
	for _, origin := range []profile.Origin{profile.Host, profile.Modem} {
		for name, c := range noisyLines() {
			t.Run(fmt.Sprintf("%s,key=%s", name, origin), func(t *testing.T) {
				t.Parallel()
				v := newVirtual(t, "")
				v.profile.Origin = origin
				v.sweepNoise(t, c.fromUnit, c.wrong)
			})
		}
	}
}

func (v virtual) sweepNoise(t *testing.T, fromUnit bool, wrong []noise) {
	codes, longest := map[string]int{}, time.Duration(0)
	v.sweep(t, thin, func(t testing.TB, x *trial, n int) bool {
		w := wrong[n%len(wrong)]
		var met atomic.Bool
		change := swap(n, func(b byte) []byte {
			met.Store(true)
			return w.change(b)
		})
		c := x.cable()
		if c.out = change; fromUnit {
			c.in, c.out = change, nil
		}
		start := time.Now()
		u, then := x.first(t, c, false, noiseLimit)
		longest = max(longest, time.Since(start))
		if u.Verdict == cred.Pass {
			x.settled(t, then)
			return met.Load()
		}
		codes[w.name+": "+u.Failure.Code]++
		if w.name == unsolicited.name || !met.Load() {
			t.Errorf("%s: %v", w.name, u.Failure)
		}
		x.next(t, then)
		return met.Load()
	})
	t.Logf("%v; the longest took %v on the line", codes, longest)
}
