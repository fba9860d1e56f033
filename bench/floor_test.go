package bench_test

import (
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/bench/profile"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/flows/station"
)

// From its first byte to its last a unit's whole job takes at most 1.10 times what the line and the flash need for it, with a key of this
// computer's and with one of the modem's. On virtual time the line and the waiting are all there is; make bench has it on the real clock.
func TestAUnitTakesLittleMoreThanItsLine(t *testing.T) {
	const baud, flash = 115200, 30 * time.Millisecond // as virtual.unit has it
	for _, origin := range []profile.Origin{profile.Host, profile.Modem} {
		v := newVirtual(t, "").keyed(origin)
		v.profile.Readback = profile.First // as without a word in the profile: this is the unit that is asked
		synctest.Test(t, func(t *testing.T) {
			unit, l := v.unit(t), v.store(t)
			defer l.Close()
			u := drive(t, v.config(l, device.Dialer{Sim: lineTo(unit)}), station.Orders{})
			r, _, err := l.Show(t.Context(), "0")
			if u.Verdict != cred.Pass || u.Slots[0].Action != "written" || err != nil || r.Slots[2].Readback+r.Slots[1].Readback != "refused" {
				t.Fatalf("%+v", u)
			}
			floor := unit.Counters().Floor(baud, flash)
			took := time.Duration(u.Line.MS) * time.Millisecond
			if took < floor-time.Millisecond || took > floor*110/100 {
				t.Errorf("key %s: %v for %v", origin, took, floor)
			}
			t.Logf("key %s: %v for %v, %.3f", origin, took, floor, float64(took)/float64(floor))
		})
	}
}
