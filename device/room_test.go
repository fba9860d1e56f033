package device_test

import (
	"bytes"
	"context"
	"io"
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

// A host that takes nothing back by DEL, and refused a write for another reason, has no short buffer for that: it is written again.
func TestAHostThatTakesNothingBackIsNotMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, err := device.Attach(t.Context(), keeping{unit(t, sim.Config{}).Pipe(context.Background())}, device.Options{})
		if err != nil {
			t.Fatal(err)
		}
		wantCode(t, m.Write(t.Context(), usual()[0].slot, []byte(strings.Repeat("a", 700)), nil), "")
		wantCode(t, m.Close(), "")
		synctest.Wait()
	})
}

// keeping is a line to a host that knows no DEL, and that damages a write which comes in one piece.
type keeping struct{ io.ReadWriteCloser }

func (k keeping) Write(p []byte) (int, error) {
	b := bytes.ReplaceAll(bytes.ReplaceAll(p, []byte("AT%CMNG=0"), []byte("AT%XMNG=0")), []byte{0x7f}, nil)
	_, err := k.ReadWriteCloser.Write(b)
	return len(p), err
}
