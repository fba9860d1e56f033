package device_test

import (
	"context"
	"testing"
	"testing/synctest"

	"example.org/sectag/device"
	"example.org/sectag/device/sim"
)

// TestAModemIsPutBackFromTheNetwork by Restore, and by Close where nobody restored it; one that was there before stays.
func TestAModemIsPutBackFromTheNetwork(t *testing.T) {
	for _, c := range []struct {
		fault   string
		restore bool
		was     int
	}{{"urc", true, 4}, {"urc", false, 4}, {"online", true, 1}, {"online", false, 1}} {
		synctest.Test(t, func(t *testing.T) {
			u := unit(t, sim.Config{}, c.fault)
			mode := func(do func(m *device.Modem)) int {
				m, err := device.Attach(t.Context(), u.Pipe(context.Background()), device.Options{})
				wantCode(t, err, "")
				id, err := m.Identify(t.Context())
				wantCode(t, err, "")
				do(m)
				wantCode(t, m.Close(), "")
				return id.FunctionalMode
			}
			mode(func(m *device.Modem) {
				was, err := m.Online(t.Context())
				wantCode(t, err, "")
				id, err := m.Identify(t.Context())
				wantCode(t, err, "")
				if was != c.was || id.FunctionalMode != 1 {
					t.Errorf("it was in %d and is in %d", was, id.FunctionalMode)
				}
				if c.restore {
					wantCode(t, m.Restore(t.Context()), "")
				}
			})
			if now := mode(func(*device.Modem) {}); now != c.was {
				t.Errorf("left in %d, found in %d", now, c.was)
			}
		})
	}
}
