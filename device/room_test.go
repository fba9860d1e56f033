package device_test

import (
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/device"
	"example.org/sectag/device/sim"
)

// A host whose buffer takes less of a line than a credential needs is called that, with the number, long before three writes have
// come to nothing. The line is in step afterwards.
func TestAHostWithAShortBufferIsCalledThat(t *testing.T) {
	for _, h := range []string{"at-host", "at-host-lf", "at-host-crlf", "at-host-null", "serial-modem", "serial-modem-lf", "slm"} {
		synctest.Test(t, func(t *testing.T) {
			u := unit(t, sim.Config{Host: h, Baud: 115200, Flash: 30 * time.Millisecond}, "overflow@600")
			m, err := device.Attach(t.Context(), onLine(u, 115200), device.Options{})
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			s := usual()[0].slot
			err = m.Write(t.Context(), s, []byte(strings.Repeat("a", 700)), nil)
			wantCode(t, err, "line.short-buffer")
			if !regexp.MustCompile("takes (600|599) characters").MatchString(err.Error()) { // a Serial Modem keeps a place for the line end
				t.Errorf("%s: %v", h, err)
			}
			if d := time.Since(began); d > 15*time.Second {
				t.Errorf("%s: it took %v", h, d)
			}
			if err := m.Write(t.Context(), s, []byte("short"), nil); err != nil {
				t.Errorf("%s: afterwards: %v", h, err)
			}
			if err := m.Close(); err != nil {
				t.Error(err)
			}
			synctest.Wait()
		})
	}
}
