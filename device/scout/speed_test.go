package scout_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/device"
	"example.org/sectag/device/at"
	"example.org/sectag/device/scout"
	"example.org/sectag/device/sim"
)

// A Serial Modem whose speed a program raised that was killed then is found by asking too, on a line that knows its speed.
func TestASpeedThatSomebodyLeftIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const name = "sim:nrf9151?host=serial-modem&baud=115200"
		var rack sim.Rack
		open := func(ctx context.Context, name string) (device.Line, error) {
			return device.Dialer{Sim: rack.Open}.Open(ctx, name)
		}
		l, err := open(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		s := at.New(l, at.Options{})
		if r, err := s.Do(t.Context(), at.Command{Text: "AT+IPR=1000000"}); err != nil || !r.OK() {
			t.Fatal(r, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		for range 2 { // what was found is put back, and found again
			if a := (scout.Modem{Open: open, Who: true}).Ask(t.Context(), name); !a.AT() || a.Who == nil || a.Who.Host != "serial-modem" {
				t.Errorf("%+v", a)
			}
			<-time.After(time.Minute) // until it has let go
		}
	})
}
