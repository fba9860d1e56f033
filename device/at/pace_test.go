package at

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/device/at/pace"
)

// clocked is a line of a known speed that notes how far ahead of it bytes are handed over.
type clocked struct {
	*far
	baud  int
	busy  time.Time
	ahead time.Duration
}

func (c *clocked) Baud() int { return c.baud }

func (c *clocked) Write(p []byte) (int, error) {
	if now := time.Now(); c.busy.Before(now) {
		c.busy = now
	}
	c.busy = c.busy.Add(time.Duration(len(p)) * 10 * time.Second / time.Duration(c.baud))
	c.ahead = max(c.ahead, time.Until(c.busy))
	return c.far.Write(p)
}

// Bytes are handed over at the line's speed, a little ahead of it, over the end of a command too; slower after bytes were lost.
func TestBytesAreHandedOverAsFastAsTheLineCarriesThem(t *testing.T) {
	for _, baud := range []int{9600, 115200, 1000000} {
		for p, c := range map[pace.Pace]struct {
			bytes int
			slow  float64
		}{pace.Usual: {128, 1}, pace.Careful: {32, 1.25}, pace.Slow: {8, 2}, pace.Slow.Slower(): {8, 2}} {
			synctest.Test(t, func(t *testing.T) {
				l := &clocked{far: newFar(modem), baud: baud}
				s := New(l, Options{})
				defer s.Close()
				s.SetPace(p)
				start, total := time.Now(), 0
				for range 3 {
					content := []byte(strings.Repeat("x", 1000))
					do(t, s, Command{Text: "AT%CMNG=0,42,0", Content: content})
					total += len(`AT%CMNG=0,42,0,""`) + len(content) + 1
				}
				each := 10 * time.Second / time.Duration(baud)
				if most := time.Duration(c.bytes)*each + 10*time.Microsecond; l.ahead > most { // a byte is no whole number of nanoseconds
					t.Errorf("%d baud, pace %d: %v ahead, want at most %v", baud, p, l.ahead, most)
				}
				least := time.Duration(float64(total-c.bytes) * c.slow * float64(each))
				took(t, start, least-time.Millisecond, least+5*time.Millisecond)
			})
		}
	}
}

func TestALineWithoutASpeedIsPacedOnceItLostBytes(t *testing.T) {
	inTime(t, Options{}, modem, func(t *testing.T, s *Session, _ *far) {
		start := time.Now()
		content := bytes.Repeat([]byte("x"), 1000)
		do(t, s, Command{Text: "AT%CMNG=0,42,0", Content: content})
		took(t, start, 0, 0)
		s.SetPace(s.Pace().Slower())
		do(t, s, Command{Text: "AT%CMNG=0,42,0", Content: content})
		took(t, start, 100*time.Millisecond, 200*time.Millisecond)
	})
}

// A line that is closed while bytes wait for their time is left at once.
func TestAPacedWriteEndsWithTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &clocked{far: newFar(modem), baud: 300}
		s := New(l, Options{})
		start := time.Now()
		time.AfterFunc(time.Second, l.unplug)
		_, err := s.Do(t.Context(), Command{Text: "AT%CMNG=0,42,0", Content: bytes.Repeat([]byte("x"), 3000)})
		wantCode(t, err, "port.lost")
		took(t, start, time.Second, 2*time.Second)
		_ = s.Close()
	})
}

// pseudo is a line that carries all at once, whatever speed it is set to.
type pseudo struct{ *clocked }

func (pseudo) Immediate() bool { return true }

func TestALineThatCarriesAtOnceIsPacedOnceItLostBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(pseudo{&clocked{far: newFar(modem), baud: 115200}}, Options{})
		defer s.Close()
		start := time.Now()
		content := bytes.Repeat([]byte("x"), 1000)
		do(t, s, Command{Text: "AT%CMNG=0,42,0", Content: content})
		took(t, start, 0, 0)
		s.SetPace(s.Pace().Slower())
		do(t, s, Command{Text: "AT%CMNG=0,42,0", Content: content})
		took(t, start, 100*time.Millisecond, 200*time.Millisecond)
	})
}
