package bench_test

import (
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
	// What makes another digit of a digit is worse than other noise: it can name another slot, or make another command.
	flipped = noise{"flipped", flip(0x04)}
	odd     = noise{"flipped to its neighbour", flip(0x01)}
	second  = noise{"flipped in its second bit", flip(0x02)}
)

func flip(mask byte) func(b byte) []byte { return func(b byte) []byte { return []byte{b ^ mask} } }

// noisyLine is a direction, and what goes wrong there in turn.
type noisyLine struct {
	fromUnit bool
	wrong    []noise
}

func noisyLines() map[string]noisyLine {
	return map[string]noisyLine{
		"unasked":   {true, []noise{unsolicited}},
		"to us":     {true, []noise{dropped, doubled, flipped, odd, second}},
		"to a unit": {false, []noise{doubled, flipped, dropped, second, odd}},
	}
}

// oneByOne makes a line of each thing that goes wrong.
func oneByOne(lines map[string]noisyLine) map[string]noisyLine {
	out := map[string]noisyLine{}
	for name, l := range lines {
		for _, w := range l.wrong {
			out[name+", "+w.name] = noisyLine{l.fromUnit, []noise{w}}
		}
	}
	return out
}

// A line that comes unasked at any byte of any answer changes nothing; a byte that is lost, doubled or changed on its way, in either
// direction, never ends in a false pass nor in a hang, and whatever it ends in, what is told and recorded is true, no other slot was
// touched, and the next run makes the unit whole. The unit is blank, or holds an older identity of ours and what is somebody else's; or
// a PSK or its identity is written by hand, into an empty slot or over an older one. In make test every eleventh byte suffers one of these,
// in turn, and few bytes of a unit that is not blank; in make sweep each byte each of them.
func TestSomethingIsWrongAtEveryByte(t *testing.T) {
	eager(t)
	lines, each, some := noisyLines(), thin*61, thin*61
	if *every {
		lines, each, some = oneByOne(lines), thin, thin*3
	}
	for job, c := range map[string]struct {
		step  int
		with  func(t testing.TB, v virtual) virtual
		alike bool // the unit's answers are as in another of these jobs
	}{
		"key=host":             {spare(11), func(_ testing.TB, v virtual) virtual { return v.keyed(profile.Host) }, false},
		"key=modem":            {spare(11), func(_ testing.TB, v virtual) virtual { return v.keyed(profile.Modem) }, false},
		"key=host,renewed":     {some, func(t testing.TB, v virtual) virtual { return v.keyed(profile.Host).renewed(t) }, false},
		"key=modem,renewed":    {some, func(t testing.TB, v virtual) virtual { return v.keyed(profile.Modem).renewed(t) }, false},
		"shared":               {each, func(t testing.TB, v virtual) virtual { return v.shared(t) }, false},
		"shared,renewed":       {some, func(t testing.TB, v virtual) virtual { return v.shared(t).renewed(t) }, false},
		"psk":                  {each, func(t testing.TB, v virtual) virtual { return v.byHand(t, cred.PSK, false) }, true},
		"psk,renewed":          {some, func(t testing.TB, v virtual) virtual { return v.byHand(t, cred.PSK, true) }, false},
		"psk-identity":         {each, func(t testing.TB, v virtual) virtual { return v.byHand(t, cred.PSKID, false) }, false},
		"psk-identity,renewed": {some, func(t testing.TB, v virtual) virtual { return v.byHand(t, cred.PSKID, true) }, true},
	} {
		for name, l := range lines {
			if c.alike && l.fromUnit {
				continue
			}
			t.Run(name+","+job, func(t *testing.T) {
				t.Parallel()
				c.with(t, newVirtual(t, "")).sweepNoise(t, c.step, l)
			})
		}
	}
}

// keyed is the bench with a key of this computer's or of the modem's.
func (v virtual) keyed(o profile.Origin) virtual {
	v.profile.Origin = o
	return v
}

func (v virtual) sweepNoise(t *testing.T, step int, l noisyLine) {
	codes, longest := map[string]int{}, time.Duration(0)
	v.sweep(t, step, func(t testing.TB, x *trial, n int) bool {
		w := l.wrong[n%len(l.wrong)]
		var met atomic.Bool
		change := swap(n, func(b byte) []byte {
			met.Store(true)
			return w.change(b)
		})
		c := x.cable()
		if c.in = change; !l.fromUnit {
			c.in, c.out = nil, change
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
