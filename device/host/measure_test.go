package host

import (
	"context"
	"io"
	"testing"
	"testing/synctest"

	"example.org/sectag/device/at"
	"example.org/sectag/device/sim"
)

// A shell's line is measured however slow the line to it is: what is waited for is the prompt, for as long as the bytes need.
func TestAShellOnASlowLineIsMeasured(t *testing.T) {
	for _, baud := range []int{9600, 19200, 115200, 1000000} {
		synctest.Test(t, func(t *testing.T) {
			u, err := sim.New(sim.Config{Host: "at-shell-unescape", Baud: baud})
			if err != nil {
				t.Fatal(err)
			}
			s := at.New(slowLine{u.Pipe(context.Background()), baud}, at.Options{})
			defer s.Close()
			if err := Detect(t.Context(), s); err != nil {
				t.Fatalf("%d baud: %v", baud, err)
			}
			if sh, ok := s.Host().(Shell); !ok || sh.Room != at.Buffer {
				t.Errorf("%d baud: %+v", baud, s.Host())
			}
			_ = s.Close()
			synctest.Wait()
		})
	}
}

// slowLine says how fast it is.
type slowLine struct {
	io.ReadWriteCloser
	baud int
}

func (l slowLine) Baud() int { return l.baud }
