package bench_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"example.org/sectag/cred"
	"example.org/sectag/device"
)

// A functional mode that the line turned into another one is not the unit's own: it is read back.
func TestTheModeThatTheLineChanged(t *testing.T) {
	for name, c := range map[string]struct {
		from, to string
		after    int
	}{
		"back to another":   {"AT+CFUN=1", "AT+CFUN=0", 0},
		"back to flight":    {"AT+CFUN=1", "AT+CFUN=4", 0},
		"away to power off": {"AT+CFUN=4", "AT+CFUN=0", 0},
		"never away":        {"AT+CFUN=4", "AT+CFUN?", 0},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVirtual(t, "")
			synctest.Test(t, func(t *testing.T) {
				l := v.store(t)
				defer l.Close()
				x := v.trial(t, l, imeis(1)[0])
				broken(t, x.unit, "online")
				x.unit.Reboot()
				line := x.cable()
				line.out = hurt(c.from, c.to, c.after)
				u := x.run(t, line, false)
				broken(t, x.unit)
				mode := ""
				onModem(t, x.unit, func(m *device.Modem) error {
					r, err := m.Raw(t.Context(), "AT+CFUN?", 0)
					mode = strings.Join(r.Info, " ")
					return err
				})
				t.Logf("%s: %v %v; %s", name, u.Verdict, u.Failure, mode)
				if u.Verdict == cred.Pass && mode != "+CFUN: 1" {
					t.Errorf("passed, and the unit is left at %s", mode)
				}
			})
		})
	}
}
