package bench_test

import (
	"bytes"
	"testing"
	"testing/synctest"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
)

// The characters that try a shell's line ends may go astray too, and so may their deletion.
func TestATrialOfLineEndsForAnotherSlot(t *testing.T) {
	for name, c := range map[string]struct{ from, to string }{
		"into another tag": {"at 'AT%CMNG=0,42,4,", "at 'AT%CMNG=0,46,4,"},
		"over a root":      {"at 'AT%CMNG=0,42,4,", "at 'AT%CMNG=0,46,0,"},
		"deletes another":  {"at 'AT%CMNG=3,42,4", "at 'AT%CMNG=3,46,0"},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVirtual(t, "")
			synctest.Test(t, func(t *testing.T) {
				l := v.store(t)
				defer l.Close()
				x := v.trial(t, l, imeis(1)[0])
				x.unit = made(t, sim.Config{IMEI: x.who, Host: "at-shell-unescape"})
				onModem(t, x.unit, func(m *device.Modem) error {
					return m.Write(t.Context(), cred.Slot{SecTag: 46, Kind: cred.RootCA}, []byte("another root"), nil)
				})
				x.before = x.unit.State()
				line := x.cable()
				line.out = hurt(c.from, c.to, 0)
				u := x.run(t, line, false)
				x.stray(t, x.unit.State(), u)
				if u.Verdict == cred.Pass {
					t.Error("passed")
				}
				if u = x.good(); u.Verdict != cred.Pass {
					t.Errorf("the next run: %v", u.Failure)
				}
				if left := others(x.unit); len(left) > 1 || len(left) == 1 && left[0].Kind != cred.RootCA {
					t.Errorf("the unit holds %v", left)
				}
			})
		})
	}
}

// What a trial of line ends leaves in the unit, because the cable came out, the next run takes away.
func TestATrialOfLineEndsThatIsCut(t *testing.T) {
	v := newVirtual(t, "")
	synctest.Test(t, func(t *testing.T) {
		l := v.store(t)
		defer l.Close()
		x := v.trial(t, l, imeis(1)[0])
		x.unit = made(t, sim.Config{IMEI: x.who, Host: "at-shell-unescape"})
		line := x.cable()
		line.out = func(_ int, b []byte) []byte {
			if bytes.Contains(b, []byte("AT%CMNG=3,42,4")) {
				line.pull()
				return nil
			}
			return b
		}
		if u := x.run(t, line, false); u.Verdict == cred.Pass || len(others(x.unit)) != 1 {
			t.Fatalf("%+v, %v", u, others(x.unit))
		}
		x.unit.Reboot()
		if u := x.good(); u.Verdict != cred.Pass || len(others(x.unit)) != 0 {
			t.Errorf("%+v, %v", u, others(x.unit))
		}
	})
}
